// Tests of the conversation that a document shows, even after its file was renamed, and of the list of all
// conversations.
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using aside::Document;
using aside::ErrorCode;
using aside::Store;

namespace {

std::string shown(Store& store, const Document& document) {
  const auto conversation = got(store.current(document));
  return conversation ? conversation->id : "";
}

void make(Store& store, const Document& document, const std::string& id) {
  got(store.create(document, proposed(id)));
}

std::vector<std::string> listed(Store& store, const aside::ListFilter& filter) {
  std::vector<std::string> ids;
  for (const auto& row : got(store.list(filter)).rows) ids.push_back(row.conversation.id);
  return ids;
}

}  // namespace

TEST_CASE("a file is known again under a new name by identity or content, never while the old one is there") {
  Folder folder;
  Store store(":memory:", "");
  const auto named = [&](const std::string& name, const std::string& identity,
                         const std::string& fingerprint) {
    return Document{"file://" + folder.path + "/" + name, folder.path + "/" + name, identity, fingerprint};
  };
  // Stores a document with its identity: the device, the inode and the time of creation. The time is 0 if the
  // file system doesn't store it.
  const auto known = [&](const Document& document, const std::string& id) {
    std::ofstream(document.path) << "";
    make(store, document, id);
  };
  known(named("old.c", "1:10:555", "old"), "born");
  known(named("unborn.c", "1:11:0", "unborn:2000"), "unborn");
  known(named("short.c", "1:16:0", "short:20"), "short");
  known(named("empty.c", "1:12:556", ""), "empty");
  known(named("long.c", "1:15:559", "long:2000"), "long");
  known(named("twin1.c", "1:13:557", "twin"), "twin1");
  known(named("twin2.c", "1:14:558", "twin"), "twin2");
  make(store, {"untitled:1", "", "", ""}, "untitled");
  struct Row {
    const char *why, *identity, *fingerprint, *still_there, *found;
  };
  const Row row = GENERATE(
      Row{"moved", "1:10:555", "old", "", "born"}, Row{"moved and edited", "1:10:555", "new", "", "born"},
      Row{"another name with its content: may be another file", "2:10:999", "long:2000", "", ""},
      Row{"a copy", "1:99:999", "old", "old.c", ""}, Row{"a hard link", "1:10:555", "old", "old.c", ""},
      Row{"its inode given to another file", "1:10:999", "new", "", ""},
      Row{"moved, birth unknown", "1:11:0", "unborn:2000", "", "unborn"},
      Row{"moved, birth unknown, short", "1:16:0", "short:20", "", ""},
      Row{"moved and edited, birth unknown: may be another file", "1:11:0", "new", "", ""},
      Row{"an empty file moved", "1:12:556", "", "", "empty"},
      Row{"another empty file", "1:99:999", "", "", ""},
      Row{"two with that content", "1:99:999", "twin", "", ""},
      Row{"one of two with that content", "1:99:999", "twin", "twin1.c", ""}, Row{"no file", "", "", "", ""});
  CAPTURE(row.why);
  for (const auto& file : std::filesystem::directory_iterator(folder.path)) {
    if (file.path().filename() != row.still_there) std::filesystem::remove(file);
  }
  const Document renamed = named("renamed.c", row.identity, row.fingerprint);
  CHECK(shown(store, renamed) == row.found);

  // Reading doesn't move the conversation. identify() moves it; after that the document is found by its name
  // alone.
  CHECK(shown(store, {renamed.uri, renamed.path, "", ""}) == "");
  got(store.identify(renamed));
  CHECK(shown(store, {renamed.uri, renamed.path, "", ""}) == row.found);
  if (*row.found) CHECK(conversation_of(store, row.found).uri == renamed.uri);
}

TEST_CASE(
    "a question, a new conversation or an opened one takes the document's conversations along to its new name") {
  Folder folder;
  Store store(":memory:", "");
  const Document before{"file:///old.c", folder.path + "/old.c", "1:10:555", "f"};
  const Document after{"file:///new.c", folder.path + "/new.c", "1:10:555", "f"};
  make(store, before, "c1");
  const int how = GENERATE(0, 1, 2, 3);
  auto asked = asking(how == 3 ? proposed("c3") : conversation_of(store, "c1"), "?");
  asked.document = after;
  if (how == 0) make(store, after, "c2");
  if (how == 1) done(store.show(after, "c1"));
  if (how >= 2) CHECK(got(store.begin(std::move(asked))).conversation.id == "c1");
  CHECK(shown(store, {after.uri, "", "", ""}) == (how == 0 ? "c2" : "c1"));
  CHECK(shown(store, {before.uri, "", "", ""}) == "");
  CHECK(conversation_of(store, "c1").uri == after.uri);
  CHECK(listed(store, {.uri = after.uri}).size() == (how == 0 ? 2 : 1));
  CHECK(listed(store, {.uri = before.uri}).empty());
}

TEST_CASE("what is remembered of a file follows its edits and outlives its deletion") {
  Folder folder;
  Store store(":memory:", "");
  const std::string path = folder.path + "/a.c";
  make(store, {"file:///a.c", path, "1:10:555", "one"}, "c1");
  // a.c was saved: a new file has replaced the old one.
  got(store.identify({"file:///a.c", path, "1:20:777", "two:600"}));
  got(store.identify({"file:///a.c", path, "", ""}));  // a.c was deleted
  got(store.identify({"file:///none.c", "/none.c", "1:1:1", "x"}));
  CHECK(shown(store, {"file:///b.c", folder.path + "/b.c", "1:10:555", "one"}) == "");
  CHECK(shown(store, {"file:///b.c", folder.path + "/b.c", "1:20:777", ""}) == "c1");
  CHECK(shown(store, {"file:///s/a.c", folder.path + "/s/a.c", "", "two:600"}) == "c1");
  CHECK(shown(store, {"file:///none.c", "", "", ""}) == "");
}

TEST_CASE("a renamed document takes its conversations along, however often one is told") {
  Store store(":memory:", "");
  make(store, document("a.c"), "c1");
  make(store, document("a.c"), "c2");
  make(store, document("z.c"), "linked");
  done(store.show(document("a.c"), "linked"));
  done(store.show(document("a.c"), "c1"));
  const auto revision = conversation_of(store, "c1").revision;
  const Document to{"file:///b.c", "/b.c", "1:2:3", "f"};
  done(store.rename("file:///a.c", to));
  CHECK(conversation_of(store, "c1").revision > revision);
  const auto after = conversation_of(store, "c1").revision;
  done(store.rename("file:///a.c", to));
  done(store.rename("file:///unknown.c", to));
  done(store.rename(to.uri, to));
  CHECK(conversation_of(store, "c1").revision == after);
  CHECK(shown(store, document("b.c")) == "c1");
  CHECK(shown(store, document("a.c")) == "");
  CHECK(conversation_of(store, "c1").uri == "file:///b.c");
  CHECK(conversation_of(store, "c2").uri == "file:///b.c");
  CHECK(conversation_of(store, "linked").uri == "file:///z.c");
  CHECK(listed(store, {.uri = "file:///b.c"}) == std::vector<std::string>{"linked", "c2", "c1"});
  CHECK(listed(store, {.uri = "file:///a.c"}).empty());
  CHECK(shown(store, {"file:///c.c", "/nowhere/c.c", "1:2:3", ""}) == "c1");  // found by its new identity
}

TEST_CASE(
    "a buffer that is saved over a file with a conversation shows its own, and the file's stays in its list") {
  Store store(":memory:", "");
  make(store, {"untitled:1", "", "", ""}, "draft");
  make(store, document("a.c"), "old");
  done(store.rename("untitled:1", document("a.c")));
  CHECK(shown(store, document("a.c")) == "draft");
  CHECK(listed(store, {.uri = "file:///a.c"}) == std::vector<std::string>{"old", "draft"});
  CHECK(conversation_of(store, "draft").uri == "file:///a.c");
}

TEST_CASE("a renamed folder moves what is in it, however deep, and nothing beside it") {
  Folder folder;
  Store store(":memory:", "");
  make(store, {"file:///p/src/a%20b.c", folder.path + "/src/a b.c", "1:10:555", "f"}, "c1");
  make(store, document("p/src/deep/%C3%A4.c"), "c2");
  make(store, document("p/src.c"), "c3");
  make(store, document("p/src0/a.c"), "c4");
  make(store, {"file:///p/src/untitled", "", "", ""}, "c5");
  done(store.rename("file:///p/src", {"file:///q/new", folder.path + "/new", "", ""}));
  CHECK(conversation_of(store, "c1").uri == "file:///q/new/a%20b.c");
  CHECK(conversation_of(store, "c2").uri == "file:///q/new/deep/%C3%A4.c");
  CHECK(conversation_of(store, "c3").uri == "file:///p/src.c");
  CHECK(conversation_of(store, "c4").uri == "file:///p/src0/a.c");
  CHECK(conversation_of(store, "c5").uri == "file:///q/new/untitled");
  CHECK(shown(store, document("q/new/deep/%C3%A4.c")) == "c2");
  // The conversation has the same identity as before, and the new path. While the file of this path exists, a
  // second file with the identity is a copy.
  const Document copy{"file:///copy.c", folder.path + "/copy.c", "1:10:555", "f"};
  CHECK(shown(store, copy) == "c1");
  std::filesystem::create_directory(folder.path + "/new");
  folder.write("new/a b.c", "");
  CHECK(shown(store, copy) == "");
}

TEST_CASE(
    "a new conversation is shown at once, the old one can be opened again, one of another file is linked") {
  Store store(":memory:", "");
  make(store, document("a.c"), "c1");
  make(store, document("a.c"), "c2");
  make(store, document("b.c"), "c3");
  CHECK(shown(store, document("a.c")) == "c2");
  done(store.show(document("a.c"), "c1"));
  CHECK(shown(store, document("a.c")) == "c1");
  done(store.show(document("a.c"), "c3"));
  CHECK(shown(store, document("a.c")) == "c3");
  CHECK(shown(store, document("b.c")) == "c3");
  CHECK(conversation_of(store, "c3").uri == "file:///b.c");
  CHECK(listed(store, {.uri = "file:///a.c"}) == std::vector<std::string>{"c3", "c2", "c1"});
  CHECK(store.show(document("a.c"), "unknown").error().code == ErrorCode::InvalidParams);
  CHECK(shown(store, document("a.c")) == "c3");
}

TEST_CASE("the list has the newest first and finds words in titles and names") {
  Store store(":memory:", "");
  for (const char* id : {"c1", "c2", "c3"}) {
    auto exchange = asking(proposed(id), std::string("Why 100% of_") + id + "?");
    exchange.document = {std::string("file:///dir/%C3%A4-") + id, std::string("/dir/ä-") + id, "", ""};
    got(store.begin(std::move(exchange)));
  }
  struct Row {
    const char* query;
    std::vector<std::string> ids;
  };
  const Row row =
      GENERATE(Row{"", {"c3", "c2", "c1"}}, Row{"WHY", {"c3", "c2", "c1"}}, Row{"  why   c2 ", {"c2"}},
               Row{"100%", {"c3", "c2", "c1"}}, Row{"1%0", {}}, Row{"of_c1", {"c1"}}, Row{"of-c1", {}},
               Row{"/DIR/ c3", {"c3"}}, Row{"ä-c2", {"c2"}}, Row{"why nothing", {}});
  CAPTURE(row.query);
  CHECK(listed(store, {.query = row.query}) == row.ids);
  CHECK(listed(store, {.uri = "file:///dir/%C3%A4-c1", .query = row.query}).size() <= 1);
}

TEST_CASE("pages follow each other without doubles, whatever is asked meanwhile") {
  Store store(":memory:", "");
  for (int i = 0; i < 7; ++i) make(store, document("a.c"), "c" + std::to_string(i));
  const std::string uri = GENERATE(as<std::string>{}, "", "file:///a.c");
  std::set<std::string> seen;
  std::vector<std::size_t> sizes;
  aside::ListFilter filter{.uri = uri, .query = "", .limit = 3, .cursor = ""};
  do {
    const auto page = got(store.list(filter));
    sizes.push_back(page.rows.size());
    for (const auto& row : page.rows) CHECK(seen.insert(row.conversation.id).second);
    filter.cursor = page.next;
    exchange(store, conversation_of(store, "c6"), "now the newest");
  } while (!filter.cursor.empty());
  CHECK(sizes == std::vector<std::size_t>{3, 3, 1});
  CHECK(seen.size() == 7);
  for (const char* bad : {"x", "1", "1.", "1.2x", ".1"}) {
    CHECK(store.list({.cursor = bad}).error().code == ErrorCode::InvalidParams);
  }
  CHECK(listed(store, {.limit = -1}).size() == 1);
}

TEST_CASE("the list by date has what was changed last then or later, and earlier, on each page") {
  Store store(":memory:", "");
  for (int i = 1; i <= 6; ++i) {
    aside::Tree tree;
    tree.conversation.updated = i * 1000;
    got(store.import_tree(document("a.c"), proposed("c" + std::to_string(i)), tree));
  }
  const std::string uri = GENERATE(as<std::string>{}, "", "file:///a.c");
  using Ids = std::vector<std::string>;
  CHECK(listed(store, {.uri = uri, .since = 4000}) == Ids{"c6", "c5", "c4"});
  CHECK(listed(store, {.uri = uri, .before = 3000}) == Ids{"c2", "c1"});
  CHECK(listed(store, {.uri = uri, .since = 2000, .before = 5000}) == Ids{"c4", "c3", "c2"});
  CHECK(listed(store, {.uri = uri, .since = 5000, .before = 5000}) == Ids{});
  const auto page = got(store.list({.uri = uri, .limit = 2, .since = 2000, .before = 5000}));
  CHECK(listed(store, {.uri = uri, .cursor = page.next, .since = 2000, .before = 5000}) == Ids{"c2"});
}
