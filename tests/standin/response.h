// Responses of the stand-in that are no stream, as values: refusals, what a script gives in place of an
// answer, and the small calls (models, token counts). Knows no socket.
#pragma once

#include <optional>
#include <string>

#include "tests/standin/connection.h"
#include "tests/standin/rules.h"
#include "tests/standin/script.h"

namespace aside::test {

struct Response {
  int status = 200;
  std::string body = {};
  std::string type = "application/json";
  HeaderLines headers = {};
};

Response refused(const Refusal& refusal, const std::string& id);
// For a script whose status is not 200, or that has a body. A 504 comes as the HTML page of a proxy unless
// the script says more.
Response scripted(const Script& script, const std::string& id);
// Everything under /v1 but POST /v1/messages. HEAD gets what GET would.
Response look_up(const HttpInput& input, const ApiRules& rules, const std::string& id);

}  // namespace aside::test
