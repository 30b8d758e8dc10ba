// What the stand-in refuses and what it lets through, as tables; and that thinking holds to its conversation.
#include "tests/support/api_rules.h"

#include "tests/support/test.h"

using namespace aside::test;

namespace {

const ApiHeaders good_headers = {
    {"x-api-key", "k"}, {"anthropic-version", "2026-10-21"}, {"content-type", "application/json"}};

const Json question = Json::parse(R"({"model":"claude-opus-5-5","max_tokens":32000,"stream":true,
  "messages":[{"role":"user","content":[{"type":"text","text":"why?"}]}]})");

// The message of the refusal; empty where the request is accepted.
std::string verdict(const std::string& body, const ApiRules& rules = {}, ApiCall call = ApiCall::Create,
                    const ApiHeaders& headers = good_headers) {
  auto checked = check_request(call, headers, body, rules);
  const Refusal* refusal = std::get_if<Refusal>(&checked);
  return refusal == nullptr ? "" : refusal->message;
}

struct Case {
  const char* change;   // merged into a good request
  const char* refused;  // how the message begins; empty: accepted
};

void check(const std::vector<Case>& cases, ApiHeaders headers = good_headers) {
  for (const Case& item : cases) {
    Json body = question;
    body.merge_patch(Json::parse(item.change));
    const std::string got = verdict(body.dump(), {}, ApiCall::Create, headers);
    INFO(item.change << "\ngot: " << got);
    if (*item.refused == '\0')
      CHECK(got.empty());
    else
      CHECK(got.rfind(item.refused, 0) == 0);
  }
}

Json user(const std::string& text) {
  return {{"role", "user"}, {"content", Json::array({{{"type", "text"}, {"text", text}}})}};
}

Json request_of(Json messages) {
  Json body = question;
  body["system"] =
      Json::array({{{"type", "text"}, {"text", "Be brief."}, {"cache_control", {{"type", "ephemeral"}}}}});
  body["messages"] = std::move(messages);
  return body;
}

// The assistant's message as the API would have made it for this request.
Json reply_to(const Json& body, const std::string& thought, const std::string& text,
              const ThinkingSeal& seal) {
  const std::string signature = seal.sign(read_prompt(body), thought);
  return {{"role", "assistant"},
          {"content", Json::array({{{"type", "thinking"}, {"thinking", thought}, {"signature", signature}},
                                   {{"type", "text"}, {"text", text}, {"citations", nullptr}}})}};
}

// A thread of three questions whose two replies have thought.
Json thread_of_five() {
  const ThinkingSeal seal = ApiRules().seal;
  Json messages = Json::array({user("one")});
  messages.push_back(reply_to(request_of(messages), "hm", "first", seal));
  messages.push_back(user("two"));
  messages.push_back(reply_to(request_of(messages), "", "second", seal));
  messages.push_back(user("three"));
  return request_of(messages);
}

const char* const foreign = "Invalid `signature` in `thinking` block";
const char* const unbound =
    "Invalid `signature` in `thinking` block. The block is bound to a different conversation";

}  // namespace

TEST_CASE("headers: exactly one credential, a known version, known betas") {
  struct Row {
    ApiHeaders headers;
    int status;
  };
  const std::vector<Row> rows = {
      {{{"x-api-key", "k"}, {"anthropic-version", "2026-10-21"}}, 0},
      {{{"x-api-key", "k"}, {"anthropic-version", "2023-06-01"}}, 0},
      {{{"authorization", "Bearer k"}, {"anthropic-version", "2026-10-21"}}, 0},
      {{{"anthropic-version", "2026-10-21"}}, 401},
      {{{"x-api-key", ""}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"x-api-key", "k"}, {"authorization", "Bearer k"}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"authorization", "Basic k"}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"authorization", "Bearer "}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"x-api-key", "k"}}, 400},
      {{{"x-api-key", "k"}, {"anthropic-version", "2024-01-01"}}, 400},
      {{{"x-api-key", "k"},
        {"anthropic-version", "2026-10-21"},
        {"anthropic-beta", "compact-2026-09-04, oauth-2025-04-20"}},
       0},
      {{{"x-api-key", "k"},
        {"anthropic-version", "2026-10-21"},
        {"anthropic-beta", "compact-2026-09-04,telepathy-2026-01-01"}},
       400},
  };
  for (const Row& row : rows) {
    auto refusal = refuse_headers(row.headers, ApiRules());
    INFO(Json(row.headers).dump());
    CHECK((refusal ? refusal->status : 0) == row.status);
  }
  ApiRules strict;
  strict.key = "right";
  CHECK(refuse_headers(good_headers, strict)->message == "invalid x-api-key");
}

TEST_CASE("top level: required, known and rightly typed fields only") {
  check({
      {R"({})", ""},
      {R"({"stop_sequences":["END"],"metadata":{"user_id":"u"},"service_tier":"auto","system":"s","diagnostics":{}})",
       ""},
      {R"({"model":null})", "model: Field required"},
      {R"({"max_tokens":null})", "max_tokens: Field required"},
      {R"({"messages":null})", "messages: Field required"},
      {R"({"model":7})", "model: Input should be a valid string"},
      {R"({"max_tokens":"1"})", "max_tokens: Input should be a valid integer"},
      {R"({"max_tokens":1.5})", "max_tokens: Input should be a valid integer"},
      {R"({"max_tokens":-1})", "max_tokens: Input should be greater"},
      {R"({"max_tokens":128001})", "max_tokens: 128001 > 128000"},
      {R"({"max_tokens":0})", "max_tokens: 0"},
      {R"({"max_tokens":0,"stream":false})", ""},
      {R"({"stream":"yes"})", "stream: Input should be a valid boolean"},
      {R"({"prompt":"x"})", "prompt: Extra inputs are not permitted"},
      {R"({"metadata":{"name":"x"}})", "metadata.name: Extra inputs are not permitted"},
      {R"({"stop_sequences":[" "]})", "stop_sequences.0"},
      {R"({"model":"claude-3-haiku"})", "model: claude-3-haiku"},
      {R"({"model":"claude-haiku-4-5-20251001"})", ""},
      {R"({"system":[{"type":"text","text":" "}]})", "system.0.text"},
      {R"({"system":[{"type":"image","text":" "}]})", "system.0"},
      {R"({"service_tier":"gold"})", "service_tier: Input should be one of"},
      {R"({"speed":"fast"})", ""},
      {R"({"speed":"fast","model":"claude-opus-5"})", "speed"},
      {R"({"temperature":1.0})", "temperature: Extra inputs"},
      {R"({"top_p":1.0})", "top_p: Extra inputs"},
      {R"({"top_k":1})", "top_k: Extra inputs"},
  });
  CHECK(verdict("not json").rfind("The request body is not valid JSON", 0) == 0);
  CHECK(verdict("[]").find("object") != std::string::npos);
  CHECK(verdict(R"({"a":")"
                "\xff\"}")
            .rfind("The request body is not valid JSON", 0) == 0);
  CHECK(verdict(R"({"a":"\ud83d"})").rfind("The request body is not valid JSON", 0) == 0);
  CHECK(verdict(std::string(100000, '[')).find("nested too deeply") != std::string::npos);
  ApiHeaders text = good_headers;
  text["content-type"] = "text/plain";
  CHECK(verdict(question.dump(), {}, ApiCall::Create, text).rfind("content-type", 0) == 0);
}

TEST_CASE("version 2023-06-01 takes sampling where the model does, and what the new one dropped") {
  ApiHeaders old = good_headers;
  old["anthropic-version"] = "2023-06-01";
  check({{R"({"temperature":1.0})", ""},
         {R"({"temperature":0.5})", "temperature"},
         {R"({"top_p":0.99})", ""},
         {R"({"top_k":5})", "top_k"},
         {R"({"model":"claude-haiku-4-5","temperature":0.5,"top_k":5})", ""},
         {R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","citations":[]}]}]})", ""}},
        old);
  check({{R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","citations":[]}]}]})",
          "messages.0.content.0.text.citations"}});
}

TEST_CASE("thinking and effort: what each model takes") {
  check({
      {R"({"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"max"}})", ""},
      {R"({"thinking":{"type":"adaptive","display":"loud"}})", "thinking.adaptive.display"},
      {R"({"thinking":{"type":"adaptive","budget_tokens":2000}})", "thinking.adaptive.budget_tokens: Extra"},
      {R"({"thinking":{"type":"disabled"}})", "thinking.type"},
      {R"({"thinking":{"type":"enabled","budget_tokens":2000}})", "thinking.type"},
      {R"({"thinking":{"type":"sometimes"}})", "thinking.type: Input should be one of"},
      {R"({"thinking":{}})", "thinking.type: Field required"},
      {R"({"output_config":{"effort":"extreme"}})", "output_config.effort"},
      {R"({"output_config":{"effort":7}})", "output_config.effort: Input should be a valid string"},
      {R"({"output_config":{"loudness":"high"}})", "output_config.loudness: Extra"},
      {R"({"model":"claude-opus-5","thinking":{"type":"disabled"},"output_config":{"effort":"high"}})", ""},
      {R"({"model":"claude-opus-5","thinking":{"type":"disabled"},"output_config":{"effort":"max"}})",
       "thinking.type"},
      {R"({"model":"claude-opus-5","thinking":{"type":"disabled","display":"omitted"}})",
       "thinking.disabled.display"},
      {R"({"model":"claude-sonnet-5-5","thinking":{"type":"between_tools"}})", ""},
      {R"({"model":"claude-sonnet-4-6","output_config":{"effort":"xhigh"}})", "output_config.effort"},
      {R"({"model":"claude-haiku-4-5","output_config":{"effort":"low"}})",
       "output_config.effort: This model"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"adaptive"}})", "thinking.type"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":1024}})", ""},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":1023}})",
       "thinking.enabled.budget"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":32000}})",
       "`max_tokens` must be"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled"}})",
       "thinking.enabled.budget_tokens: Field"},
  });
}

TEST_CASE("messages: blocks") {
  check({
      {R"({"messages":[]})", "messages: at least one"},
      {R"({"messages":["hi"]})", "messages.0: Input should be an object"},
      {R"({"messages":[{"role":"user"}]})", "messages.0.content: Field required"},
      {R"({"messages":[{"role":"robot","content":"a"}]})", "messages.0.role"},
      {R"({"messages":[{"role":"user","content":"a","name":"b"}]})", "messages.0.name: Extra"},
      {R"({"messages":[{"role":"user","content":"a"}]})", ""},
      {R"({"messages":[{"role":"user","content":""}]})", "messages.0: all messages must have non-empty"},
      {R"({"messages":[{"role":"user","content":[]}]})", "messages.0: all messages must have non-empty"},
      {R"({"messages":[{"role":"user","content":" \n"}]})",
       "messages.0.content: text content blocks must contain"},
      {R"({"messages":[{"role":"user","content":[{"type":"text","text":""}]}]})",
       "messages.0.content.0.text: text content"},
      {R"({"messages":[{"role":"user","content":[{"type":"text","text":" "}]}]})",
       "messages.0.content.0.text: text content"},
      {R"({"messages":[{"role":"user","content":[{"type":"text"}]}]})",
       "messages.0.content.0.text.text: Field required"},
      {R"({"messages":[{"role":"user","content":[{"text":"a"}]}]})",
       "messages.0.content.0.type: Field required"},
      {R"({"messages":[{"role":"user","content":[{"type":"song"}]}]})",
       "messages.0.content.0: Input tag 'song'"},
      {R"({"messages":[{"role":"user","content":[7]}]})", "messages.0.content.0: Input should be an object"},
      {R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","font":"b"}]}]})",
       "messages.0.content.0.text.font: Extra"},
      {R"({"messages":[{"role":"user","content":[{"type":"thinking","thinking":"a","signature":"b"}]}]})",
       "messages.0.content.0: `thinking`"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"a"},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]})",
       "messages.1.content.0.thinking.signature: Field required"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"x","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"c"}]})",
       "messages.1.content.0.thinking.cache_control: Extra"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"x"}]},{"role":"user","content":"c"}]})",
       "messages.1: The final block"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}]},{"role":"user","content":"c"}]})",
       "messages.1.content.0: `document`"},
      {R"({"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"x"}}]}]})",
       ""},
      {R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"x"}}]}]})",
       "messages.0.content.0.image.source.media_type"},
      {R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url"}}]}]})",
       "messages.0.content.0.image.source.url: Field"},
  });
}

TEST_CASE("messages: roles and their order") {
  const char* const prefill = "This model does not support assistant message prefill";
  check({
      {R"({"messages":[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]})",
       "messages: first message must"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})", prefill},
      {R"({"model":"claude-haiku-4-5","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})",
       ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}]})",
       ""},
      {R"({"messages":[{"role":"system","content":"a"},{"role":"user","content":"b"}]})",
       "messages.0: role 'system' must not be"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]})", ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"system","content":"b"},{"role":"assistant","content":"c"},{"role":"user","content":"d"}]})",
       ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"}]})",
       "messages.1: role 'system' must be last"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":"c"}]})",
       "messages.2: role 'system' must follow"},
      {R"({"model":"claude-sonnet-5","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]})",
       "messages.1: role 'system' is not supported"},
  });
}

TEST_CASE("tools: a result for each call, at once and first") {
  Json tools = Json::parse(R"([{"name":"f","input_schema":{"type":"object"}}])");
  auto with = [&](const char* messages) {
    Json body = question;
    body["tools"] = tools;
    body["messages"] = Json::parse(messages);
    return verdict(body.dump());
  };
  CHECK(
      with(
          R"([{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"},{"type":"text","text":"b"}]}])")
          .empty());
  CHECK(
      with(
          R"([{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
    {"role":"user","content":"b"}])")
          .rfind("messages.1: `tool_use` ids were found without", 0) == 0);
  CHECK(with(R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}])")
            .rfind("messages.0: unexpected `tool_use_id`", 0) == 0);
  CHECK(
      with(
          R"([{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
    {"role":"user","content":[{"type":"text","text":"b"},{"type":"tool_result","tool_use_id":"t"}]}])")
          .find("must come first") != std::string::npos);
  check(
      {{R"({"tools":[{"name":"a b","input_schema":{"type":"object"}}]})", "tools.0.custom.name"},
       {R"({"tools":[{"name":"a"}]})", "tools.0.custom.input_schema: Field"},
       {R"({"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"a","input_schema":{"type":"object"}}]})",
        "tools: Tool names"},
       {R"({"tool_choice":{"type":"any"}})", "tool_choice"},
       {R"({"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}})",
        "tool_choice: forced"},
       {R"({"model":"claude-opus-5","tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"a"}})",
        ""},
       {R"({"model":"claude-opus-5","tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"b"}})",
        "tool_choice.name"}});
}

TEST_CASE("cache marks: four at most, the long ones first, the automatic one agreeing") {
  auto marked = [](const std::vector<const char*>& lifetimes, const char* automatic) {
    Json blocks = Json::array();
    for (const char* lifetime : lifetimes) {
      Json block = {{"type", "text"}, {"text", "a"}};
      if (*lifetime != '\0') block["cache_control"] = {{"type", "ephemeral"}, {"ttl", lifetime}};
      blocks.push_back(block);
    }
    Json body = question;
    body["messages"][0]["content"] = blocks;
    if (*automatic != '\0') body["cache_control"] = {{"type", "ephemeral"}, {"ttl", automatic}};
    return verdict(body.dump());
  };
  CHECK(marked({"1h", "1h", "5m", "5m"}, "").empty());
  CHECK(marked({"1h", "1h", "5m", "5m", "5m"}, "").rfind("A maximum of 4 blocks", 0) == 0);
  CHECK(marked({"5m", "1h"}, "").rfind("messages.0.content.1.cache_control.ttl: a ttl='1h'", 0) == 0);
  CHECK(marked({"5m", "5m", "5m", "5m", ""}, "5m").rfind("A maximum of 4", 0) == 0);
  CHECK(marked({"5m", "5m", "5m", "5m"}, "5m").empty());
  CHECK(marked({"1h"}, "5m").rfind("cache_control: the automatic", 0) == 0);
  CHECK(marked({"5m", ""}, "1h").find("must not come after") != std::string::npos);
  check(
      {{R"({"cache_control":{"type":"eternal"}})", "cache_control.type"},
       {R"({"cache_control":{"type":"ephemeral","ttl":"2h"}})", "cache_control.ttl"},
       {R"({"cache_control":{"type":"ephemeral","scope":"x"}})", "cache_control.scope: Extra"},
       {R"({"cache_control":{}})", "cache_control.type: Field"},
       {R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":null}}]}]})",
        ""}});
}

TEST_CASE("sizes: window, number of messages, bytes") {
  ApiRules rules;
  rules.window = 50;
  Json body = question;
  body["messages"][0]["content"] = std::string(1000, 'x');
  CHECK(verdict(body.dump(), rules).rfind("prompt is too long: ", 0) == 0);
  CHECK(verdict(body.dump()).empty());
  body["messages"] = Json(100001, user("a"));
  CHECK(verdict(body.dump()).rfind("messages: at most", 0) == 0);
  auto large = check_request(ApiCall::Create, good_headers, std::string(ApiRules::max_body_bytes + 1, ' '),
                             ApiRules());
  CHECK(std::get<Refusal>(large).status == 413);
  CHECK(std::get<Refusal>(large).type == "request_too_large");
}

TEST_CASE("count_tokens takes the prompt and nothing about the answer") {
  Json body = {{"model", "claude-opus-5-5"}, {"messages", Json::array({user("a")})}};
  CHECK(verdict(body.dump(), {}, ApiCall::CountTokens).empty());
  CHECK(verdict(body.dump()).rfind("max_tokens: Field required", 0) == 0);
  body["max_tokens"] = 10;
  CHECK(verdict(body.dump(), {}, ApiCall::CountTokens).rfind("max_tokens: Extra", 0) == 0);
}

TEST_CASE("thinking stays valid through what a client may do") {
  Json body = thread_of_five();
  REQUIRE(verdict(body.dump()).empty());
  SECTION("append") {
    body["messages"].push_back({{"role", "assistant"}, {"content", "x"}});
    body["messages"].push_back(user("four"));
  }
  SECTION("move cache marks") {
    body["system"][0].erase("cache_control");
    body["messages"][2]["content"][0]["cache_control"] = {{"type", "ephemeral"}};
    body["cache_control"] = {{"type", "ephemeral"}};
  }
  SECTION("change other parameters") {
    body["max_tokens"] = 1;
    body["output_config"] = {{"effort", "low"}};
    body["stop_sequences"] = {"x"};
  }
  SECTION("leave thinking out from the front") {
    body["messages"][1]["content"].erase(0);
  }
  SECTION("leave all thinking out") {
    body["messages"][1]["content"].erase(0);
    body["messages"][3]["content"].erase(0);
    body["messages"][0]["content"] = "edited";
  }
  SECTION("write a text block as a string") {
    body["messages"][0]["content"] = "one";
  }
  SECTION("add a tool that is loaded later") {
    body["tools"] = Json::parse(R"([{"name":"f","input_schema":{"type":"object"},"defer_loading":true}])");
  }
  SECTION("edit after the last thinking block") {
    body["messages"][3]["content"][1]["text"] = "other";
  }
  CHECK(verdict(body.dump()).empty());
}

TEST_CASE("thinking is refused where the conversation before it is another one") {
  Json body = thread_of_five();
  std::string expected;
  SECTION("an earlier question edited") {
    body["messages"][0]["content"][0]["text"] = "edited";
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("a block added to an earlier question") {
    body["messages"][2]["content"].push_back({{"type", "text"}, {"text", "more"}});
    expected = std::string("messages.3.content.0: ") + unbound;
  }
  SECTION("an earlier answer edited") {
    body["messages"][1]["content"][1]["text"] = "edited";
    expected = std::string("messages.3.content.0: ") + unbound;
  }
  SECTION("the first exchange left out") {
    body["messages"].erase(0);
    body["messages"].erase(0);
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("the system text changed") {
    body["system"][0]["text"] = "Be long.";
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("a tool added") {
    body["tools"] = Json::parse(R"([{"name":"f","input_schema":{"type":"object"}}])");
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("thinking left out in the middle") {
    const ThinkingSeal seal = ApiRules().seal;
    body["messages"].push_back(reply_to(body, "3", "third", seal));
    body["messages"].push_back(user("four"));
    REQUIRE(verdict(body.dump()).empty());
    body["messages"][3]["content"].erase(0);
    expected = std::string("messages.5.content.0: ") + unbound;
  }
  SECTION("the thinking itself edited") {
    body["messages"][1]["content"][0]["thinking"] = "edited";
    expected = std::string("messages.1.content.0: ") + foreign;
  }
  SECTION("signed by another server") {
    Json first = Json::array({user("one")});
    body["messages"][1] = reply_to(request_of(first), "hm", "first", ThinkingSeal("another"));
    expected = std::string("messages.1.content.0: ") + foreign;
  }
  SECTION("not signed by anyone") {
    body["messages"][1]["content"][0]["signature"] = "EqQBCkYIAxgC";
    expected = std::string("messages.1.content.0: ") + foreign;
  }
  CHECK(verdict(body.dump()) == expected);
}

TEST_CASE("models without binding read any thinking of this server, and of no other") {
  Json body = thread_of_five();
  body["model"] = "claude-opus-5";
  body["messages"][0]["content"][0]["text"] = "edited";
  CHECK(verdict(body.dump()).empty());
  body["messages"][1]["content"][0]["signature"] = "x";
  CHECK(verdict(body.dump()).find(foreign) != std::string::npos);
}

TEST_CASE("a prompt cache reads the longest marked prefix and writes what is new") {
  PromptCache cache;
  auto take = [&cache](const Json& body) {
    return cache.take(*find_api_model(body["model"].get<std::string>()), read_prompt(body));
  };
  Json body = request_of(Json::array({user(std::string(4000, 'a'))}));
  body["cache_control"] = {{"type", "ephemeral"}, {"ttl", "1h"}};
  body["system"][0]["cache_control"]["ttl"] = "1h";
  InputUsage first = take(body);
  CHECK(first.read == 0);
  CHECK(first.written_1h > 1000);
  CHECK(first.written_5m == 0);
  body["messages"].push_back({{"role", "assistant"}, {"content", "b"}});
  body["messages"].push_back(user("c"));
  InputUsage second = take(body);
  CHECK(second.read == first.written_1h);
  CHECK(second.written_1h > 0);
  CHECK(second.written_1h < 50);
  CHECK(second.input == 0);
  body.erase("cache_control");
  body["messages"].push_back({{"role", "assistant"}, {"content", "d"}});
  body["messages"].push_back(user("e"));
  CHECK(take(body).read == 0);  // the only mark stands on the system text, which is too short to be cached
  body["cache_control"] = {{"type", "ephemeral"}, {"ttl", "1h"}};
  body["model"] = "claude-opus-5";
  CHECK(take(body).read == 0);
}

TEST_CASE("whatever the bytes, checking them comes to an end") {
  const std::string good = thread_of_five().dump();
  unsigned seed = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 3; ++i) {
      seed = seed * 1103515245 + 12345;
      const std::size_t place = (seed >> 8) % bytes.size();
      const std::vector<std::string> patches = {"null", "7",    "\"x\"", "{}",    "[]",
                                                "true", "\xff", "\"",    "-1e999"};
      std::size_t end = bytes.find_first_of(",]}", place);
      std::size_t begin = bytes.find_last_of(",:[", place);
      if (end == std::string::npos || begin == std::string::npos) continue;
      bytes.replace(begin + 1, end - begin - 1, patches[(seed >> 16) % patches.size()]);
    }
    verdict(bytes);
    verdict(bytes, {}, ApiCall::CountTokens);
  }
  SUCCEED();
}
