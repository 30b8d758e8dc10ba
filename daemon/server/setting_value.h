// Reads the values of settings. Each function returns the value as the program uses it, or throws Unfit, which says
// what the value must be. Unfit never quotes a text that may be an API key in the wrong place. Called by config, which
// turns an Unfit into a complaint.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/credential.h"
#include "daemon/api/model.h"

namespace aside::setting_value {

struct Unfit {
  std::string wanted;  // what the value must be, such as "must be a string"
};

using json = nlohmann::json;

std::string text(const json& value);  // one line, not empty
std::string word(const json& value);
std::string one_of(const json& value, std::span<const std::string_view> words);
std::int64_t whole_number(const json& value, std::int64_t least, std::int64_t most);
std::chrono::milliseconds seconds(const json& value);
bool yes_or_no(const json& value);
double amount(const json& value);                      // in USD
std::string file_name(const json& value);              // an absolute path; "~/" is the home folder
std::vector<std::string> patterns(const json& value);  // for names of files
std::vector<std::string> command(const json& value);   // a program and its arguments
CredentialStyle credential_style(const json& value);
void models(Models& models, const json& value);  // adds facts about models; these override the built-in facts
// Returns the address with scheme and host in lower case. Removes a "/v1" at the end: other programs need it there, but
// our paths begin with "/v1" already.
std::string base_url(const json& value);

// Whether a text is clearly a host, perhaps with a port: "gw.corp", "gateway:8443", "localhost". "2.1" is not clearly
// a host.
bool is_clearly_a_host(std::string_view authority);
// Whether a text consists only of ASCII letters, ASCII digits and these characters.
bool is_made_of(std::string_view text, std::string_view characters);

}  // namespace aside::setting_value
