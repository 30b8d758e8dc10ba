// Writes a conversation as Markdown, the same text for every editor. Pure, apart from the time zone: turns in, text
// and sections out.
//
//   ## You · 2026-11-22 14:02                     heading; the date is left out if it is that of the turn before
//
//   `main.c:10-24` (15 lines)                     an attachment: its name and size, then its text in a fence
//   ```c
//   …
//   ```
//
//   Why is this slow?
//
//   *Instructions changed: AGENTS.md*             then the message for the model, in a fence
//
//   ## Claude · claude-opus-5-5 · 2/3 · $0.031 · 12.4k tokens in (91 % cached), 1.8k out
//
//   > The loop calls strlen …                     thinking, each line after "> "
//
//   It walks the string on each pass.
//
//   *Cut off at the token limit.*
//
// Sections tell where each part is, so that no editor has to search for marks, which a reply could fake. Lines end
// with "\n" only. A turn's first section is its heading, one line, of kind Question or Reply. If the turn has text, a
// second section of that kind holds exactly the lines of the text. The lines of thinking are exact apart from the ">
// ". An attachment's section includes its first line and both fences. Empty lines between the parts, and a fence that
// closes a code block which a text left open, belong to no section. No line belongs to two sections.
//
// A side question and its reply follow the reply after which it was asked: "## You, by the way · 14:03".
//
// A fold is what an editor shows closed at first: an attachment, the thinking of a reply, or a side question with its
// reply. A fold begins where a section begins. Thinking to which deltas are still appended has no fold.
//
// A running reply comes last. The transcript ends with the reply's text, or else with its thinking, or else with its
// heading and an empty line, so that an editor can append deltas:
//  - a text delta is appended as it is; before the first text delta comes "\n\n" if thinking has been shown;
//  - a thinking delta is appended with "> " after each "\n" in it; before the first thinking delta comes "> ";
//  - a thinking delta after the first text delta is not appended: the next transcript shows it in its place.
// The end of a reply only adds a note below the reply, and tokens and cost in its heading.
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
  bool side = false;   // the section belongs to a side question or its reply
};

struct Fold {
  int start_line = 0;  // from 0
  int end_line = 0;    // exclusive
  std::string text;    // to show while the fold is closed: "thinking (12 lines)"
};

struct Transcript {
  std::string text;
  std::vector<Section> sections;
  std::vector<Fold> folds;  // in the order of their lines
  bool growing = false;     // the last section has the text or thinking of a reply that is being written
};

// Returns the lines of an attachment as people count them, "10-24" or "7"; empty if it has no range.
std::string shown_lines(const Attachment& attachment);

// Takes the turns from the root to the head, in order, and the side questions that follow them, each with its reply.
// Times are shown in the machine's time zone.
Transcript transcript(const std::vector<Turn>& turns, const std::vector<Turn>& sides = {});

}  // namespace aside
