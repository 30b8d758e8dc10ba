// Applies a unified diff as `patch` does, but strictly: if the diff doesn't fit exactly, the test fails.
// Tests use this to compute which text the model knows after several diffs.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace aside {

// `first_line` is the number of the text's first line in its file, from 1.
inline std::string apply_diff(std::string_view old_text, std::string_view diff, std::size_t first_line = 1) {
  const auto fail = [](const std::string& why) { throw std::runtime_error("the diff doesn't fit: " + why); };
  const auto take_line = [](std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == text.npos ? text.size() : end + 1);
    text.remove_prefix(line.size());
    return line;
  };
  const auto number = [](std::string_view& text) {
    std::size_t digits = 0, value = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
      value = value * 10 + static_cast<std::size_t>(text[digits++] - '0');
    text.remove_prefix(digits);
    return value;
  };
  const auto expect = [&](std::string_view& text, std::string_view begin) {
    if (!text.starts_with(begin)) fail("no '" + std::string(begin) + "' at '" + std::string(text) + "'");
    text.remove_prefix(begin.size());
  };

  std::string new_text;
  std::size_t old_line = first_line, new_line = first_line;  // the numbers of the next lines
  while (!diff.empty()) {
    std::string_view heading = take_line(diff);
    const auto range = [&](std::string_view mark, std::size_t& left) {
      expect(heading, mark);
      std::size_t start = number(heading);
      left = 1;
      if (heading.starts_with(',')) heading.remove_prefix(1), left = number(heading);
      return left == 0 ? start + 1 : start;
    };
    std::size_t old_left = 0, new_left = 0;
    const std::size_t old_start = range("@@ -", old_left), new_start = range(" +", new_left);
    expect(heading, " @@\n");
    if (old_start < old_line) fail("hunks overlap");
    while (old_line < old_start) {
      if (old_text.empty()) fail("a hunk begins below the text");
      new_text += take_line(old_text);
      ++old_line, ++new_line;
    }
    if (new_line != new_start) fail("a hunk begins at the wrong line of the new text");
    const bool begins_text = old_start == first_line;
    bool changed = false;
    std::size_t lead = 0, trail = 0;
    while (old_left > 0 || new_left > 0) {
      std::string_view line = take_line(diff);
      if (line.empty()) fail("a hunk is cut off");
      const char mark = line[0];
      line.remove_prefix(1);
      if (diff.starts_with('\\')) {
        expect(diff, "\\ No newline at end of file\n");
        line.remove_suffix(1);
      } else if (!line.ends_with('\n')) {
        fail("a line has no end");
      }
      if (mark != ' ' && mark != '-' && mark != '+') fail("a line has no mark");
      changed = changed || mark != ' ';
      lead += !changed;
      trail = mark == ' ' ? trail + 1 : 0;
      if (mark != '+') {
        if (take_line(old_text) != line) fail("line " + std::to_string(old_line) + " is another");
        ++old_line;
        if (old_left-- == 0) fail("more old lines than its heading says");
      }
      if (mark != '-') {
        new_text += line;
        ++new_line;
        if (new_left-- == 0) fail("more new lines than its heading says");
      }
    }
    // As in git, a change with less context than usual must be at the beginning or the end of the text.
    if (lead < 3 && !begins_text) fail("too little context before a change");
    if (trail < 3 && !old_text.empty()) fail("too little context after a change");
  }
  new_text += old_text;
  return new_text;
}

}  // namespace aside
