#include "daemon/context/secret_text.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

// Parts of invented keys. The tests join the parts; so a scanner for leaked keys finds none in this file.
const std::string by_chance = "q7Zk2LmX9vBt4RwYc8NdJ5hGfS3aPeQ6uTiO1oKrWx0yVzAlMsDnFbEgHjCpUqI";
const std::string capitals = "Q7ZK2LMX9VBT4RWYC8NDJ5HGFS3APEQ6UTIO1OKRWX0YVZALMSDNFBEGHJCPUQI";

std::string key(const std::string& begin, std::size_t size, const std::string& of = by_chance) {
  return begin + (of + of).substr(0, size);
}

std::string pem(const std::string& kind, const std::string& line_end = "\n", const std::string& lead = "") {
  const std::string line = "-----";
  return line + "BEGIN " + kind + line + line_end + lead + by_chance + line_end + by_chance + line_end +
         line + "END " + kind + line + line_end;
}

}  // namespace

TEST_CASE("keys are recognised by their form") {
  const std::string private_key =
      "PRIVATE"
      " KEY";
  struct Row {
    std::string text;
    Secret secret;
  };
  const std::vector<Row> rows = {
      {pem(private_key), {"a private key", 1}},
      {"// key\n\n" + pem("RSA " + private_key), {"a private key", 3}},
      {pem("OPENSSH " + private_key, "\r\n"), {"a private key", 1}},
      {pem("EC " + private_key, "\\n"), {"a private key", 1}},
      {R"({"type": "service_account", "private_key": ")" + pem(private_key, "\\n"), {"a private key", 1}},
      {"key = \"a\\n" + pem(private_key, "\\n\" +\n  \""), {"a private key", 1}},
      {pem("RSA " + private_key, "\n", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0102030405060708\n\n"),
       {"a private key", 1}},
      {pem("PGP " + private_key + " BLOCK", "\n", "Version: 1\n\n"), {"a private key", 1}},
      {"PuTTY-User-Key-"
       "File-3: ssh-ed25519\n",
       {"a private key", 1}},
      {key("AGE-SECRET-"
           "KEY-1",
           58, capitals),
       {"a private key", 1}},
      {"key: " + key("sk-"
                     "ant-",
                     90),
       {"an Anthropic key", 1}},
      {key("sk-"
           "proj-",
           60),
       {"an OpenAI key", 1}},
      {key("AK"
           "IA",
           16, capitals),
       {"an AWS key", 1}},
      {"[default]\naws_secret_"
       "access_key = " +
           key("", 40),
       {"an AWS key", 2}},
      {"export AWS_SECRET_"
       "ACCESS_KEY=\"" +
           key("", 40) + "\"",
       {"an AWS key", 1}},
      {"\"Secret"
       "AccessKey\": \"" +
           key("", 40) + "\"",
       {"an AWS key", 1}},
      {"token=" + key("gh"
                      "p_",
                      36),
       {"a GitHub token", 1}},
      {key("gh"
           "s_",
           36),
       {"a GitHub token", 1}},
      {key("github_"
           "pat_",
           22) +
           "_" + key("", 59),
       {"a GitHub token", 1}},
      {key("gl"
           "pat-",
           20),
       {"a GitLab token", 1}},
      {key("xo"
           "xb-",
           50),
       {"a Slack token", 1}},
      {"?key=" +
           key("AI"
               "za",
               35) +
           "&x",
       {"a Google API key", 1}},
      {key("sk_"
           "live_",
           24),
       {"a Stripe key", 1}},
      {"//registry.npmjs.org/:_authToken=" + key("np"
                                                 "m_",
                                                 36),
       {"an npm token", 1}},
      {key("pypi-"
           "AgEIcHlwaS5vcmc",
           100),
       {"a PyPI token", 1}},
      {key("h"
           "f_",
           34),
       {"a Hugging Face token", 1}},
      {"one\ntwo\n" +
           key("gh"
               "o_",
               36) +
           "\n" +
           key("gl"
               "pat-",
               20),
       {"a GitHub token", 3}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto found = secrets_in(row.text);
    REQUIRE_FALSE(found.empty());
    CHECK(found[0].what == row.secret.what);
    CHECK(found[0].line == row.secret.line);
  }
}

TEST_CASE("text that only mentions keys is no key") {
  const std::vector<std::string> rows = {
      "",
      "-",
      "password = \"correct horse battery staple\"",
      "if (line.starts_with(\"-----BEGIN PRIVATE"
      " KEY-----\")) return read_key(line);",
      "-----BEGIN PRIVATE"
      " KEY-----\nMIIEvQ...\n-----END PRIVATE"
      " KEY-----\n",
      pem("PUBLIC KEY"),
      pem("CERTIFICATE"),
      "PuTTY-User-Key-"
      "File-",
      "sk-"
      "ant-api03-your-key-goes-here-and-nowhere-else",
      "sk-"
      "ant-put-the-key-of-the-team-here",
      key("sk-"
          "ant-",
          10),
      "gh"
      "p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "gh"
      "p_" +
          std::string(36, '0'),
      "gh"
      "p_{36}",
      key("gh"
          "p_",
          35),
      "laughs_" + key("", 36),
      key("AK"
          "IA",
          15, capitals),
      key("AK"
          "IA",
          17, capitals),
      "AK"
      "IAIOSFODNN7EXAMPLE",
      "aws_secret_"
      "access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      "aws_secret_"
      "access_key = get_secret(name)",
      "aws_secret_"
      "access_key " +
          key("", 40),
      key("AI"
          "za",
          36),
      "npm_config_registry_and_a_long_name_of_a_variable",
      "task-" + key("ant-", 40),
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    CHECK(secrets_in(text).empty());
  }
}

TEST_CASE("a key is found at the very end, and nothing beyond it is read") {
  const std::string text = "x " + key("gh"
                                      "p_",
                                      36);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(secrets_in({exact.data(), exact.size()}).size() == (size == text.size() ? 1 : 0));
  }
}

TEST_CASE("each of several keys is found, up to a limit") {
  const std::string one =
                        key("gh"
                            "p_",
                            36),
                    other =
                        key("gl"
                            "pat-",
                            20);
  const auto found = secrets_in("a\n" + one + " " + other + "\n\n" + one + "\n");
  REQUIRE(found.size() == 3);
  CHECK(found[0].line == 2);
  CHECK(found[1].what == "a GitLab token");
  CHECK(found[1].line == 2);
  CHECK(found[2].line == 4);
  std::string many;
  for (std::size_t i = 0; i < 2 * max_secrets; ++i) many += one + "\n";
  CHECK(secrets_in(many).size() == max_secrets);
}
