// Sends a stream to a client as the script says: at its pace, in chunks, held at its gate, with its fault.
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

using Gates = std::set<std::string>;  // the open ones

// Waits until this gate is open; wake() must be called when one opens. Returns false if the client is gone.
asio::awaitable<bool> hold(Connection& connection, std::string gate, const Gates& open);
// Sends the head and the body of the response with these frames.
asio::awaitable<Then> play(Connection& connection, std::vector<Frame> frames, Script script,
                           std::chrono::milliseconds pace, std::string id, const Gates& open);

}  // namespace aside::test
