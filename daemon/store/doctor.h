// `asided --doctor`: says what is wrong with a store, and saves what can be read of a damaged store into a new file
// beside it. Doctor works on a copy, so the store and its users are not disturbed. It may be slow, since nothing else
// runs in this process.
#pragma once

#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

struct Diagnosis {
  std::vector<std::string> found;   // what the store holds, and what is being done with it now
  std::vector<std::string> faults;  // what is wrong; empty if nothing is
  std::vector<std::string> advice;  // what the user can do in addition to using the repaired file, or instead
  std::string repaired;             // the file with what could be read; empty if not needed or not possible
  std::vector<std::string> saved;   // what that file holds
};

// Examines a store. A missing store has no faults. An Error means that the examination failed, not that the store is
// damaged.
Result<Diagnosis> examine(const std::string& store);

}  // namespace aside
