#include "daemon/system/file_bytes.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/folder.h"
#include "tests/support/test.h"

using namespace aside;
using Outcome = FileBytes::Outcome;

TEST_CASE("a small file is read whole or not at all, and nothing that could wait is opened") {
  const test::Folder folder;
  std::ofstream(folder / "full", std::ios::binary) << std::string("12345678");
  std::ofstream(folder / "zeros", std::ios::binary) << std::string(4, '\0');
  std::ofstream(folder / "empty");
  std::filesystem::create_symlink(folder / "full", folder / "link");
  std::filesystem::create_symlink(folder / "nowhere", folder / "broken");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);

  struct Row {
    std::string name;
    std::size_t limit;
    Links links;
    Outcome outcome;
    std::string bytes;
  };
  const std::vector<Row> table = {
      {"full", 8, Links::Follow, Outcome::Read, "12345678"},
      {"full", 9, Links::RefuseLast, Outcome::Read, "12345678"},
      {"full", 7, Links::Follow, Outcome::TooLarge, "1234567"},
      {"zeros", 8, Links::Follow, Outcome::Read, std::string(4, '\0')},
      {"empty", 0, Links::Follow, Outcome::Read, ""},
      {"link", 8, Links::Follow, Outcome::Read, "12345678"},
      {"link", 8, Links::RefuseLast, Outcome::Unreadable, ""},
      {"broken", 8, Links::Follow, Outcome::Missing, ""},
      {"missing", 8, Links::Follow, Outcome::Missing, ""},
      {"full/below", 8, Links::Follow, Outcome::Missing, ""},
      {"pipe", 8, Links::Follow, Outcome::NotRegular, ""},
      {".", 8, Links::Follow, Outcome::NotRegular, ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.name, row.limit);
    const FileBytes read = read_file_bytes(folder / row.name, row.limit, row.links);
    CHECK(read.outcome == row.outcome);
    CHECK(read.bytes == row.bytes);
    const bool says_why = row.outcome == Outcome::Missing || row.outcome == Outcome::Unreadable;
    CHECK((read.error != 0) == says_why);
  }
}
