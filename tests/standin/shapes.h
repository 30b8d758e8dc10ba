// Shapes: responses that gateways and local servers send instead of a well-formed stream. `Becomes` says what
// the daemon must do with a shape: accept the whole answer (Whole), keep and mark the part that has arrived
// (Kept), or show the server's error (Words). The stand-in sends these shapes (`[standin: shape NAME]`).
// Tests of the daemon's parts cut the shapes at any place.
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
  std::string text = "Hello, world.";  // the text that the user sees; for Words, the text of the error
  std::string thinking = {};
  int status = 200;
  std::string type = "text/event-stream";
  std::vector<std::pair<std::string, std::string>> headers = {};

  Script script() const;
};

const std::vector<Shape>& shapes();
const Shape* find_shape(std::string_view name);

}  // namespace aside::test
