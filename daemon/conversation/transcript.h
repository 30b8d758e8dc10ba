// A thread as Markdown: the same text in every editor. Pure, but for the time zone: turns in, text and
// sections out.
//
//   ## You · 2026-11-22 14:02                     heading; the date where it isn't the day of the turn before
//
//   `main.c:10-24` (15 lines)                     an attachment: what it is, then its text in a fence
//   ```c
//   …
//   ```
//
//   Why is this slow?
//
//   *Instructions changed: AGENTS.md*             what the model was told of it, in a fence
//
//   ## Claude · claude-opus-5-5 · 2/3 · $0.031 · 12.4k tokens in (91 % cached), 1.8k out
//
//   > The loop calls strlen …                     thinking, each line after "> "
//
//   It walks the string on each pass.
//
//   *Cut off at the token limit.*
//
// Sections tell where each part lies, so that no editor has to look for markers, which a reply could fake.
// Lines end with "\n" and nothing else. A turn's first section is its heading, one line, of kind Question or
// Reply; its text, where it has any, is a second section of that kind and is exactly those lines. Thinking is
// exact but for the "> ". An attachment's section holds its first line and both fences. Empty lines between
// the parts, and a fence that closes a code block which a text left open, belong to no section. No line
// belongs to two.
//
// A running reply comes last and its text, or else its thinking, or else its heading and an empty line, ends
// the transcript, so that deltas can simply be appended:
//  - a text delta as it is; before the first, "\n\n" where thinking has been shown;
//  - a thinking delta with "> " after each "\n" of it; before the first, "> ";
//  - a thinking delta after the first text delta not at all: the next transcript shows it in its place.
// What the end of a reply adds is a note below it, tokens and cost in its heading, nothing else.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/turn.h"

namespace aside {

struct Section {
  enum class Kind { Question, Attachment, Thinking, Reply, Note };
  std::string turn;
  Kind kind = Kind::Question;
  int start_line = 0;  // from 0
  int end_line = 0;    // exclusive
};

struct Transcript {
  std::string text;
  std::vector<Section> sections;
};

// The lines of an attachment as people count them, "10-24" or "7"; empty for what has none.
std::string shown_lines(const Attachment& attachment);

// Turns from the root to the head, in order. Times are shown in the zone of TZ.
Transcript transcript(const std::vector<Turn>& turns);

}  // namespace aside
