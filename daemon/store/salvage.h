// Copies what can still be read of a damaged store into a new store of the present version. Called by doctor.
#pragma once

#include <string>

#include "protocol/error.h"

namespace aside {

// Copies the rows. A lost row to which other rows refer is replaced, so that the conversation can still be sent: a
// lost question becomes "[lost]", and a reply without its text becomes a failed reply. `into` must not exist yet. The
// damaged file is not changed.
Result<void> salvage(const std::string& damaged, const std::string& into);

}  // namespace aside
