#include "daemon/context/secrecy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace aside;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("names of secret files are recognised, and similar names are not") {
  const std::vector<std::pair<std::string, std::string>> secret = {
      {".env", ".env"},
      {"app/.env.production", ".env.*"},
      {"deploy/prod.env", "*.env"},
      {".env.example.local", ".env.*"},
      {"server.key", "*.key"},
      {"tls/Server.PEM", "*.pem"},
      {"id_ed25519", "id_ed25519"},
      {".ssh/config", ".ssh/"},
      {"home/me/.aws/credentials", ".aws/"},
      {".docker/config.json", "**/.docker/config.json"},
      {"home/me/.cargo/credentials.toml", "**/.cargo/credentials*"},
      {".git-credentials", ".git-credentials"},
      {"config/secrets.yml", "secrets.*"},
      {"infra/terraform.tfstate", "*.tfstate"},
      {"infra/terraform.tfstate.backup", "*.tfstate.*"},
      {"client_secret_1234.json", "client_secret*.json"},
  };
  for (const auto& [path, pattern] : secret) {
    CAPTURE(path);
    CHECK(secret_name(path, built_in_secret_files()) == pattern);
  }
  for (const std::string path : {".env.example", "app/.env.sample", ".env.template", "environment",
                                 "id_rsa.pub", "keys.cc", "monkey.c", "pem.go", "src/credentials/loader.py",
                                 "config.json", "secretary.txt", "README.md", "server.crt", ""}) {
    CAPTURE(path);
    CHECK(secret_name(path, built_in_secret_files()) == std::nullopt);
  }
}

TEST_CASE("the last pattern that matches decides") {
  struct Row {
    std::vector<std::string> patterns;
    std::string path;
    std::optional<std::string> named;
  };
  const std::vector<Row> rows = {
      {{}, ".env", std::nullopt},
      {{"*.txt", "!a.txt"}, "a.txt", std::nullopt},
      {{"*.txt", "!a.txt"}, "b.txt", "*.txt"},
      {{"*.txt", "!a.txt", "a.*"}, "a.txt", "a.*"},
      {{"!a.txt", "*.txt"}, "a.txt", "*.txt"},
      {{"private/"}, "private/a/b", "private/"},
      {{"!"}, "a", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.patterns, row.path);
    CHECK(secret_name(row.path, row.patterns) == row.named);
  }
}

TEST_CASE("a repository can add patterns of files about which the user is asked, and can't remove any") {
  const Home home;
  write(home.path() / ".asideignore",
        "\xEF\xBB\xBF# what nobody else sees\n\n*.draft\r\nprivate/ \t\n!.env\n\\!odd\n\\#odd");
  CHECK(read_asideignore(home.path()) == std::vector<std::string>{"*.draft", "private/", "\\!odd", "\\#odd"});
  CHECK(read_asideignore(home.path() / "none").empty());
}

TEST_CASE(
    "the .asideignore of each folder, from the workspace's to the file's, counts for what is below it") {
  const Home home;
  write(home.path() / ".asideignore", "*.draft\n/top.txt\nsrc/gen/\n");
  write(home.path() / "src/.asideignore", "inner.txt\n/only.txt\n");
  write(home.path() / "src/a/b/.asideignore", "deep.txt\n");
  write(home.path() / "other/.asideignore", "*\n");
  const std::vector<std::pair<std::string, std::optional<std::string>>> rows = {
      {"x.draft", "*.draft"},
      {"src/a/b/x.draft", "*.draft"},
      {"top.txt", "/top.txt"},
      {"src/top.txt", std::nullopt},
      {"src/gen/a/b.c", "src/gen/"},
      {"inner.txt", std::nullopt},
      {"src/a/inner.txt", "inner.txt"},
      {"src/only.txt", "/only.txt"},
      {"src/a/only.txt", std::nullopt},
      {"src/a/b/deep.txt", "deep.txt"},
      {"src/a/deep.txt", std::nullopt},
      {"src/main.c", std::nullopt},
      {"other/main.c", "*"},
  };
  AsideignoreFiles all(home.path());
  for (const auto& [path, pattern] : rows) {
    CAPTURE(path);
    CHECK(named_by_asideignore(home.path(), path) == pattern);
    CHECK(all.name(path) == pattern.has_value());
  }
}

TEST_CASE("an .asideignore that is too large or can't be read counts as naming every file") {
  const Home home;
  const auto all = std::vector<std::string>{"*"};
  std::string many;
  for (std::size_t i = 0; i < max_asideignore_patterns; ++i) many += "x\n";
  write(home.path() / "many/.asideignore", many);
  CHECK(read_asideignore(home.path() / "many").size() == max_asideignore_patterns);
  CHECK(named_by_asideignore(home.path(), "many/a/main.c") == std::nullopt);
  write(home.path() / "many/a/.asideignore", "y\n");  // with this one there are more patterns than the limit
  CHECK(named_by_asideignore(home.path(), "many/a/main.c") == "*");
  CHECK(AsideignoreFiles(home.path()).name("many/a/main.c"));
  CHECK_FALSE(AsideignoreFiles(home.path()).name("many/main.c"));
  write(home.path() / "more/.asideignore", many + "x\n");
  CHECK(read_asideignore(home.path() / "more") == all);
  write(home.path() / "large/.asideignore", "#" + std::string(max_asideignore_bytes, 'x'));
  CHECK(read_asideignore(home.path() / "large") == all);
  fs::create_directories(home.path() / "folder/.asideignore");
  CHECK(read_asideignore(home.path() / "folder") == all);
  fs::create_directories(home.path() / "pipe");
  REQUIRE(::mkfifo((home.path() / "pipe/.asideignore").c_str(), 0600) == 0);
  CHECK(read_asideignore(home.path() / "pipe") == all);
  if (::geteuid() != 0) {
    write(home.path() / "mine/.asideignore", "x\n");
    fs::permissions(home.path() / "mine/.asideignore", fs::perms::none);
    CHECK(read_asideignore(home.path() / "mine") == all);
  }
}
