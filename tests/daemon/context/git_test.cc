// Tests of git diffs with the real daemon and the real git. The daemon takes only the text of the last commit
// from git: it never runs a program that a repository names, and ignores the editor's environment variables
// for git.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/support/editor.h"
#include "tests/support/test.h"
#include "tests/support/work_folder.h"

using aside::json;
using aside::test::Editor;
using World = aside::test::WorkFolder;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A repository whose settings, attributes and hooks name a program wherever git allows this. Each of these
// programs would make the file `ran`.
struct HostileRepository {
  World world;
  std::string ran = world.folder.path + "/ran";
  std::string script = world.folder.path + "/evil";

  HostileRepository() {
    std::ofstream(script) << "#!/bin/sh\necho \"$0 $*\" >> '" + ran + "'\ncat\nexit 1\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    world.write("main.c", "a\nb\nc\n");
    world.write("other.c", "x\n");
    world.write("sub/deep/file.c", "one\n");
    world.write(".gitattributes", "* filter=evil diff=evil merge=evil\n");
    shell("git init -q . && git add . && git -c user.name=x -c user.email=x@x commit -qm x");
    // Removes the blob of other.c. Git would fetch this blob from a remote whose address is a command.
    shell("o=$(git rev-parse HEAD:other.c) && rm -f .git/objects/${o%${o#??}}/${o#??}");
    std::string settings;
    for (const char* setting : {"core.fsmonitor",
                                "core.pager",
                                "core.editor",
                                "core.sshCommand",
                                "core.askPass",
                                "core.gitProxy",
                                "core.alternateRefsCommand",
                                "credential.helper",
                                "gpg.program",
                                "diff.external",
                                "diff.evil.textconv",
                                "diff.evil.command",
                                "filter.evil.clean",
                                "filter.evil.smudge",
                                "filter.evil.process",
                                "merge.evil.driver",
                                "pager.cat-file",
                                "pager.diff",
                                "remote.evil.uploadpack",
                                "uploadpack.packObjectsHook",
                                "sequence.editor",
                                "interactive.diffFilter",
                                "web.browser"})
      settings += "git config " + std::string(setting) + " '" + script + "'\n";
    for (const char* alias : {"cat-file", "diff", "show", "rev-parse", "status", "fetch"})
      settings += "git config alias." + std::string(alias) + " '!" + script + "'\n";
    settings += "git config core.hooksPath '" + world.work + "/.git/hooks'\n";
    settings += "git config filter.evil.required true\n";
    settings += "git config protocol.allow always && git config protocol.ext.allow always\n";
    settings += "git config extensions.partialClone evil && git config remote.evil.promisor true\n";
    settings += "git config core.repositoryFormatVersion 1\n";
    settings += "cp .git/config .git/more && git config include.path more\n";
    settings += "git config includeIf.gitdir:/.path more\n";
    settings +=
        "for hook in post-index-change fsmonitor-watchman post-checkout reference-transaction "
        "pre-auto-gc; do cp '" +
        script + "' .git/hooks/$hook; done\n";
    shell(settings);
    std::filesystem::remove(ran);
  }
  void shell(const std::string& commands) const {
    const std::string all = "cd '" + world.work + "' && { " + commands + "\n} > /dev/null 2>&1 < /dev/null";
    REQUIRE(std::system(all.c_str()) == 0);
  }
  json check(Editor& editor, const std::string& name) const {
    return editor.call(
        "attachment/check",
        {{"attachments", {{{"uri", world.uri(name)}, {"kind", "gitDiff"}}}}})["attachments"][0];
  }
};

}  // namespace

TEST_CASE("a git diff runs no command that the repository names") {
  HostileRepository repository;
  World& world = repository.world;
  const std::string remote = GENERATE(as<std::string>{}, "'ext::sh -c evil'", "evil::address",
                                      "ssh://host/path", "file:///nowhere", ".");
  CAPTURE(remote);
  repository.shell("git config remote.evil.url " + remote);
  if (remote == "evil::address") repository.shell("git config remote.evil.vcs evil");
  Editor editor(world.options());
  world.write("main.c", "a\nB\nc\n");
  CHECK(repository.check(editor, "main.c")["kind"] == "gitDiff");
  CHECK(contains(repository.check(editor, "other.c").value("refused", ""), "git"));
  CHECK(contains(repository.check(editor, "never-committed.c").value("refused", ""), "git"));
  world.write("new.c", "n\n");
  CHECK(contains(repository.check(editor, "new.c").value("refused", ""), "git"));
  CHECK_FALSE(std::filesystem::exists(repository.ran));

  SECTION("with a work tree elsewhere") {
    repository.shell("git config core.worktree '" + world.folder.path + "'");
    CHECK(repository.check(editor, "main.c")["kind"] == "gitDiff");
    CHECK_FALSE(std::filesystem::exists(repository.ran));
  }
}

TEST_CASE("a list of files runs no command that the repository names") {
  HostileRepository repository;
  World& world = repository.world;
  world.write("new.c", "n\n");
  world.write(".gitignore", "*.o\n");
  world.write("x.o", "");
  repository.shell("git config alias.ls-files '!" + repository.script +
                   "' && git config core.untrackedCache true && git config core.worktree /");
  std::filesystem::remove(repository.ran);
  Editor editor(world.options());
  const json params = {{"textDocument", {{"uri", world.uri("main.c")}}}, {"query", ""}, {"limit", 100}};
  std::set<std::string> names;
  const json found = editor.call("attachment/find", params);
  for (const json& file : found["files"]) names.insert(file["name"]);
  CHECK(names == std::set<std::string>{".gitattributes", ".gitignore", "main.c", "new.c", "other.c",
                                       "sub/deep/file.c"});
  CHECK_FALSE(std::filesystem::exists(repository.ran));
}

TEST_CASE("a git diff doesn't take a bare repository in a subfolder for the file's repository") {
  HostileRepository repository;
  World& world = repository.world;
  repository.shell("cp -r .git/. sub && rm -r sub/hooks && git --git-dir sub config core.bare true");
  std::filesystem::remove(repository.ran);
  world.write("sub/deep/file.c", "two\n");
  Editor editor(world.options());
  CHECK(repository.check(editor, "sub/deep/file.c")["kind"] == "gitDiff");
  CHECK(contains(repository.check(editor, "sub/HEAD").value("refused", ""), "git"));
  CHECK_FALSE(std::filesystem::exists(repository.ran));
}

TEST_CASE("a diff can be shared even in an editor that git has started for a commit") {
  World world;
  const std::string about = world.write("main.c", "a\n");
  const std::string git =
      "cd '" + world.work +
      "' && git init -q . && git add . && git -c user.name=x -c user.email=x@x commit -qm x";
  REQUIRE(std::system(git.c_str()) == 0);
  Editor::Options options = world.options();
  for (const char* variable : {"GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"})
    options.environment[variable] = world.folder.path + "/elsewhere";
  // The count announces a setting that is missing, so git refuses to run.
  options.environment["GIT_CONFIG_COUNT"] = "1";
  Editor editor(options);
  world.write("main.c", "b\n");
  const json checked =
      editor.call("attachment/check", {{"attachments", {{{"uri", about}, {"kind", "gitDiff"}}}}});
  CHECK(checked["attachments"][0]["kind"] == "gitDiff");
}
