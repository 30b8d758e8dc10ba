#include "daemon/text/encoding.h"
#include "daemon/text/utf8.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

namespace aside {
namespace {

// The characters of Windows-1252 in place of Latin-1's control characters 0x80 to 0x9F. Five of them are not
// assigned and stay control characters, as in browsers.
constexpr std::array<char16_t, 32> windows_1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

// Control characters that occur in texts: backspace, tab, line ends, form feed, escape, and the end of file of
// DOS.
bool control_in_texts(unsigned char c) {
  return (c >= '\b' && c <= '\r') || c == 0x1B || c == 0x1A;
}

std::string from_utf16(std::string_view bytes, bool big_endian) {
  const auto unit = [bytes, big_endian](std::size_t at) -> std::uint32_t {
    const auto first = static_cast<unsigned char>(bytes[at]),
               second = static_cast<unsigned char>(bytes[at + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  const auto is_low = [](std::uint32_t u) { return u >= 0xDC00 && u <= 0xDFFF; };
  std::string text;
  std::size_t at = 0;
  for (; at + 1 < bytes.size(); at += 2) {
    const std::uint32_t high = unit(at);
    if (high < 0xD800 || high > 0xDFFF) {
      utf8::append(text, high);
    } else if (!is_low(high) && at + 3 < bytes.size() && is_low(unit(at + 2))) {
      utf8::append(text, 0x10000 + ((high - 0xD800) << 10) + (unit(at + 2) - 0xDC00));
      at += 2;
    } else {
      text += utf8::replacement;
    }
  }
  if (at < bytes.size()) text += utf8::replacement;
  return text;
}

std::string from_windows_1252(std::string_view bytes) {
  std::string text;
  for (const unsigned char c : bytes) utf8::append(text, c >= 0x80 && c < 0xA0 ? windows_1252[c - 0x80] : c);
  return text;
}

std::string mended_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto character = utf8::first(bytes.substr(at));
    text += character.valid ? bytes.substr(at, character.length) : utf8::replacement;
    at += character.valid ? character.length : 1;
  }
  return text;
}

// Encodings of files without a byte order mark, by their names in the C library.
constexpr const char* other_encodings[] = {
    "ISO-8859-1",   "WINDOWS-1252", "WINDOWS-1251", "KOI8-R",       "KOI8-U",       "IBM866",
    "WINDOWS-1250", "ISO-8859-2",   "ISO-8859-5",   "ISO-8859-7",   "WINDOWS-1253", "WINDOWS-1254",
    "ISO-8859-9",   "WINDOWS-1255", "ISO-8859-8",   "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
    "TIS-620",      "ISO-8859-15",  "IBM437",       "IBM850",       "IBM852",       "MACINTOSH",
    "CP932",        "SHIFT_JIS",    "EUC-JP",       "ISO-2022-JP",  "GB18030",      "BIG5",
    "EUC-KR",       "CP949"};
constexpr std::size_t max_compared_bytes = 512 * 1024;  // a larger file isn't tried in these encodings

struct Conversion {
  explicit Conversion(const char* from) : number(::iconv_open("UTF-8", from)) {}
  ~Conversion() {
    if (there()) ::iconv_close(number);
  }
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  bool there() const { return number != reinterpret_cast<iconv_t>(-1); }

  const iconv_t number;
};

// Returns nullopt if the C library doesn't have this encoding, or the bytes are not valid in it.
std::optional<std::string> converted(std::string_view bytes, const char* from) {
  const Conversion conversion(from);
  if (!conversion.there()) return std::nullopt;
  std::string text(bytes.size() * 4, '\0');
  char *in = const_cast<char*>(bytes.data()), *out = text.data();
  std::size_t in_left = bytes.size(), out_left = text.size();
  if (::iconv(conversion.number, &in, &in_left, &out, &out_left) != 0 || in_left > 0) return std::nullopt;
  text.resize(text.size() - out_left);
  return with_plain_line_ends(std::move(text));
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::vector<std::string_view> distinctive_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!is_ascii(line)) lines.push_back(line);
  }
  return lines;
}

using Lines = std::unordered_set<std::string_view>;

std::size_t lines_in_common(const Lines& known, std::string_view text) {
  const auto lines = distinctive_lines(text);
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&known](std::string_view line) { return known.contains(line); }));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::optional<DecodedText> decode_text(std::string_view bytes) {
  DecodedText decoded;
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    decoded.encoding = bytes[0] == '\xFF' ? Encoding::Utf16Le : Encoding::Utf16Be;
    decoded.text = from_utf16(bytes.substr(2), decoded.encoding == Encoding::Utf16Be);
    if (decoded.text.find('\0') != decoded.text.npos) return std::nullopt;  // UTF-32, for example
  } else {
    const bool marked = bytes.starts_with("\xEF\xBB\xBF");
    if (marked) bytes.remove_prefix(3);
    std::size_t characters = 0, broken = 0, controls = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto c = static_cast<unsigned char>(bytes[at]);
      if (c == 0) return std::nullopt;
      if (c < 0x80) {
        controls += (c < 0x20 && !control_in_texts(c));
        ++at;
        continue;
      }
      const auto character = utf8::first(bytes.substr(at));
      ++(character.valid ? characters : broken);
      at += character.valid ? character.length : 1;
    }
    if (broken > 0 && controls > 0) return std::nullopt;
    decoded.guessed = broken > 0;
    const bool escapes = bytes.find('\x1B') != bytes.npos;  // as in ISO-2022, whose bytes are all ASCII
    if (!marked && (broken + characters > 0 || escapes)) decoded.bytes = bytes;
    if (broken == 0) {
      decoded.text = bytes;
    } else if (broken < characters) {
      decoded.text = mended_utf8(bytes);
    } else {
      decoded.text = from_windows_1252(bytes);
      decoded.encoding = Encoding::Windows1252;
    }
  }
  const std::size_t first_end = decoded.text.find('\n');
  decoded.crlf = first_end != decoded.text.npos && first_end > 0 && decoded.text[first_end - 1] == '\r';
  decoded.text = with_plain_line_ends(std::move(decoded.text));
  return decoded;
}

std::optional<std::string> read_as_known(const DecodedText& now, std::string_view known) {
  if (now.bytes.empty() || now.text.find(known) != now.text.npos || is_ascii(known)) return now.text;
  const auto distinctive = distinctive_lines(known);
  const Lines lines(distinctive.begin(), distinctive.end());
  std::size_t most = lines_in_common(lines, now.text);
  if (most > 0 && !now.guessed) return now.text;
  std::optional<std::string> best;
  if (most > 0 || !now.guessed) best = now.text;
  if (now.bytes.size() > max_compared_bytes) return best;
  for (const char* encoding : other_encodings) {
    auto text = converted(now.bytes, encoding);
    if (!text) continue;
    if (text->find(known) != text->npos) return text;
    const std::size_t common = lines_in_common(lines, *text);
    if (common <= most) continue;
    most = common;
    best = std::move(text);
  }
  return best;
}

std::string with_plain_line_ends(std::string text) {
  std::size_t to = text.find('\r');
  if (to == text.npos) return text;
  for (std::size_t from = to; from < text.size(); ++from) {
    const bool carriage_return = text[from] == '\r';
    if (carriage_return && from + 1 < text.size() && text[from + 1] == '\n') continue;
    text[to++] = carriage_return ? '\n' : text[from];
  }
  text.resize(to);
  return text;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0 || high + low == 0) {
      if (text[i] == '\0')
        decoded += "%00";
      else
        decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) -> unsigned {
      return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0;
    };
    const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += digits[three >> 18];
    text += digits[three >> 12 & 63];
    text += at + 1 < bytes.size() ? digits[three >> 6 & 63] : '=';
    text += at + 2 < bytes.size() ? digits[three & 63] : '=';
  }
  return text;
}

}  // namespace aside
