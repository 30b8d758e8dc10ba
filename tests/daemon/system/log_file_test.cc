#include "daemon/system/log_file.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "daemon/text/safe.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::Folder;

namespace {

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::shared_ptr<spdlog::logger> opened(const Folder& folder) {
  auto log = log_file(folder.path);
  REQUIRE(log);
  (*log)->set_pattern("%v");
  return *log;
}

}  // namespace

TEST_CASE("daemons that share a log lose no line when it is renamed, and rename it once") {
  const Folder folder;
  const auto one = opened(folder), other = opened(folder);
  const std::string line(1023, 'x');
  for (int i = 0; i < 1024; ++i) one->info(line);  // the last of these lines fills the file
  CHECK(std::filesystem::file_size(folder.path + "/asided.1.log") == max_log_bytes);
  CHECK_FALSE(std::filesystem::exists(folder.path + "/asided.log"));
  other->info("from the other");
  one->info("from the one");
  CHECK(text_of(folder.path + "/asided.log") == "from the other\nfrom the one\n");
  CHECK_FALSE(std::filesystem::exists(folder.path + "/asided.2.log"));
  for (int i = 0; i < 4 * 1024; ++i) (i % 2 ? one : other)->info(line);
  CHECK(std::filesystem::exists(folder.path + "/asided.2.log"));
  CHECK_FALSE(std::filesystem::exists(folder.path + "/asided.3.log"));
  for (const char* name : {"/asided.1.log", "/asided.2.log"})
    CHECK(std::filesystem::file_size(folder.path + name) < max_log_bytes + 2000);
}

TEST_CASE("a log that is a pipe or a link is refused at once") {
  const Folder folder;
  const std::string name = folder.path + "/asided.log";
  SECTION("a pipe without a reader") {
    REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
  }
  SECTION("a pipe with one") {
    REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
    REQUIRE(::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC) >= 0);
  }
  SECTION("a link") {
    REQUIRE(::symlink("/nowhere", name.c_str()) == 0);
  }
  SECTION("a folder") {
    std::filesystem::create_directory(name);
  }
  const auto log = log_file(folder.path);
  REQUIRE_FALSE(log);
  CHECK(log.error().message.starts_with("opening " + name + ": "));
}

TEST_CASE("a log line is one line, and holds no secret") {
  const Folder folder;
  hide("sk-ant-in-the-log");
  opened(folder)->info("a\nb\x1b[1m sk-ant-in-the-log https://u:PASS@h");
  CHECK(text_of(folder.path + "/asided.log") == "a b [1m *** https://h\n");
}

TEST_CASE("a daemon whose log file is a pipe can start") {
  const Folder folder;
  std::filesystem::create_directories(folder.path + "/state/aside");
  REQUIRE(::mkfifo((folder.path + "/state/aside/asided.log").c_str(), 0600) == 0);
  test::Editor::Options options;
  options.home = folder.path;
  options.base_url = "http://127.0.0.1:9";
  const test::Editor editor(options);  // the constructor waits for the answer to `initialize`
}
