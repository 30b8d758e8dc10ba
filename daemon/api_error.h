// What a Messages API says when it fails, as an Error of ours with a way out (messages-api §10). It comes in
// two ways: as an HTTP response that is no 200, and as an `error` event inside a stream. Nothing about its
// body is certain: proxies answer with HTML, other servers leave fields out or say "detail", so what is
// missing is made up for by the status.
#pragma once

#include <string>
#include <string_view>

#include "protocol/error.h"

namespace aside {

// `status` is 0 for an `error` event. The message is the API's own, on one line, with the status;
// `data.retryable` says whether the same request may be sent again. `model` is the one that was asked, if
// any: of a retired one the hint names the successor.
Error api_error(int status, std::string_view body, std::string_view model = {});
// The Error that thinking of an earlier turn has caused: its signature is bound to something that has
// changed.
bool refuses_thinking(int status, const Error& error);
// Text from outside on one line, for an error message: no line breaks or control characters, 300 characters
// at most.
std::string one_line(std::string_view text);

}  // namespace aside
