// Turns a failure of the Messages API into an Error with a hint. A failure comes as an HTTP status other than 200, as
// an `error` event inside a stream, or as a 200 that contains an error. The body may have any form: proxies answer
// with HTML, other servers have their own JSON. The message always has the server's own words. The code depends on
// the type of the error, else on its words, else on the status.
#pragma once

#include <string_view>

#include "daemon/api/model.h"
#include "protocol/error.h"

namespace aside {

// Makes the Error. `status` is 0 for an `error` event. The message is the server's, on one line, with the status;
// `data.retryable` says whether the same request may be sent again. `model` and `url` are the request's, if known:
// for a retired model the hint names its successor, and if there is no Messages API, the hint shows the address.
Error api_error(int status, std::string_view body, std::string_view model = {}, std::string_view url = {},
                const Models& models = {});
// Whether the server refused the thinking of an earlier turn: its signature depends on something that has changed.
bool refuses_thinking(int status, const Error& error);

}  // namespace aside
