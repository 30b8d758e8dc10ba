// What gateways and local servers send in place of a well-formed stream, and what must become of each: the
// answer taken whole, what came kept and marked, or the server's own words shown. Sent by the stand-in
// (`[standin: shape NAME]`), and by tests of the daemon's parts that cut them anywhere.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/standin/script.h"

namespace aside::test {

struct Shape {
  enum class Becomes { Whole, Kept, Words };

  std::string name;
  std::string body;
  Becomes becomes = Becomes::Whole;
  std::string text = "Hello, world.";  // that is shown; of Words: what the error says
  std::string thinking = {};
  int status = 200;
  std::string type = "text/event-stream";
  std::vector<std::pair<std::string, std::string>> headers = {};

  Script script() const;
};

const std::vector<Shape>& shapes();
const Shape* find_shape(std::string_view name);

}  // namespace aside::test
