// Copies what can still be read of a damaged store into a new store of the present version. Called by doctor.
#pragma once

#include <string>

#include "protocol/error.h"

namespace aside {

// Rows that others refer to and that are lost are replaced so that the conversation can be sent: a lost question
// becomes "[lost]", a reply without its text becomes a failed one. `into` must not exist yet. The damaged file is
// not changed.
Result<void> salvage(const std::string& damaged, const std::string& into);

}  // namespace aside
