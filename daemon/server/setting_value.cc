#include "daemon/server/setting_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/system/environment.h"
#include "protocol/blank.h"

namespace aside::setting_value {
namespace {

std::string with_home(const std::string& path) {
  return path.starts_with("~/") ? home_folder() + path.substr(1) : path;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_port(std::string_view text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  return digits && text.size() <= 5 && std::stoi(std::string(text)) >= 1 &&
         std::stoi(std::string(text)) <= 65535;
}

// Whether a text has the form of "host", "host:8443" or "[::1]:8443".
bool names_a_host(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == authority.npos) return false;
    const std::string_view after = authority.substr(end + 1);
    return is_made_of(authority.substr(1, end - 1), ":.%") && end > 2 &&
           (after.empty() || (after[0] == ':' && is_port(after.substr(1))));
  }
  const std::size_t colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  const bool plain = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) || c == '.' || c == '-' || c == '_';
  });
  return !host.empty() && plain && (colon == authority.npos || is_port(authority.substr(colon + 1)));
}

// Suggests an address with "http://" and "https://", but only for a text that is clearly a host, since an API key that
// the user put there by mistake must not be shown. A path may hold a key, too.
std::string with_scheme(std::string_view address) {
  std::string host(address.substr(0, address.find('/')));
  const bool plain =
      is_clearly_a_host(host) && is_made_of(host, ".:-_[]") && host.size() <= 100 && !host.starts_with("sk-");
  if (!plain) return "";
  if (host.size() < address.size()) host += "/…";
  return ": write http://" + host + " or https://" + host;
}

}  // namespace

std::string text(const json& value) {
  if (!value.is_string()) throw Unfit{"must be a string"};
  const std::string& text = value.get_ref<const std::string&>();
  if (text.empty()) throw Unfit{"must not be empty"};
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    throw Unfit{"must be one line of text"};
  return text;
}

std::string word(const json& value) {
  std::string word = text(value);
  if (word.find(' ') != word.npos) throw Unfit{"must be one word"};
  return word;
}

std::string one_of(const json& value, std::span<const std::string_view> words) {
  if (value.is_string()) {
    for (const std::string_view word : words) {
      if (value.get_ref<const std::string&>() == word) return std::string(word);
    }
  }
  std::string wanted = "must be ";
  for (std::size_t i = 0; i < words.size(); ++i)
    wanted += (i == 0 ? "\"" : i + 1 < words.size() ? ", \"" : " or \"") + std::string(words[i]) + '"';
  throw Unfit{wanted};
}

std::int64_t whole_number(const json& value, std::int64_t least, std::int64_t most) {
  const bool fits = value.is_number_integer() && value >= least && value <= most;
  if (!fits)
    throw Unfit{"must be a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
  return value.get<std::int64_t>();
}

std::chrono::milliseconds seconds(const json& value) {
  constexpr double least = 0.1, most = 86400;
  const bool fits = value.is_number() && value.get<double>() >= least && value.get<double>() <= most;
  if (!fits) throw Unfit{"must be a number of seconds from 0.1 to 86400"};
  return std::chrono::milliseconds(std::llround(value.get<double>() * 1000));
}

bool yes_or_no(const json& value) {
  if (!value.is_boolean()) throw Unfit{"must be true or false"};
  return value.get<bool>();
}

double amount(const json& value) {
  constexpr double most = 1000;
  const bool fits = value.is_number() && value.get<double>() >= 0 && value.get<double>() <= most;
  if (!fits) throw Unfit{"must be an amount in USD, from 0 to 1000"};
  return value.get<double>();
}

std::string file_name(const json& value) {
  std::string path = with_home(text(value));
  if (!path.starts_with('/')) throw Unfit{"must be an absolute path"};
  return path;
}

std::vector<std::string> patterns(const json& value) {
  if (!value.is_array()) throw Unfit{"must be an array of patterns for names of files"};
  std::vector<std::string> patterns;
  for (const json& pattern : value) patterns.push_back(text(pattern));
  return patterns;
}

std::vector<std::string> command(const json& value) {
  std::vector<std::string> words;
  if (value.is_string()) {
    std::istringstream line(value.get_ref<const std::string&>());
    words.assign(std::istream_iterator<std::string>(line), {});
  } else if (value.is_array()) {
    for (const json& word : value) {
      if (!word.is_string()) throw Unfit{"must hold nothing but strings"};
      words.push_back(word.get<std::string>());
    }
  }
  if (words.empty() || words[0].empty())
    throw Unfit{"must be a command: an array of strings, or one string that is split at its blanks"};
  words[0] = with_home(words[0]);
  return words;
}

CredentialStyle credential_style(const json& value) {
  constexpr std::array<std::string_view, 4> words = {"auto", "apiKey", "bearer", "none"};
  const std::string word = one_of(value, words);
  if (word == "apiKey") return CredentialStyle::ApiKey;
  if (word == "bearer") return CredentialStyle::Bearer;
  return word == "none" ? CredentialStyle::None : CredentialStyle::Auto;
}

void models(Models& models, const json& value) {
  if (!value.is_object()) throw Unfit{"must be an object that maps ids of models to facts about them"};
  std::string wrong;
  for (const std::string& complaint : models.lay_over(value))
    wrong += (wrong.empty() ? "" : "; ") + complaint;
  if (!wrong.empty()) throw Unfit{"holds what can't be used: " + wrong};
}

std::string base_url(const json& value) {
  if (!value.is_string()) throw Unfit{"must be a string"};
  std::string url(trimmed(value.get_ref<const std::string&>()));
  if (url.empty()) throw Unfit{"must not be blank"};
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) throw Unfit{"must begin with http:// or https://" + with_scheme(url)};
  const std::string spoken = lower(url.substr(0, scheme));
  if (spoken != "http" && spoken != "https") throw Unfit{"must begin with http:// or https://"};
  if (url.find_first_of("?#") != url.npos) throw Unfit{"must be an address without ? or #"};
  const bool odd = std::any_of(url.begin(), url.end(), [](unsigned char c) {
    return c <= ' ' || c == 0x7f || c == '\\' || c == '"' || c == '<' || c == '>';
  });
  const std::size_t host = scheme + 3;
  const std::size_t path = std::min(url.find('/', host), url.size());
  std::string authority = url.substr(host, path - host);
  const std::size_t user = authority.rfind('@') + 1;  // 0 where there is none
  if (odd || !names_a_host(std::string_view(authority).substr(user)))
    throw Unfit{
        "must be an address like https://gw.corp:8443: a scheme, a host, and perhaps a port and a path"};
  if (url.find('@', path) != url.npos)
    throw Unfit{
        "must have no @ after its host; in a user or a password, write / as %2F, ? as %3F and # as %23"};
  authority = authority.substr(0, user) + lower(authority.substr(user));
  url = spoken + "://" + authority + url.substr(path);
  const auto without_slashes = [&] { url.erase(url.find_last_not_of('/') + 1); };
  without_slashes();
  if (url.ends_with("/v1")) url.erase(url.size() - 3);
  without_slashes();
  return url;
}

bool is_clearly_a_host(std::string_view authority) {
  const std::string_view host = authority.substr(0, authority.rfind(':'));
  const bool number = is_made_of(host, ".") && host.find_first_not_of("0123456789.") == host.npos &&
                      std::count(host.begin(), host.end(), '.') != 3;
  const bool has_port = authority.find(':') != authority.npos;
  return names_a_host(authority) && !number &&
         (has_port || host.find('.') != host.npos || host == "localhost");
}

bool is_made_of(std::string_view text, std::string_view characters) {
  return std::all_of(text.begin(), text.end(), [characters](unsigned char c) {
    return std::isalnum(c) || characters.find(static_cast<char>(c)) != characters.npos;
  });
}

}  // namespace aside::setting_value
