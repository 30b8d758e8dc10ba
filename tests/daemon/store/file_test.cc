// Tests of the store's file: who may read it, and what happens if it is missing, unusable, or of another
// version.
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "daemon/system/watch.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using aside::Error;
using aside::ErrorCode;
using aside::Piece;
using aside::Store;

namespace {

void sql(const std::string& path, const std::string& statements) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
  CHECK(sqlite3_exec(connection, statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int mode(const std::string& path) {
  struct stat file = {};
  return ::stat(path.c_str(), &file) == 0 ? static_cast<int>(file.st_mode & 0777) : -1;
}

void store_with_a_conversation(const std::string& path) {
  Store store(path, "");
  exchange(store, got(store.create(document("a.c"), proposed("c1"))), "one");
}

// Fills a store with data of every kind. Tests below read such a store as today's code writes it, and as each
// earlier version wrote it.
void fill(const std::string& path) {
  Store store(path, "vim on host");
  auto first = asking(proposed("c1"), "Why is this slow?");
  first.document = {"file:///p/a.c", "/p/a.c", "1:10:555", "f1"};
  first.system = "be brief";
  first.question.created = 1700000000001;
  first.question.content = R"([{"type":"text","text":"Why?"}])";
  first.question.attachments = {{"file:///p/a.c", "a.c", aside::Range{{9, 0}, {24, 3}}, "c", "int x;"},
                                {"untitled:1", "untitled", std::nullopt, "", "all"}};
  const auto one = got(store.begin(std::move(first))).reply;
  auto reply = answer(one, "Because.");
  reply.thinking = "hm";
  reply.content = R"([{"type":"text","text":"Because."}])";
  reply.blocks = R"([{"type":"text","text":"Because.","n":1.10}])";
  reply.server = "https://api.anthropic.com";
  reply.stop_reason = "end_turn";
  reply.model = "claude-opus-5-5";
  reply.usage = aside::Usage{1, 2, 3, 4, 5, 6};
  reply.cost = 0.25;
  done(store.finish(reply));
  done(store.omit_thinking({one}));
  {
    const auto begun = got(store.begin(asking(conversation_of(store, "c1"), "And this?")));
    auto failed = answer(begun.reply, "");
    failed.status = aside::Status::Failed;
    failed.error = Error{ErrorCode::RateLimited, "too fast", {"wait", true, 2.5, "req_1"}};
    done(store.finish(failed));
  }
  auto root = asking(conversation_of(store, "c1"), "From the start?", "");
  root.question.created = 1700000000002;
  const auto running = got(store.begin(std::move(root)));
  done(store.append({{running.reply, {{Piece::Kind::Text, "half"}, {Piece::Kind::State, "{}"}}}}));
  done(store.request_stop(running.reply));
  got(store.configure("c1", "m", "high", "Mine"));
  got(store.create(document("p/b.c"), proposed("c2")));
  done(store.show({"file:///p/a.c", "", "", ""}, "c2"));
}

void check_filled(Store& store) {
  const auto conversation = conversation_of(store, "c1");
  CHECK(conversation.uri == "file:///p/a.c");
  CHECK(conversation.title == "Mine");
  CHECK(conversation.model == "m");
  CHECK(conversation.effort == "high");
  CHECK(conversation.system == "be brief");
  CHECK(conversation.head == "t6");
  CHECK(conversation.redo.empty());
  CHECK(conversation.revision > 0);
  CHECK(conversation.updated > 1700000000000);
  CHECK(got(store.current(document("p/a.c")))->id == "c2");
  CHECK(got(store.current({"file:///moved.c", "/nowhere/moved.c", "1:10:555", ""}))->id == "c2");
  const auto both = got(store.list({.uri = "file:///p/a.c"})).rows;
  REQUIRE(both.size() == 2);
  CHECK(both[1].conversation.id == "c1");
  CHECK(both[1].turns == 4);  // the third question has failed, so it doesn't count
  CHECK(both[1].cost == 0.25);

  const auto turns = got(store.path("c1", "t4"));
  REQUIRE(turns.size() == 4);
  CHECK(turns[0].text == "Why is this slow?");
  CHECK(turns[0].created == 1700000000001);
  CHECK(turns[0].content == R"([{"type":"text","text":"Why?"}])");
  CHECK(turns[0].variants == std::vector<std::string>{"t1", "t5"});
  REQUIRE(turns[0].attachments.size() == 2);
  CHECK(turns[0].attachments[0].range == aside::Range{{9, 0}, {24, 3}});
  CHECK(turns[0].attachments[0].text == "int x;");
  CHECK(turns[0].attachments[1].uri == "untitled:1");
  CHECK(turns[1].text == "Because.");
  CHECK(turns[1].thinking == "hm");
  CHECK(turns[1].content == R"([{"type":"text","text":"Because."}])");
  CHECK(got(store.tree("c1")).turns[1].blocks == R"([{"type":"text","text":"Because.","n":1.10}])");
  CHECK(turns[1].omit_thinking);
  CHECK(turns[1].server == "https://api.anthropic.com");
  CHECK(turns[1].stop_reason == "end_turn");
  CHECK(turns[1].model == "claude-opus-5-5");
  CHECK(turns[1].usage->thinking == 6);
  CHECK(turns[1].cost == 0.25);
  CHECK(turns[2].parent == "t2");
  CHECK(turns[3].status == aside::Status::Failed);
  CHECK(turns[3].error->code == ErrorCode::RateLimited);
  CHECK(turns[3].error->data.request_id == "req_1");

  CHECK(got(store.turn("c1", "t6"))->status == aside::Status::Streaming);
  CHECK(got(store.stop_requested("t6")));
  CHECK(got(store.pieces("t6", 0)).at(0).piece.text == "half");
  CHECK(got(store.pieces("t6", 0)).at(1).piece.kind == Piece::Kind::State);
  CHECK(got(store.select("c1", "")).redo == "t6");
  CHECK(got(store.select("c1", "t2")).redo == "t4");
  exchange(store, conversation_of(store, "c1"), "and on it goes");
}

// Checks that every call returns the same error, which names the file and says what to do.
void check_unusable(const std::string& path, const std::string& why) {
  Store store(path, "");
  const auto opened = store.open();
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().message);
  CHECK(opened.error().code == ErrorCode::Storage);
  CHECK(contains(opened.error().message, path));
  CHECK(contains(opened.error().message, why));
  CHECK_FALSE(opened.error().data.hint.empty());
  const auto same = [&](const Error& error) { CHECK(error.message == opened.error().message); };
  same(store.current(document("a.c")).error());
  same(store.list({}).error());
  same(store.path("c1", "t1").error());
  same(store.begin(asking(proposed("c1"), "?")).error());
  same(store.select("c1", "").error());
  same(store.finish(answer("t2", "")).error());
  CHECK_FALSE(store.written("t2"));
  asio::io_context io(1);
  aside::Watch watch(io);
  CHECK_FALSE(store.follow("c1", watch, [] {}));
  CHECK_FALSE(store.follow_document("file:///a.c", watch, [] {}));
}

// Runs `work` in a process of its own, as a user to whom file modes apply (not root). Returns what `work`
// returns.
int as_nobody(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(99);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("the store and all beside it are for their owner alone, whatever the umask") {
  Folder folder;
  const std::string path = folder.path + "/state/aside/store.sqlite";
  const ::mode_t before = ::umask(0);
  Store store(path, "");
  const auto begun = store.begin([] {
    auto exchange = asking(proposed("c1"), "?");
    exchange.document = document("a.c");
    return exchange;
  }());
  ::umask(before);
  REQUIRE(begun);
  CHECK(mode(folder.path + "/state") == 0700);
  CHECK(mode(folder.path + "/state/aside") == 0700);
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) {
    CAPTURE(suffix);
    CHECK(mode(path + suffix) == 0600);
  }
}

TEST_CASE("a store that others could read is closed to them, its folder is not ours to change") {
  Folder folder;
  store_with_a_conversation(folder.store());
  REQUIRE(::chmod(folder.store().c_str(), 0644) == 0);
  REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
  Store store(folder.store(), "");
  done(store.open());
  CHECK(mode(folder.store()) == 0600);
  CHECK(mode(folder.path) == 0755);
}

// With UPDATE_STORES=1, this test writes the file of the present version again. Use it only before that
// version is released.
TEST_CASE("a store is read in full by today's code, whichever version wrote it") {
  Folder folder;
  const std::string today = TEST_DATA "/store_v" + std::to_string(Store::schema_version) + ".sqlite";
  // 0: a store that the test has just written.
  const int version = GENERATE(range(0, Store::schema_version + 1));
  if (version == 0) {
    fill(folder.store());
    if (std::getenv("UPDATE_STORES")) {
      std::filesystem::copy_file(folder.store(), today, std::filesystem::copy_options::overwrite_existing);
    }
  } else {
    std::filesystem::copy_file(TEST_DATA "/store_v" + std::to_string(version) + ".sqlite", folder.store());
  }
  Store store(folder.store(), "");
  check_filled(store);
  CHECK(got(store.search({.query = "slow"})).size() == 1);
  for (const char* beginning : {"sl*", "slo*", "slow*"})
    CHECK(got(store.search({.query = beginning})).size() == 1);
}

TEST_CASE("before a store is upgraded, a copy of it is kept") {
  Folder folder;
  std::filesystem::copy_file(TEST_DATA "/store_v1.sqlite", folder.store());
  {
    Store store(folder.store(), "");
    done(store.open());
  }
  const std::string kept = folder.store() + "-v1";
  CHECK(mode(kept) == 0600);
  sql(kept, "UPDATE threads SET title = 'as it was' WHERE id = 'c1'; PRAGMA journal_mode=WAL");
  std::filesystem::rename(kept, folder.store());
  for (const char* rest : {"-wal", "-shm"}) std::filesystem::remove(folder.store() + rest);
  Store store(folder.store(), "");
  CHECK(conversation_of(store, "c1").title == "as it was");
  CHECK(got(store.search({.query = "slow"})).size() == 1);
}

TEST_CASE("nothing is made before the first call") {
  Folder folder;
  Store store(folder.store(), "");
  CHECK(std::filesystem::is_empty(folder.path));
  done(store.open());
  done(store.open());
  CHECK_FALSE(std::filesystem::is_empty(folder.path));
}

TEST_CASE("a store that can't be used is left as it is to the last byte") {
  struct Row {
    const char* why;
    std::function<void(const std::string&)> spoil;
  };
  const auto write = [](std::string bytes) {
    return [bytes](const std::string& path) { std::ofstream(path, std::ios::binary) << bytes; };
  };
  const auto run = [](const std::string& statements) {
    return [statements](const std::string& path) { sql(path, statements); };
  };
  const Row rows[] = {
      {"a newer Aside wrote it", run("PRAGMA user_version=" + std::to_string(Store::schema_version + 1))},
      {"another program's database", run("PRAGMA application_id=1")},
      {"not a database", write("{\"conversations\": []}\n")},
      {"not a database", write(std::string(8192, '\0'))},
      {"is damaged", [](const std::string& path) { std::filesystem::resize_file(path, 5000); }},
      {"is damaged", run("PRAGMA user_version=-1")},
      {"is damaged", run("PRAGMA user_version=0")},
      {"is damaged",
       run("PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = 'x' WHERE name = 'turns'")},
  };
  for (const Row& row : rows) {
    Folder folder;
    store_with_a_conversation(folder.store());
    row.spoil(folder.store());
    const std::string before = bytes_of(folder.store());
    check_unusable(folder.store(), row.why);
    CHECK(bytes_of(folder.store()) == before);
  }
}

TEST_CASE("nothing is written to a store that was moved, deleted or replaced while it was in use") {
  Folder folder, other;
  store_with_a_conversation(other.store());
  Store store(folder.store(), "");
  const auto conversation = got(store.create(document("a.c"), proposed("c1")));
  exchange(store, conversation, "one");
  const std::string away = folder.path + "/away.sqlite";
  std::filesystem::rename(folder.store(), away);
  const auto check_refused = [&] {
    const auto refused = store.begin(asking(conversation, "two"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::Storage);
    CHECK(contains(refused.error().message, folder.store() + ": the file was moved, deleted or replaced"));
    CHECK(contains(refused.error().data.hint, "restart"));
  };
  check_refused();
  CHECK_FALSE(std::filesystem::exists(folder.store()));
  std::filesystem::copy_file(other.store(), folder.store());
  const std::string before = bytes_of(folder.store());
  check_refused();
  store.disconnect();  // as for a reply that goes on without its editor
  check_refused();
  CHECK(bytes_of(folder.store()) == before);
  std::filesystem::rename(away, folder.store());
  exchange(store, conversation, "two");
}

TEST_CASE("a store of the future whose log is not yet copied into it is left as it is") {
  Folder folder;
  Folder copy;
  {
    store_with_a_conversation(folder.store());
    sqlite3* connection = nullptr;
    REQUIRE(sqlite3_open(folder.store().c_str(), &connection) == SQLITE_OK);
    REQUIRE(sqlite3_exec(connection, "PRAGMA user_version=99", nullptr, nullptr, nullptr) == SQLITE_OK);
    // Copies the files as they are after a process was killed.
    for (const char* suffix : {"", "-wal"})
      std::filesystem::copy(folder.store() + suffix, copy.store() + suffix);
    sqlite3_close(connection);
  }
  const std::string before = bytes_of(copy.store());
  check_unusable(copy.store(), "a newer Aside wrote it");
  CHECK(bytes_of(copy.store()) == before);
}

TEST_CASE("another program's empty-looking database is not taken over") {
  Folder folder;
  sql(folder.store(), "CREATE TABLE theirs(x)");
  const std::string before = bytes_of(folder.store());
  check_unusable(folder.store(), "another program's database");
  CHECK(bytes_of(folder.store()) == before);
}

TEST_CASE("a broken page is an error where it is read, and the rest can be read") {
  Folder folder;
  store_with_a_conversation(folder.store());
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(folder.store().c_str(), &connection) == SQLITE_OK);
  sqlite3_stmt* query = nullptr;
  sqlite3_prepare_v2(connection, "SELECT rootpage FROM sqlite_master WHERE name = 'texts'", -1, &query,
                     nullptr);
  REQUIRE(sqlite3_step(query) == SQLITE_ROW);
  const int page = sqlite3_column_int(query, 0);
  sqlite3_finalize(query);
  sqlite3_close(connection);
  {
    std::fstream file(folder.store(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((page - 1) * 4096);
    file << std::string(4096, '\xff');
  }
  Store store(folder.store(), "");
  CHECK(got(store.list({})).rows.size() == 1);
  const auto path = store.path("c1", conversation_of(store, "c1").head);
  REQUIRE_FALSE(path);
  CHECK(path.error().code == ErrorCode::Storage);
  CHECK(contains(path.error().message,
                 "reading a conversation in " + folder.store() + ": the file is damaged"));
  CHECK(contains(path.error().data.hint, "--doctor"));
}

TEST_CASE("a file or folder that can't be written is an error, and once it can, the next call works") {
  Folder folder;
  const std::string path = folder.path + "/state/store.sqlite";
  const bool has_store = GENERATE(true, false);
  const bool folder_only = GENERATE(true, false);
  if (!has_store && !folder_only) return;
  std::filesystem::create_directory(folder.path + "/state");
  if (has_store) store_with_a_conversation(path);
  if (::geteuid() == 0) {
    for (const auto& name : {folder.path, folder.path + "/state", path, path + "-lock"}) {
      if (::chown(name.c_str(), 65534, 65534) != 0) REQUIRE(!std::filesystem::exists(name));
    }
  }
  const std::string spoiled = folder_only ? folder.path + "/state" : path;
  const ::mode_t usable = folder_only ? 0700 : 0600;
  const std::string before = bytes_of(path);
  const int status = as_nobody([&] {
    Store store(path, "");
    ::chmod(spoiled.c_str(), usable & 0577);
    const auto refused = store.open();
    if (refused || refused.error().code != ErrorCode::Storage) return 1;
    if (!contains(refused.error().message, path) || !contains(refused.error().data.hint, "writable"))
      return 2;
    if (store.begin(asking(proposed("c1"), "?")).error().message != refused.error().message) return 3;
    if (bytes_of(path) != before) return 4;
    ::chmod(spoiled.c_str(), usable);
    return store.create(document("b.c"), proposed("c2")) ? 0 : 5;
  });
  CHECK(status == 0);
}

TEST_CASE("a file system without write-ahead logging is refused") {
  Folder folder;
  store_with_a_conversation(folder.store());
  const bool has_store = GENERATE(true, false);
  const std::string path = has_store ? folder.store() : folder.path + "/new.sqlite";
  const std::string before = bytes_of(path);
  // Makes a VFS of SQLite without shared memory the default. On a network drive SQLite has no shared memory,
  // either.
  sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
  const ::mode_t usual_umask = ::umask(0);
  sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1);
  {
    Store store(path, "");
    const auto refused = store.open();
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().message);
    CHECK(refused.error().code == ErrorCode::Storage);
    CHECK(contains(refused.error().message, path));
    CHECK(contains(refused.error().data.hint, "local disk"));
  }
  sqlite3_vfs_register(usual, 1);
  ::umask(usual_umask);
  CHECK(bytes_of(path) == before);
  CHECK(mode(path) == 0600);  // the mode is right even before SQLite has opened the file
}

TEST_CASE("another program that keeps the store locked is an error that can be tried again") {
  Folder folder;
  store_with_a_conversation(folder.store());
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(folder.store().c_str(), &connection) == SQLITE_OK);
  REQUIRE(sqlite3_exec(connection, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  {
    Store store(folder.store(), "");
    CHECK(got(store.list({})).rows.size() == 1);  // reading doesn't wait for the lock
    const auto refused = store.begin(asking(conversation_of(store, "c1"), "two"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::Storage);
    CHECK(refused.error().data.retryable);
    CHECK(contains(refused.error().message, "locked"));
    sqlite3_exec(connection, "ROLLBACK", nullptr, nullptr, nullptr);
    CHECK(store.begin(asking(conversation_of(store, "c1"), "two")));
  }
  sqlite3_close(connection);
}
