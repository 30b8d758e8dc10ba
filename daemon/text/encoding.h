// Bytes of a file as the text that they are meant to be: UTF-8 with "\n". Pure. Where nothing in a file says
// its encoding, a text that an editor has shown of it tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aside {

enum class Encoding { Utf8, Utf16Le, Utf16Be, Windows1252 };

struct DecodedText {
  std::string text;  // UTF-8; without byte order mark; "\r\n" and "\r" have become "\n"
  Encoding encoding = Encoding::Utf8;
  bool guessed = false;    // nothing but its bytes speaks for this encoding
  std::string bytes = {};  // what it was decoded from, where another encoding would give another text
};

// UTF-16 is known by its byte order mark; all else without one is UTF-8, and where it can't be that
// Windows-1252, of which Latin-1 is a part. What stands for no character becomes U+FFFD: half a surrogate
// pair, and a few broken bytes in a text that is UTF-8 otherwise (a log, say). Nullopt for what is no text: a
// NUL, or bytes that aren't UTF-8 among control characters that no text has.
std::optional<DecodedText> decode_text(std::string_view bytes);

// The same text in the encoding in which it agrees with one that was `known` of it before: holds it, or at
// least a line of it that isn't ASCII. Nullopt where the encoding was a guess that nothing of what was known
// bears out: what it would tell as changed may be the same bytes.
std::optional<std::string> read_as_known(const DecodedText& now, std::string_view known);

// With "\n" where there was "\r\n" or "\r": what is sent has one kind of line ends, whatever the editor's or
// the file's are.
std::string with_plain_line_ends(std::string text);

std::string base64(std::string_view bytes);

}  // namespace aside
