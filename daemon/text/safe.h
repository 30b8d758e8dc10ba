// Makes text from outside safe to show, log or store: on one line, without characters that hide or reorder others,
// and without the user's secrets. Every text from a server, a proxy or a command passes through this module before it
// reaches a message, the log or the store. The module keeps a list of the secrets that the process knows.
#pragma once

#include <string>
#include <string_view>

namespace aside {

// Returns the text without line breaks, control characters, terminal sequences, bidirectional marks and invisible
// characters. Bytes that are not UTF-8 become U+FFFD. At most 300 characters.
std::string one_line(std::string_view text);

// Adds a key, token or password to the list of secrets. A secret shorter than 8 characters is ignored: it is more
// likely a word like "none".
void hide(std::string_view secret);
// Adds the password that an address may hold ("https://ann:secret@host"). Adds the user and password in Base64, too:
// this is how an HTTP header has them. Everything before the last @ is taken for user and password.
void hide_password_of(std::string_view url);
// Returns the text with "***" in place of each secret, and without the user and password in its addresses. Upper and
// lower case are the same. The first 20 or more characters of a secret count as the secret, too.
std::string redacted(std::string_view text);
// Returns the name, escaped for an attribute of a tag: no quote, bracket or line break in it can end the attribute.
std::string attribute_text(std::string_view name);
// Returns the address without user, password and query.
std::string shown_address(std::string_view url);

// Replaces secrets in bytes that arrive from a server in parts, where a secret may be cut in two. Only secrets of
// at least 12 characters are replaced: a reply may contain a shorter one as an ordinary word. Addresses are not
// changed, since an example in a reply is no secret.
class SecretFilter {
 public:
  std::string feed(std::string_view bytes);
  std::string rest();  // the bytes that were held back because a secret might have begun there

 private:
  std::string held_;
};

}  // namespace aside
