// What a Messages API says when it fails, as an Error of ours with a way out (messages-api §10). It comes in
// three ways: as an HTTP response that is no 200, as an `error` event inside a stream, and as a 200 that
// holds an error. Nothing about its body is certain: proxies answer with HTML, other servers have forms of
// their own. The server's own words are always told; its kind is read from its type, else from its words,
// else from the status.
#pragma once

#include <string>
#include <string_view>

#include "protocol/error.h"

namespace aside {

// `status` is 0 for an `error` event. The message is the server's, on one line, with the status;
// `data.retryable` says whether the same request may be sent again. `model` and `url` are what was asked, if
// anything: of a retired model the hint names the successor, and where there is no such API it shows the
// address.
Error api_error(int status, std::string_view body, std::string_view model = {}, std::string_view url = {});
// The Error that thinking of an earlier turn has caused: its signature is bound to something that has
// changed.
bool refuses_thinking(int status, const Error& error);

}  // namespace aside
