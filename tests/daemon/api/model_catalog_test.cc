// Tests of the list of models to choose from, with a scripted network and a real folder.
#include "daemon/api/model_catalog.h"

#include <sys/stat.h>

#include "tests/support/fake_http.h"
#include "tests/support/run.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using namespace aside;
using json = nlohmann::json;

namespace {

constexpr std::int64_t day = 24 * 3600 * 1000;
constexpr std::int64_t noon = 1'795'348'800'000;  // 2026-11-22T12:00:00Z

// The catalog of one daemon. Several catalogs can use the same folder, one after the other.
struct Desk {
  explicit Desk(const Folder& folder, std::string url = "https://api.invalid")
      : claude(io, http, options(std::move(url))), catalog(io, claude, folder.path, [this] { return now; }) {}
  static ClaudeOptions options(std::string url) {
    ClaudeOptions options;
    options.base_url = std::move(url);
    options.credential.api_key = "sk-secret";
    return options;
  }
  void ask(const std::string& chosen = "claude-opus-5-5") {
    catalog.list(chosen, [this](ModelList list) { lists.push_back(std::move(list)); });
  }
  ModelList list(const std::string& chosen = "claude-opus-5-5") {
    const std::size_t before = lists.size();
    ask(chosen);
    run_until(io, [&] { return lists.size() > before; });
    return lists.back();
  }
  // Runs until all requests to the server have ended.
  void settle() {
    run_until(io, [this] { return http.running == 0; });
    io.restart();
    io.poll();
  }

  asio::io_context io{1};
  FakeHttp http{io};
  Claude claude;
  std::int64_t now = noon;
  ModelCatalog catalog;
  std::vector<ModelList> lists;
};

std::vector<std::string> ids(const ModelList& list) {
  std::vector<std::string> ids;
  for (const Model& model : list.models) ids.push_back(model.id);
  return ids;
}

const Model& find(const ModelList& list, const std::string& id) {
  const auto is = [&id](const Model& model) { return model.id == id; };
  const auto found = std::find_if(list.models.begin(), list.models.end(), is);
  if (found == list.models.end()) FAIL(id << " is not in the list");
  return *found;
}

json info(const std::string& id, json more = json::object()) {
  json info = {{"type", "model"},       {"id", id},
               {"display_name", id},    {"lifecycle", "active"},
               {"retires_at", nullptr}, {"max_input_tokens", nullptr},
               {"max_tokens", nullptr}, {"capabilities", nullptr}};
  info.update(more);
  return info;
}

FakeResponse page(const json& data, const std::string& more_after = "") {
  const json last = more_after.empty() ? json() : json(more_after);
  return failure(200, json{{"data", data}, {"has_more", !more_after.empty()}, {"last_id", last}}.dump());
}

const json two = {info("claude-opus-5-5"), info("claude-haiku-4-5-20251001")};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "the server's list of models is completed with built-in facts: prices, and whatever the server leaves out") {
  const Folder folder;
  Desk desk(folder);
  const json efforts = {{"supported", true},
                        {"low", {{"supported", true}}},
                        {"medium", {{"supported", false}}},
                        {"high", nullptr},
                        {"max", {{"supported", true}}}};
  const json thinking = {{"supported", true}, {"types", {{"adaptive", {{"supported", true}}}}}};
  desk.http.play(
      page({info("claude-next-6", {{"display_name", "Claude Next 6"},
                                   {"max_input_tokens", 3000000},
                                   {"max_tokens", 256000},
                                   {"capabilities", {{"effort", efforts}, {"thinking", thinking}}}}),
            info("claude-opus-5-5", {{"max_input_tokens", 2000000}}),
            info("claude-opus-4-5-20251101",
                 {{"lifecycle", "deprecated"}, {"retires_at", "2027-01-31T00:00:00Z"}}),
            info("claude-old", {{"lifecycle", "retired"}}), info("strange", {{"lifecycle", 7}}),
            json{{"no", "id"}}, 5}));
  const ModelList list = desk.list("claude-sonnet-5-5");
  CHECK(list.from_api);
  CHECK(list.as_of == "2026-11-22T12:00:00.000Z");
  // The chosen model stays in the list, even if the server doesn't list it.
  CHECK(ids(list) ==
        Ids{"claude-opus-5-5", "claude-sonnet-5-5", "claude-opus-4-5", "claude-next-6", "strange"});

  const Model next = find(list, "claude-next-6");
  CHECK(next.name == "Claude Next 6");
  CHECK(next.context_window == 3'000'000);
  CHECK(next.max_output == 256'000);
  CHECK(next.efforts == Ids{"low", "max"});
  CHECK(next.adaptive_thinking);
  CHECK_FALSE(next.price);
  const Model opus = find(list, "claude-opus-5-5");
  CHECK(opus.name == "Claude Opus 5.5");
  CHECK(opus.context_window == 2'000'000);
  CHECK(opus.price->output == 20);
  CHECK(opus.efforts.size() == 5);
  CHECK(find(list, "claude-opus-4-5").deprecated);
  CHECK(find(list, "claude-opus-4-5").retires == "2027-01-31");
  // All other parts of the daemon have the same facts about the models.
  CHECK(desk.claude.models().find("claude-next-6")->context_window == 3'000'000);

  REQUIRE(desk.http.requests.size() == 1);
  CHECK(desk.http.requests[0].url == "https://api.invalid/v1/models?limit=1000");
}

TEST_CASE(
    "the server is asked once a day at most, also after a restart, and the file is for its owner alone") {
  const Folder folder;
  {
    Desk desk(folder);
    desk.http.play(page(two));
    CHECK(desk.list().from_api);
    desk.now += day - 1;
    CHECK(ids(desk.list()) == Ids{"claude-opus-5-5", "claude-haiku-4-5"});
    desk.settle();
    CHECK(desk.http.requests.size() == 1);
  }
  struct stat file = {};
  REQUIRE(::stat((folder.path + "/models.json").c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);

  Desk later(folder);
  later.now += day - 1;
  CHECK(ids(later.list()) == Ids{"claude-opus-5-5", "claude-haiku-4-5"});
  later.settle();
  CHECK(later.http.requests.empty());

  SECTION("an older list is returned at once, and a new list is fetched meanwhile") {
    later.now = noon + day;
    later.http.play(page(json::array({info("claude-opus-5")})));
    later.ask();
    REQUIRE(later.lists.size() == 2);
    CHECK(ids(later.lists[1]) == Ids{"claude-opus-5-5", "claude-haiku-4-5"});
    CHECK(later.lists[1].as_of == "2026-11-22T12:00:00.000Z");
    later.ask();
    later.settle();
    CHECK(later.http.requests.size() == 1);
    CHECK(ids(later.list()) == Ids{"claude-opus-5-5", "claude-opus-5"});
    later.settle();
    CHECK(later.http.requests.size() == 1);
  }
  SECTION("a clock that was ahead doesn't keep it for ever") {
    later.now = noon - 1;
    later.http.play(page(two));
    later.list();
    later.settle();
    CHECK(later.http.requests.size() == 1);
  }
  SECTION("a server that can't be reached leaves the older list") {
    later.now = noon + 2 * day;
    later.http.play(offline());
    later.list();
    later.settle();
    later.http.play(offline());
    CHECK(ids(later.list()) == Ids{"claude-opus-5-5", "claude-haiku-4-5"});
    later.settle();
    CHECK(later.http.requests.size() == 2);
  }
  SECTION("another server's list is not used") {
    Desk elsewhere(folder, "https://other.invalid");
    elsewhere.http.play(offline());
    CHECK_FALSE(elsewhere.list().from_api);
  }
}

TEST_CASE("without the server's list, the models are those that are built in, and nothing fails") {
  struct Row {
    const char* what;
    FakeResponse response;
    std::size_t requests_after_two;
  };
  const std::vector<Row> table = {
      {"offline", offline(), 2},
      {"no key", failure(401, "{}"), 2},
      {"no JSON", failure(200, "<html>"), 2},
      {"no list", failure(200, R"({"data": 7})"), 2},
      {"a server without such a list", failure(404, ""), 1},  // a 404 counts as an answer
  };
  for (const Row& row : table) {
    CAPTURE(row.what);
    const Folder folder;
    Desk desk(folder);
    desk.http.play(row.response);
    const ModelList list = desk.list("my-model");
    CHECK_FALSE(list.from_api);
    CHECK(list.as_of == "2026-11-22");
    CHECK(list.models.size() == Models().all().size() + 1);
    CHECK(list.models.back().id == "my-model");
    desk.http.play(row.response);
    CHECK_FALSE(desk.list().from_api);
    desk.settle();
    CHECK(desk.http.requests.size() == row.requests_after_two);
  }
}

TEST_CASE("a server that doesn't answer is waited for only so long, and its answer is there the next time") {
  const Folder folder;
  Desk desk(folder);
  FakeResponse response = page(two);
  response.rest = std::exchange(response.body, "");
  response.waits = true;
  desk.http.play(response);
  const auto start = std::chrono::steady_clock::now();
  desk.ask();
  desk.ask();
  run_until(desk.io, [&] { return desk.lists.size() == 2; });
  CHECK(std::chrono::steady_clock::now() - start >= ModelCatalog::longest_wait);
  CHECK_FALSE(desk.lists[0].from_api);
  desk.http.resume();
  desk.settle();
  CHECK(desk.list().from_api);
  CHECK(desk.http.requests.size() == 1);
}

TEST_CASE("a long list comes page by page") {
  const Folder folder;
  Desk desk(folder);
  desk.http.play(page({info("a"), info("b")}, "b"));
  desk.http.play(page(json::array({info("c")})));
  CHECK(ids(desk.list("a")) == Ids{"a", "b", "c"});
  REQUIRE(desk.http.requests.size() == 2);
  CHECK(desk.http.requests[1].url == "https://api.invalid/v1/models?limit=1000&after_id=b");
}

TEST_CASE("a damaged file counts as none") {
  const auto text = GENERATE(as<std::string>{}, "", "{", "[]", R"({"server": 1})",
                             R"({"server": "https://api.invalid", "asOf": "today", "models": {}})",
                             R"({"server": "https://api.invalid", "asOf": "2026-11-22", "models": []})");
  const Folder folder;
  folder.write("models.json", text);
  Desk desk(folder);
  desk.http.play(page(two));
  CHECK(desk.list().from_api);
  CHECK(desk.http.requests.size() == 1);
}

TEST_CASE("a model that the server doesn't list is refused at once, and a part of a name is enough") {
  const Folder folder;
  Desk desk(folder);
  desk.http.play(page(two));
  CHECK(desk.list().from_api);
  const auto named = [&desk](std::string model) {
    const auto known = desk.catalog.name(model);
    return known ? model : known.error().message;
  };
  CHECK(named("haiku") == "claude-haiku-4-5");
  CHECK(named("Claude Haiku") == "claude-haiku-4-5");
  CHECK(named("claude-haiku-4-5") == "claude-haiku-4-5");
  CHECK(named("") == "");
  CHECK(named("claude") == "the model \"claude\" may be one of 2 models: claude-opus-5-5, claude-haiku-4-5");
  CHECK(named("gpt") == "the model \"gpt\" is not one of the models that https://api.invalid lists");
}

TEST_CASE("if a model has several versions, the newest is used") {
  const Folder folder;
  Desk desk(folder);
  desk.http.play(page({info("claude-haiku-4-5-20251001"), info("claude-haiku-10"), info("claude-haiku-5-5"),
                       info("claude-opus-5-5")}));
  CHECK(desk.list().from_api);
  std::string model = "haiku";
  CHECK(desk.catalog.name(model));
  CHECK(model == "claude-haiku-10");
}
