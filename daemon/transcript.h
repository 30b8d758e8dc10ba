// A thread as Markdown: the same text in every editor. Pure: turns in, text and sections out. Sections tell where each part
// lies, so that no editor has to look for markers, which a reply could fake. A running reply comes last and its text ends
// the transcript, so that deltas can simply be appended to it.
#pragma once

#include <string>
#include <vector>

#include "daemon/turn.h"

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

Transcript transcript(const std::vector<Turn>& turns);

}  // namespace aside
