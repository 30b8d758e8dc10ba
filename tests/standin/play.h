// Sends a stream to a client as the script says, with the script's pace, chunks, gate and fault.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "tests/standin/answer.h"
#include "tests/standin/connection.h"

namespace aside::test {

// What happens to a connection after a response. Gone: the client did not wait for the end of the response.
enum class Then { Keep, Close, Reset, DropNext, Gone };

using Gates = std::set<std::string>;  // the names of the open gates

// Waits until this gate is open. Whoever opens a gate must call wake(). Returns false if the client is gone.
asio::awaitable<bool> hold(Connection& connection, std::string gate, const Gates& open);
// Sends a response: its head, and a body of these frames.
asio::awaitable<Then> play(Connection& connection, std::vector<Frame> frames, Script script,
                           std::chrono::milliseconds pace, std::string id, const Gates& open);

}  // namespace aside::test
