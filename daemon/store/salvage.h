// What can still be read of a damaged store, put together as a whole one: a new file of the present version.
#pragma once

#include <string>

#include "protocol/error.h"

namespace aside {

// What a row pointed at and is lost is put in its place as far as the thread needs it to be sent: a lost
// question is "[lost]", a reply that lost its text has failed. `into` isn't there yet. The damaged file is
// read only.
Result<void> salvage(const std::string& damaged, const std::string& into);

}  // namespace aside
