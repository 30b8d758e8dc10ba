#include "daemon/text/file_match.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

// Returns the paths that match the query, the best one first.
std::vector<std::string> ranked(const std::string& typed, std::vector<std::string> paths,
                                const std::string& asking = "") {
  const FileQuery query(typed);
  const auto score = [&](const std::string& path) {
    return query.score(path).value_or(-1'000'000) + nearness(path, asking);
  };
  paths.erase(std::remove_if(paths.begin(), paths.end(),
                             [&query](const std::string& path) { return !query.score(path); }),
              paths.end());
  std::stable_sort(paths.begin(), paths.end(),
                   [&](const std::string& a, const std::string& b) { return score(a) > score(b); });
  return paths;
}

}  // namespace

TEST_CASE("the file that was meant comes first") {
  struct Row {
    std::string typed;
    std::vector<std::string> best_first;   // all paths that match, in the expected order
    std::vector<std::string> others = {};  // paths that don't match
  };
  const std::vector<Row> rows = {
      {"main.c", {"main.c", "src/main.c", "main.cc", "a/domain.c"}, {"mainc", "c.main"}},
      {"MAIN.C", {"main.c"}},
      {"list",
       {"list.c", "list_view.c", "todo_list.c", "enlist.c", "list/a.c", "l/i/s/t.c"},
       {"lost.c", "tsil"}},
      {"wf", {"wf.h", "workspace_files.h", "x/WorkspaceFiles.java", "waffle.h"}, {"few"}},
      {"wofi", {"workspace_files.h", "world/official.h"}},
      {"src/m", {"src/main.c", "xsrc/main.c", "src/a/main.c"}, {"main.c", "m/src"}},
      {"dcg", {"dcg.md", "daemon/context/git.cc"}, {"dc/x"}},
      {"git",
       {"git.cc", "daemon/context/git.cc", "git_time.cc", "legit.cc", "git/x.cc", "g/i/t.cc"},
       {"gti"}},
      {"a2", {"a2.c", "a_2.c", "alpha/2.c"}},
      {" m a ", {"ma.c"}},
      {"é", {"café.c"}, {"cafe.c"}},
      {"zzz", {}, {"a", "z/z"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.typed);
    std::vector<std::string> paths(row.best_first.rbegin(), row.best_first.rend());
    paths.insert(paths.begin(), row.others.begin(), row.others.end());
    CHECK(ranked(row.typed, paths) == row.best_first);
  }
}

TEST_CASE("without letters, and among equals, what is near the asking file comes first") {
  const std::vector<std::string> paths = {"b/x/main.c", "a/y/main.c", "a/x/main.c", "main.c"};
  CHECK(ranked("main", paths, "a/x/list.c") ==
        std::vector<std::string>{"a/x/main.c", "a/y/main.c", "main.c", "b/x/main.c"});
  CHECK(ranked("", {"far/away/a.c", "near/b.c"}, "near/list.c").front() == "near/b.c");
  CHECK(ranked("", {"a.c"}).size() == 1);
}

TEST_CASE("a path whose characters don't have the query's doesn't fit it") {
  for (const std::string typed : {"main", "wf", "a2", "é", "x/y"})
    for (const std::string path : {"main.c", "workspace_files.h", "a_2", "café", "x/y", "q"}) {
      CAPTURE(typed, path);
      const FileQuery query(typed);
      const bool has_all = (characters_of(path) & query.characters()) == query.characters();
      if (query.score(path)) CHECK(has_all);
    }
}

TEST_CASE("any bytes can be typed, and any length") {
  const FileQuery query(std::string(5000, 'a') + "\xff\n");
  CHECK_FALSE(query.score("aaa"));
  CHECK(query.score(std::string(5000, 'a')));
  CHECK(FileQuery("\xff").score("x\xff.c"));
  CHECK_FALSE(FileQuery("a").score(""));
}
