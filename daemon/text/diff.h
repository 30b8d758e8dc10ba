// Writes a unified diff of two texts as `diff -u` and git do, without file names: three lines of context,
// `@@ -10,4 +10,6 @@`, "\ No newline at end of file". Pure. Only "\n" ends a line; all other bytes are copied as
// they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aside {

// The number of lines before the compared texts, if these are parts of files.
struct LinesBefore {
  std::size_t old_text = 0;
  std::size_t new_text = 0;
};

// The largest number of lines that are compared, not counting the common lines at the beginning and the end. Longer
// texts are shown as all lines removed and all lines added, in one hunk without context. For shorter texts,
// Alignment::max_steps limits the work.
inline constexpr std::size_t max_diff_lines = 100'000;

// Returns the diff; empty if the texts are equal.
std::string unified_diff(std::string_view old_text, std::string_view new_text, LinesBefore before = {});

}  // namespace aside
