#include "daemon/context/secret_text.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <iterator>

#include "daemon/text/ascii.h"

namespace aside {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
}

constexpr std::array<bool, 256> word_characters = [] {
  std::array<bool, 256> made = {};
  for (int c = 0; c < 0x80; ++c)
    made[static_cast<std::size_t>(c)] =
        is_digit(static_cast<char>(c)) || is_letter(static_cast<char>(c)) || c == '_';
  return made;
}();

// The set of characters that a kind of key consists of.
enum class Of { Letters, Capitals, LettersAndDashes, Base64 };

bool is_of(Of of, char c) {
  switch (of) {
    case Of::Letters:
      return is_digit(c) || is_letter(c);
    case Of::Capitals:
      return is_digit(c) || (c >= 'A' && c <= 'Z');
    case Of::LettersAndDashes:
      return is_digit(c) || is_letter(c) || c == '-' || c == '_';
    case Of::Base64:
      return is_digit(c) || is_letter(c) || c == '+' || c == '/' || c == '=';
  }
  return false;
}

// A kind of key: how it begins, and how many characters follow (at least, or exactly).
struct Form {
  std::string_view begin;
  std::size_t least;
  Of of;
  std::string_view what;
  bool exactly = false;
};

constexpr Form forms[] = {
    {"sk-ant-", 24, Of::LettersAndDashes, "an Anthropic key"},
    {"sk-proj-", 40, Of::LettersAndDashes, "an OpenAI key"},
    {"sk-svcacct-", 40, Of::LettersAndDashes, "an OpenAI key"},
    {"AKIA", 16, Of::Capitals, "an AWS key", true},
    {"ASIA", 16, Of::Capitals, "an AWS key", true},
    {"ghp_", 36, Of::Letters, "a GitHub token"},
    {"gho_", 36, Of::Letters, "a GitHub token"},
    {"ghu_", 36, Of::Letters, "a GitHub token"},
    {"ghs_", 36, Of::Letters, "a GitHub token"},
    {"ghr_", 36, Of::Letters, "a GitHub token"},
    {"github_pat_", 60, Of::LettersAndDashes, "a GitHub token"},
    {"glpat-", 20, Of::LettersAndDashes, "a GitLab token"},
    {"xoxb-", 24, Of::LettersAndDashes, "a Slack token"},
    {"xoxp-", 24, Of::LettersAndDashes, "a Slack token"},
    {"xoxa-", 24, Of::LettersAndDashes, "a Slack token"},
    {"xoxr-", 24, Of::LettersAndDashes, "a Slack token"},
    {"xoxs-", 24, Of::LettersAndDashes, "a Slack token"},
    {"AIza", 35, Of::LettersAndDashes, "a Google API key", true},
    {"GOCSPX-", 24, Of::LettersAndDashes, "a Google client secret"},
    {"sk_live_", 24, Of::Letters, "a Stripe key"},
    {"rk_live_", 24, Of::Letters, "a Stripe key"},
    {"npm_", 36, Of::Letters, "an npm token", true},
    {"pypi-AgEIcHlwaS5vcmc", 40, Of::LettersAndDashes, "a PyPI token"},
    {"hf_", 34, Of::Letters, "a Hugging Face token", true},
    {"dop_v1_", 64, Of::Letters, "a DigitalOcean token", true},
    {"AGE-SECRET-KEY-1", 58, Of::Capitals, "a private key", true},
};
constexpr std::string_view pem_begin = "-----BEGIN ", pem_end = "PRIVATE KEY", putty = "PuTTY-User-Key-File-";
constexpr std::string_view aws_secrets[] = {"aws_secret_access_key", "secretaccesskey", "secret_access_key"};

constexpr std::size_t pairs = 256 * 256;

std::size_t pair(char first, char second) {
  return static_cast<std::size_t>(static_cast<unsigned char>(first) << 8 |
                                  static_cast<unsigned char>(second));
}

// Returns the first two bytes of each form. Few words of a text begin with one of these pairs, so the search is fast.
const std::bitset<pairs>& beginnings() {
  static const std::bitset<pairs> known = [] {
    std::bitset<pairs> made;
    for (const Form& form : forms) made.set(pair(form.begin[0], form.begin[1]));
    for (const std::string_view begin : {pem_begin, putty}) made.set(pair(begin[0], begin[1]));
    for (const std::string_view word : aws_secrets)
      for (const char first : {word[0], upper(word[0])})
        for (const char second : {word[1], upper(word[1])}) made.set(pair(first, second));
    return made;
  }();
  return known;
}

bool begins(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

std::size_t run_of(Of of, std::string_view text, std::size_t most) {
  std::size_t size = 0;
  while (size < std::min(text.size(), most) && is_of(of, text[size])) ++size;
  return size;
}

// Whether a key looks random. Examples of keys that don't: "ghp_xxxx…", "AKIAIOSFODNN7EXAMPLE",
// "sk-ant-put-the-key-here".
bool made_by_chance(std::string_view key) {
  constexpr std::size_t least_different = 8;
  const auto by_chance = [](char c) { return is_digit(c) || c != lower(c); };
  if (std::none_of(key.begin(), key.end(), by_chance)) return false;
  std::bitset<256> different;
  for (const char c : key) different.set(static_cast<unsigned char>(c));
  if (different.count() < least_different) return false;
  for (std::size_t at = 0; at < key.size(); ++at)
    for (const std::string_view by_hand : {"example", "your", "xxxx"})
      if (begins(key.substr(at), by_hand)) return false;
  return true;
}

bool has_form(const Form& form, std::string_view text) {
  if (!text.starts_with(form.begin)) return false;
  text.remove_prefix(form.begin.size());
  const std::size_t size = run_of(form.of, text, form.least + 1);
  if (size < form.least || (form.exactly && size > form.least)) return false;
  return made_by_chance(text.substr(0, form.least));
}

// Whether a private key begins here. The heading alone isn't enough, since every program that reads keys contains the
// heading. Between the heading and the key there are line ends (in a string literal, `\n`) and, in older files,
// headers about the encryption.
bool private_key(std::string_view text) {
  constexpr std::size_t longest_kind = 32, longest_lead = 240, least = 40;
  if (!text.starts_with(pem_begin)) return false;
  const std::size_t kind = text.substr(0, pem_begin.size() + longest_kind).find(pem_end);
  if (kind == text.npos) return false;
  text = text.substr(kind + pem_end.size(), longest_lead);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t size = run_of(Of::Base64, text.substr(at), least);
    if (size == least) return made_by_chance(text.substr(at, size));
    at += size;
  }
  return false;
}

// Whether the text begins with `aws_secret_access_key = …`, in any configuration language.
bool aws_secret_key(std::string_view text) {
  constexpr std::size_t length = 40;
  const auto word = std::find_if(std::begin(aws_secrets), std::end(aws_secrets),
                                 [text](std::string_view known) { return begins(text, known); });
  if (word == std::end(aws_secrets)) return false;
  text.remove_prefix(word->size());
  const std::size_t value = std::min(text.find_first_not_of(" \t\"'=:>"), text.size());
  if (text.substr(0, value).find_first_of("=:") == text.npos) return false;
  text = text.substr(value);
  return run_of(Of::Base64, text, length + 1) == length && made_by_chance(text.substr(0, length));
}

std::string_view secret_at(std::string_view text) {
  if (text[0] == '-') return private_key(text) ? "a private key" : "";
  if (text.starts_with(putty) && text.size() > putty.size() && is_digit(text[putty.size()]))
    return "a private key";
  if (aws_secret_key(text)) return "an AWS key";
  for (const Form& form : forms)
    if (form.begin[0] == text[0] && has_form(form, text)) return form.what;
  return {};
}

}  // namespace

std::vector<Secret> secrets_in(std::string_view text) {
  constexpr std::size_t shown_bytes = 256;
  std::vector<Secret> secrets;
  std::size_t line = 1, counted = 0;
  const std::bitset<pairs>& known = beginnings();
  bool within_word = false;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const char c = text[at];
    const bool of_word = word_characters[static_cast<unsigned char>(c)];
    // A key may not begin in the middle of a word. A form that begins with a non-word character may follow a word,
    // though: in a string literal, a private key may follow the n of a "\n". This code runs for each byte that is
    // shared, so it has only one branch, which is rarely taken.
    if (static_cast<int>(known[pair(c, text[at + 1])]) & static_cast<int>(!within_word | !of_word)) {
      if (const std::string_view what = secret_at(text.substr(at)); !what.empty()) {
        line += static_cast<std::size_t>(std::count(text.data() + counted, text.data() + at, '\n'));
        counted = at;
        secrets.push_back({std::string(what), line, text.substr(at, shown_bytes)});
        if (secrets.size() == max_secrets) break;
      }
    }
    within_word = of_word;
  }
  return secrets;
}

}  // namespace aside
