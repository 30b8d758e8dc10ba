// Makes the responses of the stand-in that aren't streams, as values: refusals, scripted responses, and the
// responses to small calls (models, token counts). This module uses no socket.
#pragma once

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
// Returns the response of a script that has a body or a status other than 200. By default a 504 has the HTML
// page of a proxy.
Response scripted(const Script& script, const std::string& id);
// Answers everything under /v1 except POST /v1/messages. HEAD is answered like GET.
Response look_up(const HttpInput& input, const ApiRules& rules, const std::string& id);

}  // namespace aside::test
