#include "daemon/text/glob.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

TEST_CASE("patterns name files as gitignore's do") {
  struct Row {
    std::string pattern;
    std::vector<std::string> named, others;
  };
  const std::vector<Row> rows = {
      {".env",
       {".env", "a/.env", "a/b/.env", ".ENV", ".env/x", "a/.env/b/c"},
       {"env", ".envx", "x.env", "a.env/b"}},
      {"*.pem", {"x.pem", ".pem", "a/x.PEM", "x.pem.pem"}, {"pem", "x.pem1", "x.pe"}},
      {"a*b*c", {"abc", "aXbXc", "abbcc", "x/abc"}, {"ab", "acb", "ab/c"}},
      {"?.c", {"a.c", "d/a.c"}, {".c", "ab.c"}},
      {"[a-c]1", {"a1", "C1"}, {"d1", "1", "ab1"}},
      {"[!a-c]1", {"d1", "-1"}, {"a1", "B1"}},
      {"[^a]1", {"b1"}, {"a1"}},
      {"[]x]1", {"]1", "x1"}, {"[1"}},
      {"[a-]1", {"a1", "-1"}, {"b1"}},
      {"[ab", {"[ab"}, {"a", "b"}},
      {"\\*x", {"*x"}, {"ax", "\\*x"}},
      {"\\#x", {"#x"}, {"\\#x"}},
      {"x\\", {"x\\"}, {"x"}},
      {"/x", {"x", "x/y"}, {"a/x"}},
      {"a/x", {"a/x", "A/X/y"}, {"b/a/x", "a/b/x", "ax"}},
      {"x/", {"x/y", "a/x/y", "x/y/z"}, {"x", "a/x", "y"}},
      {"a/x/", {"a/x/y"}, {"a/x", "b/a/x/y"}},
      {"**/x", {"x", "a/x", "a/b/x", "a/x/c"}, {"ax", "a/xb"}},
      {"**/a/x", {"a/x", "b/a/x", "c/b/a/x"}, {"x", "a/b/x"}},
      {"a/**", {"a/x", "a/b/x"}, {"b/a/x", "b"}},
      {"a/**/x", {"a/x", "a/b/x", "a/b/c/x"}, {"x", "b/a/x", "a/b"}},
      {"**/a/**/b/**/c", {"a/b/c", "a/b/a/c", "1/a/2/b/3/c"}, {"a/c", "b/a/c"}},
      {"*", {"x", "a/x"}, {}},
      {"", {}, {"x", "a/x"}},
      {"/", {}, {"x", "a/x"}},
      {"é*", {"été"}, {"e"}},
  };
  for (const Row& row : rows) {
    for (const std::string& path : row.named) {
      CAPTURE(row.pattern, path);
      CHECK(glob_names(row.pattern, path));
    }
    for (const std::string& path : row.others) {
      CAPTURE(row.pattern, path);
      CHECK_FALSE(glob_names(row.pattern, path));
    }
  }
}

TEST_CASE("a pattern that means whole paths fits from their beginning to their end") {
  for (const auto& [pattern, path] : std::vector<std::pair<std::string, std::string>>{{"*.h", "a.h"},
                                                                                      {"src/*.h", "src/a.h"},
                                                                                      {"**/*.h", "a.h"},
                                                                                      {"**/*.h", "x/y/a.h"},
                                                                                      {"x/**", "x/y/a.h"},
                                                                                      {"[ab].c", "b.c"},
                                                                                      {"a\\[1].c", "a[1].c"},
                                                                                      {"./x", "./x"}}) {
    CAPTURE(pattern, path);
    CHECK(glob_fits(pattern, path));
  }
  for (const auto& [pattern, path] : std::vector<std::pair<std::string, std::string>>{
           {"*.h", "x/a.h"}, {"src/*", "src/x/a.h"}, {"x", "x/a"}, {"*.h", "a.hh"}, {"", "a"}, {"/", "a"}}) {
    CAPTURE(pattern, path);
    CHECK_FALSE(glob_fits(pattern, path));
  }
  for (const char* glob : {"*", "a?", "[a", "a\\b"}) CHECK(is_glob(glob));
  for (const char* name : {"", "a.c", "a]", "~", "{a}"}) CHECK_FALSE(is_glob(name));
}

TEST_CASE("patterns that could be tried in many ways are tried in few") {
  std::string stars, folders, name(200, 'a'), path;
  for (int i = 0; i < 60; ++i) stars += "*a", folders += "**/a/", path += "a/a/a/";
  CHECK_FALSE(glob_names(stars + "b", name));
  CHECK_FALSE(glob_names(folders + "b", path + "c"));
  CHECK(glob_names(folders + "c", path + "c"));
}
