// Writes a usage report as a table for people, or as CSV for spreadsheets. Pure. Editors show these texts without
// change.
#pragma once

#include <functional>
#include <string>

#include "daemon/store/store.h"

namespace aside {

// Gives the name of a document for people.
using DocumentName = std::function<std::string(const std::string& uri)>;

// Returns aligned columns for everything that the filter groups by, a line for each row, and a line for the total.
std::string usage_table(const UsageReport& report, const UsageFilter& by, const DocumentName& name);
// Returns CSV as in RFC 4180, with a header row and plain numbers, without a total. A text that a spreadsheet would
// read as a formula gets an apostrophe before it.
std::string usage_csv(const UsageReport& report, const UsageFilter& by, const DocumentName& name);

}  // namespace aside
