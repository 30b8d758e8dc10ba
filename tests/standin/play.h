// A stream as it is played to a client: at its pace, cut into chunks, held at its gate, and going wrong where
// the script says so.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "tests/standin/answer.h"
#include "tests/standin/connection.h"

namespace aside::test {

// How a connection goes on after a response. Gone: the client did not wait for the end.
enum class Then { Keep, Close, Reset, DropNext, Gone };

using Gates = std::set<std::string>;  // those that are open

// The connection is woken when a gate opens. False: the client is gone.
asio::awaitable<bool> hold(Connection& connection, std::string gate, const Gates& open);
// Head and body of the response with these frames.
asio::awaitable<Then> play(Connection& connection, std::vector<Frame> frames, Script script,
                           std::chrono::milliseconds pace, std::string id, const Gates& open);

}  // namespace aside::test
