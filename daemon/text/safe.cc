#include "daemon/text/safe.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/text/encoding.h"
#include "daemon/text/utf8.h"

namespace aside {
namespace {

constexpr std::size_t max_line_characters = 300;
constexpr std::size_t least_secret = 8;
constexpr std::size_t least_secret_in_replies = 12;
// The number of first characters of a secret that count as a secret. It is larger than the 13 characters with which
// all keys of the API begin: "sk-ant-api03-".
constexpr std::size_t least_beginning = 20;
constexpr std::size_t max_secrets = 64;  // escaped forms count, too; for a new one the oldest is forgotten
constexpr std::string_view replacement = "***";

// The list holds secrets in lower case, since a server may echo a header in lower case.
std::vector<std::string>& secrets() {
  static std::vector<std::string> secrets;
  return secrets;
}

std::string lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

struct Found {
  std::size_t at = 0, length = 0;
  bool whole = true;  // false: only the beginning of a secret
};

// Finds the first secret of at least `least` characters, or the beginning of such a secret, in a text in lower case.
// If two begin at the same place, the longer one is returned: replacing only the shorter one would show the rest of
// the other.
std::optional<Found> first_secret(std::string_view text, std::size_t least) {
  std::optional<Found> first;
  for (const std::string& secret : secrets()) {
    if (secret.size() < least) continue;
    const std::size_t at = text.find(std::string_view(secret).substr(0, least_beginning));
    if (at == text.npos || (first && at > first->at)) continue;
    const std::string_view here = text.substr(at);
    const auto differ = std::mismatch(secret.begin(), secret.end(), here.begin(), here.end());
    const auto length = static_cast<std::size_t>(differ.first - secret.begin());
    if (!first || at < first->at || length > first->length)
      first = Found{at, length, length == secret.size()};
  }
  return first;
}

// Removes the text up to the end of its last secret from `text`, and returns it with "***" for each secret.
// `may_go_on` says that more text follows: the beginning of a secret at the end of `text` then stays there.
std::string take_redacted(std::string_view& text, std::size_t least, bool may_go_on) {
  std::string safe;
  const std::string lower_case = lower(text);
  std::string_view left = lower_case;
  while (const auto found = first_secret(left, least)) {
    if (may_go_on && !found->whole && found->at + found->length == left.size()) break;
    safe.append(text.substr(0, found->at)).append(replacement);
    left.remove_prefix(found->at + found->length);
    text.remove_prefix(found->at + found->length);
  }
  return safe;
}

std::size_t longest_secret() {
  std::size_t longest = 0;
  for (const std::string& secret : secrets()) longest = std::max(longest, secret.size());
  return longest;
}

// Puts a backslash before each character that is in `before`, since JSON may write a secret so.
std::string with_backslashes(std::string_view text, std::string_view before) {
  std::string escaped;
  for (const char c : text) {
    if (before.find(c) != before.npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Removes one character from the front and returns it; U+FFFD for a byte that isn't UTF-8.
char32_t next_character(std::string_view& text) {
  const auto character = utf8::first(text);
  text.remove_prefix(character.valid ? character.length : 1);
  return character.code;
}

bool is_gap(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029;
}

// Characters that are not visible and can hide or reorder the text around them.
bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x61C || c == 0x180E || c == 0x200B || c == 0x200E || c == 0x200F ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

// The length of a terminal's escape sequence, after its escape character.
std::size_t sequence_length(std::string_view text) {
  if (text.starts_with('[')) {
    const auto ends = [](char c) { return c >= 0x40 && c <= 0x7E; };
    const auto end = std::find_if(text.begin() + 1, text.end(), ends);
    return static_cast<std::size_t>(end - text.begin()) + (end == text.end() ? 0 : 1);
  }
  if (text.starts_with(']')) return std::min(text.find_first_of("\a\x1b\n"), text.size());
  return 0;
}

// Returns the user, the password and the @ after them from an address; empty if the address has no user.
std::string_view user_of(std::string_view address) {
  const std::size_t scheme = address.find("://");
  if (scheme == address.npos) return {};
  std::string_view authority = address.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?# \t\r\n\"'<>`"));
  const std::size_t at = authority.rfind('@');
  return at == authority.npos ? std::string_view() : authority.substr(0, at + 1);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  std::size_t characters = 0;
  bool gap = false;
  while (!text.empty()) {
    const char32_t c = next_character(text);
    if (c == 0x1B) {
      text.remove_prefix(sequence_length(text));
      continue;
    }
    if (is_gap(c)) gap = !line.empty();
    if (is_gap(c) || is_invisible(c)) continue;
    characters += gap ? 2 : 1;
    if (characters > max_line_characters) return line + "…";
    if (gap) line += ' ';
    gap = false;
    utf8::append(line, c);
  }
  return line;
}

void hide(std::string_view secret) {
  if (secret.size() < least_secret) return;
  for (const std::string_view escaped : {"", "/", "\\\"", "\\\"/"}) {
    std::string form = lower(with_backslashes(secret, escaped));
    if (std::find(secrets().begin(), secrets().end(), form) != secrets().end()) continue;
    if (secrets().size() == max_secrets) secrets().erase(secrets().begin());
    secrets().push_back(std::move(form));
  }
}

void hide_password_of(std::string_view url) {
  const std::size_t scheme = url.find("://"), at = url.rfind('@');
  const std::size_t start = scheme == url.npos ? 0 : scheme + 3;
  if (at == url.npos || at < start) return;
  const std::string_view user = url.substr(start, at - start);
  for (const std::string& form : {std::string(user), percent_decoded(user)}) {
    hide(base64(form));  // the form in which an HTTP header has it
    if (const std::size_t colon = form.find(':'); colon != form.npos)
      hide(std::string_view(form).substr(colon + 1));
  }
}

std::string redacted(std::string_view text) {
  std::string safe = take_redacted(text, least_secret, false);
  safe += text;
  for (std::size_t at = 0; (at = safe.find("://", at)) != safe.npos; at += 3)
    safe.erase(at + 3, user_of(std::string_view(safe).substr(at)).size());
  return safe;
}

std::string shown_address(std::string_view url) {
  return one_line(redacted(url.substr(0, url.find_first_of("?#"))));
}

std::string SecretFilter::feed(std::string_view bytes) {
  std::string text = std::move(held_) + std::string(bytes);
  held_.clear();
  std::string_view left = text;
  std::string safe = take_redacted(left, least_secret_in_replies, true);
  const std::string end = lower(left.substr(left.size() - std::min(left.size(), longest_secret())));
  std::size_t kept = 0;
  for (const std::string& secret : secrets()) {
    if (secret.size() < least_secret_in_replies) continue;
    for (std::size_t n = std::min(secret.size() - 1, end.size()); n > kept; --n) {
      if (end.ends_with(std::string_view(secret).substr(0, n))) kept = n;
    }
  }
  held_ = left.substr(left.size() - kept);
  safe += left.substr(0, left.size() - kept);
  return safe;
}

std::string SecretFilter::rest() {
  const std::string held = std::exchange(held_, {});
  std::string_view left = held;
  std::string safe = take_redacted(left, least_secret_in_replies, false);
  return safe.append(left);
}

std::string attribute_text(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace aside
