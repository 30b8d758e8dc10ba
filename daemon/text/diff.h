// What has changed between two texts, as the unified diff that `diff -u` and git write, without file names:
// three lines of context, `@@ -10,4 +10,6 @@`, "\ No newline at end of file". Pure: text in, text out. A line
// ends with "\n" and nothing else; whatever other bytes it holds are left as they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aside {

// How many lines come before the texts in their files, for fragments.
struct LinesBefore {
  std::size_t old_text = 0;
  std::size_t new_text = 0;
};

// More lines than this (what both texts begin and end with isn't counted) are not compared: all of them are
// shown as removed and added, in one piece without context. Nor is Alignment::max_steps exceeded.
inline constexpr std::size_t max_diff_lines = 100'000;

// Empty when the texts are equal.
std::string unified_diff(std::string_view old_text, std::string_view new_text, LinesBefore before = {});

}  // namespace aside
