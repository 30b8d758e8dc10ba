#include "daemon/context/file_name.h"

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/folder.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::Folder;
namespace fs = std::filesystem;

TEST_CASE("a file: URI has one spelling, whichever way it was written") {
  Folder folder;
  folder.write("a b/caf\xC3\xA9#1.c", "x");
  fs::create_directory(folder / "real");
  folder.write("real/there.c", "x");
  fs::create_directory_symlink(folder / "real", folder / "link");
  fs::create_symlink("nowhere", folder / "dangling");
  fs::create_symlink("loop", folder / "loop");
  const std::string root = file_uri(folder.path);

  struct Row {
    std::string written, expected;
  };
  const std::vector<Row> rows = {
      {root + "/a%20b/caf%c3%a9%231.c", root + "/a%20b/caf%C3%A9%231.c"},
      {root + "/a b/caf\xC3\xA9#1.c", root + "/a%20b/caf%C3%A9%231.c"},
      {root + "/%61%20b/caf%C3%A9%231.c", root + "/a%20b/caf%C3%A9%231.c"},
      {"file://localhost" + folder.path + "/real/there.c", root + "/real/there.c"},
      {"file:" + folder.path + "/real/there.c", root + "/real/there.c"},
      {"FILE://" + folder.path + "/real/there.c", root + "/real/there.c"},
      {root + "/link/there.c", root + "/real/there.c"},
      {root + "/link/missing.c", root + "/real/missing.c"},
      {root + "/link/no/such/../missing.c", root + "/real/no/missing.c"},
      {root + "/no/../link/missing.c", root + "/real/missing.c"},
      {root + "/no/../link/there.c", root + "/real/there.c"},
      {root + "/link/../real/./there.c", root + "/real/there.c"},
      {root + "//real///there.c", root + "/real/there.c"},
      {root + "/link/", root + "/real"},
      {root + "/missing/", root + "/missing"},
      {root + "/missing/.", root + "/missing"},
      {root + "/dangling", root + "/dangling"},
      {root + "/loop", root + "/loop"},
      {root + "/real/there.c/below", root + "/real/there.c/below"},
      {root + "/bad%zz%4", root + "/bad%25zz%254"},
      {root + "/nul%00x", root + "/nul%2500x"},
      {root + "/nul" + std::string(1, '\0') + "x", root + "/nul%2500x"},
      {root + "/latin%E9", root + "/latin%E9"},
      {"file:///", "file:///"},
      {"file:///../..", "file:///"},
      {"file://server/share/x.c", "file://server/share/x.c"},
      {"file:relative", "file:relative"},
      {"file://", "file://"},
      {"untitled:4f%20", "untitled:4f%20"},
      {"vscode-remote://h/a/../b", "vscode-remote://h/a/../b"},
      {"no uri at all", "no uri at all"},
      {"", ""},
  };
  for (const Row& row : rows) {
    INFO(row.written);
    CHECK(canonical(row.written) == row.expected);
    CHECK(canonical(canonical(row.written)) == row.expected);
  }
  CHECK(file_path(root + "/a%20b") == folder / "a b");
  CHECK(file_path("untitled:x").empty());
}

TEST_CASE("a name in another case names the same file only if the file system ignores case") {
  Folder folder;
  fs::create_directory(folder / "Sub");
  folder.write("Sub/Mixed.c", "x");
  const std::string root = file_uri(folder.path), file = root + "/Sub/Mixed.c";
  const bool caseless = fs::exists(folder / "sUB");
  CHECK(canonical(file) == file);
  CHECK(canonical(root + "/sUB/mIXED.C") == (caseless ? file : root + "/sUB/mIXED.C"));
  CHECK(canonical(root + "/sub/new.c") == root + (caseless ? "/Sub/new.c" : "/sub/new.c"));
  if (!caseless) {  // with case, these names are two hard links, and each keeps its own name
    fs::create_hard_link(folder / "Sub/Mixed.c", folder / "Sub/mIXED.C");
    CHECK(canonical(file) == file);
    CHECK(canonical(root + "/Sub/mIXED.C") == root + "/Sub/mIXED.C");
    fs::remove(folder / "Sub/mIXED.C");
  }
  fs::rename(folder / "Sub/Mixed.c", folder / "Sub/other.c");
  fs::rename(folder / "Sub/other.c", folder / "Sub/mixed.c");
  CHECK(aside::canonical_before(file, root + "/Sub/mixed.c") == file);
  CHECK(aside::canonical_before(root + "/Sub", root + "/Sub") == root + "/Sub");
}
