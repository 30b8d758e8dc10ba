// Decodes the bytes of a file to UTF-8 with "\n". Pure. If nothing in a file tells its encoding, `read_as_known`
// chooses one that agrees with text of that file that was shared before.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aside {

enum class Encoding { Utf8, Utf16Le, Utf16Be, Windows1252 };

struct DecodedText {
  std::string text;  // UTF-8; without byte order mark; "\r\n" and "\r" have become "\n"
  Encoding encoding = Encoding::Utf8;
  bool guessed = false;    // the encoding is a guess from the bytes alone
  std::string bytes = {};  // the original bytes, if another encoding would give another text
  bool crlf = false;       // its first line ended with "\r\n"
};

// UTF-16 is recognised by its byte order mark. Everything else is read as UTF-8. A text that can't be UTF-8 is
// read as Windows-1252, which contains Latin-1. Half of a surrogate pair, and a few broken bytes in a text that is otherwise
// UTF-8 (a log, for example), become U+FFFD. Returns nullopt for bytes that are no text: bytes with a NUL, or bytes
// that are not UTF-8 and hold control characters which texts don't have.
std::optional<DecodedText> decode_text(std::string_view bytes);

// Reads the text in the encoding that agrees with `known`, a part of the text that was shared before: in this
// encoding the text contains all of `known`, or at least one of its lines that aren't ASCII. Returns nullopt if the
// encoding was a guess and no encoding agrees: a difference could then come from a wrong encoding instead of a
// change.
std::optional<std::string> read_as_known(const DecodedText& now, std::string_view known);

// Returns the text with "\n" in place of each "\r\n" and "\r". Requests use only "\n", whatever line ends the editor
// or the file uses.
std::string with_plain_line_ends(std::string text);

std::string base64(std::string_view bytes);
// Returns a part of an address with its %XX escapes decoded. Invalid escapes (%zz), and %00, which a path can't
// contain, stay as they are.
std::string percent_decoded(std::string_view text);

}  // namespace aside
