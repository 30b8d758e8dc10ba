// Tests of finding the parts of Aside on a machine.
#include "daemon/system/installed.h"

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/folder.h"
#include "tests/support/test.h"

using aside::installed;

namespace {

std::string program(const aside::test::Folder& folder, const std::string& name) {
  const std::string path = folder.write(name, "");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

}  // namespace

TEST_CASE("parts that were installed beside the program are found") {
  const aside::test::Folder folder;
  const std::string asided = program(folder, "usr/bin/asided");
  CHECK(installed(asided, "").parts.empty());
  program(folder, "usr/bin/aside");
  folder.write("usr/share/vim/vimfiles/pack/aside/start/aside/plugin/aside.vim", "");
  CHECK(installed(asided, "").parts ==
        std::vector<std::string>{"the program aside for the shell", "the plugin for Vim"});
  CHECK(installed("", "").parts.empty());
}

TEST_CASE("another program that comes first in PATH is named") {
  const aside::test::Folder folder;
  const std::string mine = program(folder, "mine/bin/asided"), other = program(folder, "other/asided");
  std::filesystem::create_directory_symlink(folder / "mine/bin", folder / "link");
  const auto first = [&](const std::string& path) { return installed(mine, path).in_path; };
  CHECK(first("") == "");
  CHECK(first(folder / "nowhere") == "");
  CHECK(first((folder / "mine/bin") + ":" + (folder / "other")) == "");
  CHECK(first((folder / "link") + ":" + (folder / "other")) == "");
  CHECK(first((folder / "other") + ":" + (folder / "mine/bin")) == other);
  folder.write("data/asided", "not a program");
  CHECK(first((folder / "data") + "::" + (folder / "mine/bin")) == "");
}

TEST_CASE("a relative folder in PATH is not searched") {
  const aside::test::Folder folder;
  const std::string mine = program(folder, "mine/bin/asided");
  const std::string other = program(folder, "other/asided");
  const auto relative = std::filesystem::relative(folder / "other").string();
  CHECK(installed(mine, relative).in_path == "");
  CHECK(installed(mine, "").in_path == "");
  CHECK(aside::this_program().find("installed_test") != std::string::npos);
}
