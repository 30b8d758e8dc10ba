#include "daemon/text/safe.h"

#include <string>

#include "tests/support/test.h"

using namespace aside;

TEST_CASE("a message from outside is one line of bounded length") {
  CHECK(one_line(" a\r\n\tb \x1b[31m c ") == "a b c");
  CHECK(one_line("").empty());
  CHECK(one_line(std::string(300, 'x')) == std::string(300, 'x'));
  std::string long_text, expected;
  for (int i = 0; i < 400; ++i) long_text += "é";
  for (int i = 0; i < 300; ++i) expected += "é";
  CHECK(one_line(long_text) == expected + "…");
}

TEST_CASE("no character of a message from outside hides, reorders or commands") {
  CHECK(one_line("gpj\u202e.exe\u2066 x\u2069\u200f") == "gpj.exe x");
  CHECK(one_line("a\u200bb\ufeffc\u2060d\u00ade") == "abcde");
  CHECK(one_line("a\u2028b\u2029c\u0085d\u009be") == "a b c d e");
  CHECK(one_line("\x1b]0;title\x07rest") == "rest");
  CHECK(one_line("\x1b]0;title\x1b\\rest") == "\\rest");
  CHECK(one_line("a\x1b[1;31mb\x1b[0") == "ab");
  CHECK(one_line(std::string("a\0b", 3)) == "a b");
  CHECK(one_line("a\xff\xed\xa0\xbd"
                 "b\xc3") == "a\uFFFD\uFFFD\uFFFD\uFFFDb\uFFFD");
  CHECK(one_line("👩‍💻 naïve 日本") == "👩‍💻 naïve 日本");
}

TEST_CASE("a secret is removed from a text wherever it occurs, even if it is escaped as in JSON") {
  hide("sk-ant-secret-1");
  hide("with/slash\"quote");
  CHECK(redacted("key sk-ant-secret-1, again sk-ant-secret-1!") == "key ***, again ***!");
  CHECK(redacted(R"({"k": "with\/slash\"quote"} with/slash"quote)") == R"({"k": "***"} ***)");
  hide("none");
  CHECK(redacted("none") == "none");
}

TEST_CASE("no address that is shown holds a user or a password, known or not") {
  CHECK(redacted("foo://u:PASS@h and http://ann@host:80/x@y") == "foo://h and http://host:80/x@y");
  CHECK(redacted("see http://host/a@b") == "see http://host/a@b");
  CHECK(shown_address("https://ann:pw@gw.corp:8443/v1/messages?key=1") == "https://gw.corp:8443/v1/messages");
  hide_password_of("http://ann:long-password@proxy:3128");
  CHECK(redacted("Basic ann:long-password") == "Basic ann:***");
  CHECK(redacted("Authorization: Basic YW5uOmxvbmctcGFzc3dvcmQ= was refused") ==
        "Authorization: Basic *** was refused");
}

TEST_CASE("a secret that arrives in pieces is blotted out, and everything else stays") {
  hide("sk-ant-secret-2");
  const std::string text = "data: s sk-ant sk-ant-secret-2sk-ant-secret-2 sk-ant-secre http://a:b@c s";
  const std::string expected = "data: s sk-ant ****** sk-ant-secre http://a:b@c s";
  for (std::size_t length = 1; length <= text.size(); ++length) {
    SecretFilter filter;
    std::string got;
    for (std::size_t at = 0; at < text.size(); at += length) got += filter.feed(text.substr(at, length));
    CHECK(got + filter.rest() == expected);
  }
  hide("lm-studio");
  SecretFilter filter;
  CHECK(filter.feed("ask lm-studio") == "ask lm-studio");
}

TEST_CASE("a secret is blotted out in any case, and where only its beginning is there") {
  const std::string secret = "sk-ant-api03-AbCdEfGhIjKlMnOp";
  hide(secret);
  CHECK(redacted("bad sk-ant-api03-abcdefghijklmnop, SK-ANT-API03-ABCDEFGHIJKLMNOP!") == "bad ***, ***!");
  CHECK(redacted("x-api-key: sk-ant-api03-AbCdEfGhIjK… is wrong") == "x-api-key: ***… is wrong");
  CHECK(redacted("keys begin with sk-ant-api03-") == "keys begin with sk-ant-api03-");
  CHECK(redacted("like sk-ant-api03-AbCdEf") == "like sk-ant-api03-AbCdEf");
  const std::string text =
      "a sk-ant-api03-AbCdEfGhI b SK-ANT-api03-AbCdEfGhIjKlMnOp sk-ant-api03-AbCd sk-ant-api03-abcdefghijk";
  for (std::size_t length = 1; length <= text.size(); ++length) {
    SecretFilter filter;
    std::string got;
    for (std::size_t at = 0; at < text.size(); at += length) got += filter.feed(text.substr(at, length));
    CHECK(got + filter.rest() == "a *** b *** sk-ant-api03-AbCd ***");
  }
}

TEST_CASE("the password of an address is hidden, whatever is in it") {
  for (const char* url : {"http://u:first/part-1@h:1", "u:second?part#2@h", "socks5h://u:th ird@part-3@h:1",
                          "http://u:four%2Fpart-4@h"})
    hide_password_of(url);
  CHECK(redacted("'first/part-1' 'second?part#2' 'th ird@part-3' 'four%2Fpart-4' 'four/part-4'") ==
        "'***' '***' '***' '***' '***'");
}

TEST_CASE("a secret that begins with another secret is blotted out whole") {
  hide("sk-ant-secret-3");
  hide("sk-ant-secret-3-and-more");
  CHECK(redacted("key sk-ant-secret-3-and-more, sk-ant-secret-3!") == "key ***, ***!");
  SecretFilter filter;
  CHECK(filter.feed("sk-ant-secret-3-and-more sk-ant-secret-3!") == "*** ***!");
}
