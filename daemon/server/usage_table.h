// What was used, as text: a table for people, and CSV for their spreadsheets. Pure; the daemon writes these,
// editors show them.
#pragma once

#include <functional>
#include <string>

#include "daemon/store/store.h"

namespace aside {

// What people call a document.
using DocumentName = std::function<std::string(const std::string& uri)>;

// Aligned columns for what the filter tells apart, a line for each row, and one for the total.
std::string usage_table(const UsageReport& report, const UsageFilter& by, const DocumentName& name);
// RFC 4180 with a header row and bare numbers; no total, which is for whoever reads it to make. A text that
// a spreadsheet would take for a formula has an apostrophe before it.
std::string usage_csv(const UsageReport& report, const UsageFilter& by, const DocumentName& name);

}  // namespace aside
