// Reads params in the same way as those of a request, and checks the errors for wrong params.
#pragma once

#include <vector>

#include "protocol/message.h"
#include "tests/support/test.h"

namespace aside::test {

struct RefusedParams {
  const char* params;
  const char* message;
};

// Checks that the params of each row are refused with exactly its message.
template <class Params>
void check_refused(const std::vector<RefusedParams>& rows) {
  for (const RefusedParams& row : rows) {
    INFO(row.params);
    const auto params = decode<Params>(json::parse(row.params));
    REQUIRE(!params);
    CHECK(params.error().code == ErrorCode::InvalidParams);
    CHECK(params.error().message == row.message);
  }
}

template <class Params>
Params read(const char* text) {
  auto params = decode<Params>(json::parse(text));
  INFO((params ? "" : params.error().message));
  REQUIRE(params);
  return *params;
}

}  // namespace aside::test
