// `asided --doctor`: what is wrong with a store, in sentences, and what can be read of a damaged one in a new
// file beside it. Works on a copy, so that neither the store nor whoever uses it now is touched. May take its
// time: nothing else runs.
#pragma once

#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

struct Diagnosis {
  std::vector<std::string> found;   // how it is: what is in it, what is going on
  std::vector<std::string> faults;  // what is wrong; empty: nothing
  std::vector<std::string> advice;  // what to do beside, or instead of, using what was repaired
  std::string repaired;  // the file that holds what could be read; empty: none was needed, or possible
  std::vector<std::string> saved;  // of that file
};

// A store that isn't there is well. The error is of the examination, not of the store.
Result<Diagnosis> examine(const std::string& store);

}  // namespace aside
