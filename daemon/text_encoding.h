// Bytes of a file as the text that they are meant to be: UTF-8 with "\n". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aside {

enum class Encoding { Utf8, Utf16Le, Utf16Be, Windows1252 };

struct DecodedText {
  std::string text;  // UTF-8; without byte order mark; "\r\n" and "\r" have become "\n"
  Encoding encoding = Encoding::Utf8;
};

// UTF-16 is known by its byte order mark; all else without one is UTF-8, and where it can't be that
// Windows-1252, of which Latin-1 is a part. What stands for no character becomes U+FFFD: half a surrogate
// pair, and a few broken bytes in a text that is UTF-8 otherwise (a log, say). Nullopt for what is no text: a
// NUL, or bytes that aren't UTF-8 among control characters that no text has.
std::optional<DecodedText> decode_text(std::string_view bytes);

}  // namespace aside
