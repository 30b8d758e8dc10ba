#include "daemon/text/code_blocks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/text/ascii.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr std::size_t tab_stop = 4;
constexpr std::size_t least_fence = 3;
constexpr std::size_t max_path = 400;
constexpr std::size_t max_extension = 10;

struct Fence {
  std::string_view marks, info;
  std::size_t indentation = 0;
};

std::size_t next_column(char c, std::size_t column) {
  return c == '\t' ? column - column % tab_stop + tab_stop : column + 1;
}

// Removes spaces and tabs from the front; returns the column that follows them.
std::size_t skip_blank(std::string_view& line, std::size_t column = 0) {
  for (; !line.empty() && (line[0] == ' ' || line[0] == '\t'); line.remove_prefix(1))
    column = next_column(line[0], column);
  return column;
}

// Removes the mark of a list item ("- ", "12. ") from the front; returns its width, 0 if there is none.
std::size_t skip_list_mark(std::string_view& line) {
  constexpr std::size_t max_digits = 9;
  std::size_t width = 0;
  while (width < std::min(line.size(), max_digits) && is_digit(line[width])) ++width;
  const std::string_view marks = width > 0 ? ".)" : "-*+";
  if (width >= line.size() || marks.find(line[width]) == marks.npos) return 0;
  ++width;
  if (width >= line.size() || (line[width] != ' ' && line[width] != '\t')) return 0;
  line.remove_prefix(width);
  return width;
}

std::optional<Fence> fence_at_start(std::string_view line) {
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return std::nullopt;
  const std::size_t length = std::min(line.find_first_not_of(line[0]), line.size());
  const std::string_view info = trimmed(line.substr(length));
  if (length < least_fence || (line[0] == '`' && info.find('`') != info.npos)) return std::nullopt;
  return Fence{line.substr(0, length), info};
}

std::optional<Fence> opening_fence(std::string_view line) {
  std::size_t column = skip_blank(line);
  while (const std::size_t width = skip_list_mark(line)) column = skip_blank(line, column + width);
  auto fence = fence_at_start(line);
  if (fence) fence->indentation = column;
  return fence;
}

bool at_least(const Fence& fence, const Fence& open) {
  return fence.marks[0] == open.marks[0] && fence.marks.size() >= open.marks.size();
}

// Removes line numbers after a path ("main.c:10-24").
std::string_view without_lines(std::string_view path) {
  const std::size_t colon = path.rfind(':');
  if (colon == path.npos || colon == 0 || colon + 1 == path.size()) return path;
  const std::string_view lines = path.substr(colon + 1);
  return lines.find_first_not_of("0123456789-,") == lines.npos ? path.substr(0, colon) : path;
}

// Returns the path in a word; empty if there is none. Comments and prose also have words with a slash or a dot
// ("and/or", "2.5"), so a path without marks around it needs a file extension.
std::string_view path_in(std::string_view word, bool marked) {
  const std::string_view path = without_lines(word);
  if (path.empty() || path.size() > max_path || path.find("://") != path.npos) return {};
  if (path.find_first_of(" \t\r\n\"'`<>|*?(){};,=$!&\\") != path.npos) return {};
  if (path.ends_with('/') || path.ends_with(':')) return {};
  const bool named = has_extension(path) || (marked && path.find('/') != path.npos);
  return named ? path : std::string_view{};
}

bool strip_around(std::string_view& text, std::string_view before, std::string_view after) {
  if (text.size() < before.size() + after.size() || !text.starts_with(before) || !text.ends_with(after))
    return false;
  text.remove_prefix(before.size());
  text.remove_suffix(after.size());
  return true;
}

// Returns the path in a line that holds nothing but a path: plain, as code, bold, as a heading, or with a colon.
std::string_view path_above(std::string_view line) {
  line = trimmed(line);
  bool marked = false;
  if (const std::size_t marks = std::min(line.find_first_not_of('#'), line.size()); marks > 0) {
    if (marks > 6 || !line.substr(marks).starts_with(' ')) return {};
    line = trimmed(line.substr(marks)), marked = true;
  }
  const auto strip_colon = [&line] {
    if (line.ends_with(':')) line = trimmed(line.substr(0, line.size() - 1));
  };
  strip_colon();
  for (const char* const around : {"**", "__", "*", "`"}) {
    if (!strip_around(line, around, around)) continue;
    marked = true;
    strip_colon();
  }
  return path_in(line, marked);
}

void read_info(std::string_view info, CodeBlock& block) {
  const std::string_view first = info.substr(0, word_bytes(info));
  const std::size_t colon = first.find(':');
  if (colon != first.npos) block.name = path_in(first.substr(colon + 1), true);
  if (!block.name.empty())
    block.language = first.substr(0, colon);
  else
    block.name = path_in(first, true);
  if (block.name.empty()) block.language = first;

  for (std::string_view rest = trimmed(info.substr(first.size())); !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of("= \t"), rest.size());
    const std::string_view key = rest.substr(0, end);
    if (end == rest.size() || rest[end] != '=') {
      if (const auto path = path_in(key, true); !path.empty() && block.name.empty()) block.name = path;
      rest = trimmed(rest.substr(end));
      continue;
    }
    rest.remove_prefix(end + 1);
    const bool quoted = rest.starts_with('"') || rest.starts_with('\'');
    const std::size_t from = quoted ? 1 : 0;
    const std::size_t to = std::min(quoted ? rest.find(rest[0], 1) : word_bytes(rest), rest.size());
    for (const std::string_view known : {"title", "filename", "file", "path", "name"})
      if (key == known && block.name.empty()) block.name = without_lines(rest.substr(from, to - from));
    rest = trimmed(rest.substr(std::min(to + from, rest.size())));
  }
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

bool of_markdown(const CodeBlock& block) {
  return block.language == "markdown" || block.language == "md" || block.language == "mdx" ||
         block.name.ends_with(".md") || block.name.ends_with(".mdx");
}

// Marks blocks as doubtful: in a block of Markdown, a fence without an info string ends the block too early, and the
// fence that was meant to end it opens another block.
void doubt_markdown(std::vector<CodeBlock>& blocks) {
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i)
    if (of_markdown(blocks[i]) && blocks[i + 1].language.empty() &&
        blocks[i].fence[0] == blocks[i + 1].fence[0])
      blocks[i].doubtful = blocks[i + 1].doubtful = true;
}

}  // namespace

bool has_extension(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == path.npos || dot + 1 >= path.size() || path.size() - dot - 1 > max_extension) return false;
  const std::string_view extension = path.substr(dot + 1);
  return is_letter(extension[0]) && std::all_of(extension.begin(), extension.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '_';
         });
}

std::string CodeBlock::text() const {
  std::string text;
  text.reserve(lines.size());
  for (std::size_t start = 0, end; start < lines.size(); start = end) {
    end = std::min(lines.find('\n', start), lines.size() - 1) + 1;
    std::string_view line = lines.substr(start, end - start);
    for (std::size_t column = 0; !line.empty() && (line[0] == ' ' || line[0] == '\t'); line.remove_prefix(1))
      if ((column = next_column(line[0], column)) > indentation) break;
    text += line;
  }
  return text;
}

std::vector<CodeBlock> code_blocks(std::string_view markdown) {
  std::vector<CodeBlock> blocks;
  std::optional<Fence> open;
  std::string_view above;  // the last line outside of blocks that isn't blank
  std::size_t lines_begin = 0;
  const auto read_lines = [&](std::size_t end) {
    CodeBlock& block = blocks.back();
    block.lines = markdown.substr(lines_begin, end - lines_begin);
    if (block.name.empty()) block.name = path_in_comment(first_line(block.lines));
  };
  std::size_t number = 0;
  for (std::size_t start = 0, end; start < markdown.size(); start = end, ++number) {
    end = std::min(markdown.find('\n', start), markdown.size() - 1) + 1;
    const std::string_view line = markdown.substr(start, end - start);
    if (!open) {
      if (!(open = opening_fence(line))) {
        if (!blank(line)) above = line;
        continue;
      }
      CodeBlock& block = blocks.emplace_back();
      block.start_line = number;
      block.fence = open->marks;
      block.indentation = open->indentation;
      read_info(open->info, block);
      if (block.name.empty()) block.name = path_above(above);
      above = {};
      lines_begin = end;
      continue;
    }
    std::string_view rest = line;
    const std::size_t column = skip_blank(rest);
    const auto fence = fence_at_start(rest);
    if (!fence || !at_least(*fence, *open)) continue;
    if (!fence->info.empty()) blocks.back().doubtful = true;
    if (!fence->info.empty() || column >= open->indentation + tab_stop) continue;
    blocks.back().closed = true;
    blocks.back().end_line = number + 1;
    read_lines(start);
    open.reset();
  }
  if (open) {
    blocks.back().end_line = number;
    read_lines(markdown.size());
  }
  doubt_markdown(blocks);
  return blocks;
}

std::string_view path_in_comment(std::string_view line) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> comments = {
      {{"<!--", "-->"}, {"/*", "*/"}, {"//", ""}, {"--", ""}, {"#", ""}, {";", ""}, {"%", ""}, {"\"", ""}}};
  line = trimmed(line);
  for (const auto& [before, after] : comments)
    if (strip_around(line, before, after)) return path_in(trimmed(line), false);
  return {};
}

}  // namespace aside
