#include "daemon/text/json.h"
#include "daemon/text/utf8.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace aside::json_text {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool begins_number(unsigned char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == 'I' || c == 'N';
}

// Returns where the number that begins at `at` ends. Always advances by at least one character.
std::size_t number_end(std::string_view text, std::size_t at) {
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (text.substr(at).starts_with(word)) return at + word.size();
  }
  return std::min(text.find_first_not_of("0123456789+-.eE", at + 1), text.size());
}

// A number beyond the range of a double becomes the largest one of its sign. "NaN" and "Infinity", which some
// servers write, become null.
std::string_view fitting(std::string_view number) {
  constexpr std::size_t longest = 300;  // a number with fewer digits fits into a double
  if (number.ends_with("Infinity") || number == "NaN") return "null";
  if (number.size() < longest && number.find_first_of("eE") == number.npos) return number;
  if (!std::isinf(std::strtod(std::string(number).c_str(), nullptr))) return number;
  return number.front() == '-' ? "-1e308" : "1e308";
}

// The code unit of the \uXXXX escape at `at`, if there is one.
std::optional<std::uint32_t> unicode_escape(std::string_view text, std::size_t at) {
  if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  for (const char c : text.substr(at + 2, 4)) {
    unit <<= 4;
    if (c >= '0' && c <= '9') {
      unit |= static_cast<std::uint32_t>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      unit |= static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return unit;
}

bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

// The position after the closing quote of the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  while ((at = text.find('"', at + 1)) != text.npos) {
    std::size_t escapes = 0;  // a quote after an odd number of backslashes is part of the string
    while (text[at - 1 - escapes] == '\\') ++escapes;
    if (escapes % 2 == 0) return at + 1;
  }
  return text.size();
}

struct StringPart {
  std::size_t end = 0;  // the position after the closing quote, or after the last complete character
  bool is_whole = false;
};

// Finds the end of the string that begins at `at`, which may be incomplete.
StringPart string_part(std::string_view text, std::size_t at) {
  for (++at; at < text.size();) {
    if (text[at] == '"') return {at + 1, true};
    std::size_t length = 0;
    if (text[at] == '\\') {
      const auto unit = unicode_escape(text, at);
      length = text.substr(at + 1).starts_with('u') ? 6 : 2;
      // A low surrogate belongs to the same character. It may not have arrived completely.
      const std::string_view next = text.substr(std::min(at + 6, text.size()), 6);
      const bool has_low = next.size() < 6 ? std::string_view("\\u").starts_with(next.substr(0, 2))
                                           : is_low_surrogate(unicode_escape(next, 0).value_or(0));
      if (unit && is_high_surrogate(*unit) && has_low) length = 12;
    } else {
      const auto character = utf8::first(text.substr(at));
      const bool is_cut = !character.valid && at + character.length == text.size();
      length = is_cut ? character.length + 1 : character.length;
    }
    if (at + length > text.size()) break;
    at += length;
  }
  return {std::min(at, text.size()), false};
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::size_t value_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') {
      if (depth == 0) return at;  // the end of the array or object around a number or word
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && (c == ',' || is_space(c))) return at;
    ++at;
  }
  return text.size();
}

// Steps through an array or object. `next_value` returns the next raw value. In an object, call `next_key` before
// each `next_value`.
class Scanner {
 public:
  Scanner(std::string_view text, char open) : text_(text), at_(skip_space(text, 0)) {
    at_ = at_ < text_.size() && text_[at_] == open ? at_ + 1 : text_.size();
  }

  std::optional<std::string_view> next_key() {
    if (!skip_to_item() || text_[at_] != '"') return std::nullopt;
    const std::size_t begin = at_;
    at_ = string_end(text_, at_);
    const std::string_view key = text_.substr(begin, at_ - begin);
    at_ = skip_space(text_, at_);
    if (at_ < text_.size() && text_[at_] == ':') ++at_;
    return key.size() < 2 ? key : key.substr(1, key.size() - 2);
  }

  std::optional<std::string_view> next_value() {
    if (!skip_to_item()) return std::nullopt;
    const std::size_t begin = at_;
    at_ = value_end(text_, at_);
    if (at_ == begin) return std::nullopt;
    return text_.substr(begin, at_ - begin);
  }

 private:
  bool skip_to_item() {
    at_ = skip_space(text_, at_);
    if (at_ < text_.size() && text_[at_] == ',') at_ = skip_space(text_, at_ + 1);
    return at_ < text_.size() && text_[at_] != ']' && text_[at_] != '}';
  }

  std::string_view text_;
  std::size_t at_;
};

}  // namespace

std::vector<std::string_view> elements(std::string_view array) {
  std::vector<std::string_view> found;
  Scanner scanner(array, '[');
  while (const auto value = scanner.next_value()) found.push_back(*value);
  return found;
}

std::vector<std::pair<std::string_view, std::string_view>> members(std::string_view object) {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  Scanner scanner(object, '{');
  while (const auto key = scanner.next_key()) {
    const auto value = scanner.next_value();
    if (!value) break;
    found.emplace_back(*key, *value);
  }
  return found;
}

std::string_view member(std::string_view object, std::string_view name) {
  Scanner scanner(object, '{');
  while (const auto key = scanner.next_key()) {
    const auto value = scanner.next_value();
    if (!value) break;
    if (*key == name) return *value;
  }
  return {};
}

std::string with(std::string_view object,
                 const std::vector<std::pair<std::string_view, std::string>>& replaced) {
  const auto present = members(object);
  std::string out;
  const char* copied = object.data();
  for (const auto& [key, value] : present) {
    const auto found = std::find_if(replaced.begin(), replaced.end(),
                                    [name = key](const auto& entry) { return entry.first == name; });
    if (found == replaced.end()) continue;
    out.append(copied, value.data());
    out += found->second;
    copied = value.data() + value.size();
  }
  // New members go after the last member, before any white space in front of the closing brace.
  const char* last = present.empty() ? object.data() + object.find('{') + 1
                                     : present.back().second.data() + present.back().second.size();
  out.append(copied, last);
  bool first = present.empty();
  for (const auto& [name, value] : replaced) {
    const bool known = std::any_of(present.begin(), present.end(),
                                   [wanted = name](const auto& entry) { return entry.first == wanted; });
    if (known) continue;
    if (!first) out += ',';
    first = false;
    out += quoted(name);
    out += ':';
    out += value;
  }
  out.append(last, object.data() + object.size());
  return out;
}

std::string quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  out.reserve(text.size() + text.size() / 16 + 2);
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const auto character = utf8::first(text.substr(at));
    if (!character.valid) {
      out += utf8::replacement;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      out += text.substr(at, character.length);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 0xF];
    }
    at += character.length;
  }
  out += '"';
  return out;
}

std::string unquoted(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return {};
  const std::string_view text = raw.substr(1, raw.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t escape = std::min(text.find('\\', at), text.size());
    out += text.substr(at, escape - at);
    at = escape;
    if (at + 1 >= text.size()) break;
    if (const auto unit = unicode_escape(text, at)) {
      at += 6;
      std::uint32_t code = *unit;
      const auto next = is_high_surrogate(code) ? unicode_escape(text, at) : std::nullopt;
      if (next && is_low_surrogate(*next)) {
        code = 0x10000 + ((code - 0xD800) << 10) + (*next - 0xDC00);
        at += 6;
      } else if (is_high_surrogate(code) || is_low_surrogate(code)) {
        code = 0xFFFD;
      }
      utf8::append(out, code);
      continue;
    }
    switch (const char c = text[at + 1]) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      default:
        out += c;
    }
    at += 2;
  }
  return out;
}

std::string mended(std::string_view json) {
  const bool is_json = json.find_first_of("{[") == json.find_first_not_of(" \t\r\n");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  std::size_t copied = 0;  // everything before it is in `out`
  bool in_string = false;
  const auto replace = [&](std::size_t at, std::size_t length, std::string_view text) {
    out += json.substr(copied, at - copied);
    out += text;
    copied = at + length;
  };
  for (std::size_t at = 0; at < json.size();) {
    const auto c = static_cast<unsigned char>(json[at]);
    if (c == '"') in_string = !in_string;
    if (!in_string && is_json && begins_number(c)) {
      const auto number = json.substr(at, number_end(json, at) - at);
      if (const auto fit = fitting(number); fit != number) replace(at, number.size(), fit);
      at += number.size();
      continue;
    }
    if (in_string && c < 0x20) {
      const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xF]};
      replace(at, 1, {escape, sizeof escape});
      ++at;
      continue;
    }
    if (c != '\\') {
      const auto character = utf8::first(json.substr(at));
      if (!character.valid) replace(at, character.length, utf8::replacement);
      at += character.length;
      continue;
    }
    const auto unit = unicode_escape(json, at);
    if (!unit) {
      // Skips the escaped character, too (a second backslash, a quote), unless that character needs a repair.
      const bool plain = at + 1 < json.size() && json[at + 1] >= 0x20;
      at += plain ? 2 : 1;
      continue;
    }
    const auto next = is_high_surrogate(*unit) ? unicode_escape(json, at + 6) : std::nullopt;
    if (next && is_low_surrogate(*next)) {
      at += 12;
      continue;
    }
    if (is_high_surrogate(*unit) || is_low_surrogate(*unit)) replace(at, 6, "\\ufffd");
    at += 6;
  }
  out += json.substr(copied);
  return out;
}

std::string closed(std::string_view beginning) {
  std::string open;       // the brackets that close what is open, outermost first
  std::size_t whole = 0;  // the text can be closed after this many bytes
  bool is_key = false;    // the next string is the key of a member
  for (std::size_t at = 0; at < beginning.size();) {
    const char c = beginning[at];
    if (c == '"') {
      const auto [end, is_whole] = string_part(beginning, at);
      if (!is_whole && is_key) break;
      if (!is_key) whole = end;
      if (!is_whole)
        return std::string(beginning.substr(0, end)) + '"' + std::string(open.rbegin(), open.rend());
      at = end;
    } else if (c == '[' || c == '{') {
      open += c == '[' ? ']' : '}';
      is_key = c == '{';
      whole = ++at;
    } else if (c == ']' || c == '}') {
      if (open.empty()) break;
      open.pop_back();
      is_key = false;
      whole = ++at;
    } else if (c == ',' || c == ':' || is_space(c)) {
      if (c == ',') is_key = open.ends_with('}');
      if (c == ':') is_key = false;
      ++at;
    } else {
      at = std::min(beginning.find_first_of(",:]} \t\r\n", at), beginning.size());
      if (at < beginning.size() || open.empty()) whole = at;
    }
  }
  return std::string(beginning.substr(0, whole)) + std::string(open.rbegin(), open.rend());
}

bool nested_deeper(std::string_view json, std::size_t limit) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      at = string_end(json, at);
      continue;
    }
    if ((c == '[' || c == '{') && ++depth > limit) return true;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    ++at;
  }
  return false;
}

}  // namespace aside::json_text
