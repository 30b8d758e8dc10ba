// Text from outside as it may be shown, logged or kept: on one line, without characters that hide or reorder
// others, and without the user's secrets. Whatever a server, a proxy or a command says goes through here
// before it reaches a message, the log or the store; the one list of secrets is here, for the whole process.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aside {

// No line breaks, control characters, terminal sequences, bidirectional or invisible characters; bytes that
// are not UTF-8 become U+FFFD; 300 characters at most.
std::string one_line(std::string_view text);

// From now on this is blotted out: a key, a token, a password. What is shorter than 8 characters is a word
// like "none" rather than a secret, and passed over.
void hide(std::string_view secret);
// The user and the password that an address may hold: "https://ann:secret@host", also as a header has them.
void hide_password_of(std::string_view url);
// The text with "***" in place of each secret, and without the user and password of any address.
std::string redacted(std::string_view text);
// An address without user, password and query.
std::string shown_address(std::string_view url);

// The same for bytes as they arrive from a server, where a secret may be cut in two. Only secrets of at least
// 12 characters are looked for: a reply may well hold a shorter word, and is to stay as it is. Addresses keep
// what they hold, since an example in a reply is no secret.
class Blotter {
 public:
  std::string feed(std::string_view bytes);
  std::string rest();  // what was held back, as it might have been the beginning of a secret

 private:
  std::string held_;
};

}  // namespace aside
