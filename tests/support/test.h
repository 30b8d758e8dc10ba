// Every test includes this header: it includes Catch2, in the version that the system has.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
#include <string>

// The matchers that Catch2 2 and Catch2 3 name differently.
namespace aside::test {

#if __has_include(<catch2/catch_all.hpp>)
using Catch::Matchers::StartsWith;
inline auto Contains(const std::string& part) {
  return Catch::Matchers::ContainsSubstring(part);
}
#else
using Catch::Contains;
using Catch::StartsWith;
#endif

}  // namespace aside::test
