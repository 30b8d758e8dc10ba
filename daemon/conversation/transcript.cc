#include "daemon/conversation/transcript.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <map>
#include <string_view>
#include <utility>

#include "daemon/conversation/instruction_text.h"
#include "daemon/text/code_blocks.h"
#include "daemon/text/figures.h"
#include "protocol/blank.h"
#include "protocol/plain_text.h"

namespace aside {
namespace {

using Kind = Section::Kind;

std::size_t longest_run(std::string_view text, char wanted) {
  std::size_t longest = 0, run = 0;
  for (char c : text) {
    run = c == wanted ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

int count_lines(std::string_view text) {
  if (text.empty()) return 0;
  return static_cast<int>(std::count(text.begin(), text.end(), '\n')) + (text.back() == '\n' ? 0 : 1);
}

std::string lines_text(int count) {
  return std::to_string(count) + (count == 1 ? " line" : " lines");
}

std::string first_line(std::string_view text) {
  const std::string_view whole = trimmed(text);
  return plain_line(trimmed(whole.substr(0, whole.find_first_of("\r\n"))));
}

// Joins parts, with an empty line between two parts.
class Page {
 public:
  void add(const Turn& turn, Kind kind, std::string_view part) {
    if (!made_.text.empty()) break_lines("\n\n");
    int start = line_;
    break_lines(part);
    const bool is_heading = made_.sections.empty() || made_.sections.back().turn != turn.id;
    made_.sections.push_back({turn.id, kind, start, line_ + 1, turn.side});
    if (turn.side)
      add_to_side(turn, is_heading);
    else if (kind == Kind::Attachment)
      fold(first_line(part));
    else if (kind == Kind::Thinking && !(turn.text.empty() && turn.status == Status::Streaming))
      fold("thinking (" + lines_text(line_ + 1 - start) + ")");
  }
  void grow() { made_.growing = true; }
  // Adds a closing fence below the last part, outside of its section, if a code block is open.
  void close_fence(std::string_view part) {
    const std::vector<CodeBlock> blocks = code_blocks(part);
    if (!blocks.empty() && !blocks.back().closed) break_lines("\n" + std::string(blocks.back().fence));
  }
  void break_lines(std::string_view text) {
    made_.text += text;
    line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }
  Transcript take() { return std::move(made_); }

 private:
  // Folds the last section.
  void fold(std::string text) {
    const Section& last = made_.sections.back();
    made_.folds.push_back({last.start_line, last.end_line, std::move(text)});
  }
  // Adds the last section to the fold of its side question; the heading of the question begins that fold. The empty lines
  // between the sections belong to it, too.
  void add_to_side(const Turn& turn, bool is_heading) {
    if (is_heading && turn.role == Role::User) {
      side_ = "by the way: " + first_line(turn.text);
      fold("");
    }
    Fold& side = made_.folds.back();
    side.end_line = made_.sections.back().end_line;
    side.text = side_ + " (" + lines_text(side.end_line - side.start_line) + ")";
  }

  Transcript made_;
  std::string side_;  // the beginning of the text of the present side question's fold
  int line_ = 0;      // the line in which the text ends
};

template <class... Values>
std::string printed(const char* format, Values... values) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string spent(const Usage& usage, bool estimated) {
  std::int64_t input = usage.prompt();
  std::string text = tokens_text(input) + " tokens in";
  if (usage.cache_read > 0 && input > 0)
    text += " (" + std::to_string(usage.cache_read * 100 / input) + " % cached)";
  return text + (estimated ? ", about " : ", ") + tokens_text(usage.output) + " out";
}

struct Moment {
  std::string day, time;
};

Moment local(std::int64_t milliseconds) {
  auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts = {};
  ::localtime_r(&seconds, &parts);
  std::array<char, 16> day, time;
  std::strftime(day.data(), day.size(), "%Y-%m-%d", &parts);
  std::strftime(time.data(), time.size(), "%H:%M", &parts);
  return {day.data(), time.data()};
}

std::string question_heading(const Turn& question, const Moment& asked, const std::string& day_before) {
  return (question.compaction ? "## Summed up · "
          : question.side     ? "## You, by the way · "
                              : "## You · ") +
         (asked.day == day_before ? "" : asked.day + " ") + asked.time;
}

std::string reply_heading(const Turn& reply, const Moment& made, const std::string& day_before) {
  std::string heading = reply.compaction ? "## Summary" : reply.side ? "## Claude, by the way" : "## Claude";
  if (made.day != day_before) heading += " · " + made.day + " " + made.time;
  if (!reply.model.empty()) heading += " · " + reply.model;
  if (reply.variants.size() > 1) {
    auto at = std::find(reply.variants.begin(), reply.variants.end(), reply.id) - reply.variants.begin();
    heading += " · " + std::to_string(at + 1) + "/" + std::to_string(reply.variants.size());
  }
  if (reply.status == Status::Streaming) return heading;
  if (reply.cost) heading += (reply.estimated ? " · about " : " · ") + dollars_text(*reply.cost);
  if (reply.usage) heading += " · " + spent(*reply.usage, reply.estimated);
  return heading;
}

// Puts a name in a code span, so that the name isn't read as Markdown.
std::string code(std::string_view text) {
  std::string ticks(longest_run(text, '`') + 1, '`');
  const char* space = ticks.size() > 1 ? " " : "";
  return ticks + space + std::string(text) + space + ticks;
}

std::string_view what_it_is(Attachment::Kind kind) {
  switch (kind) {
    case Attachment::Kind::Diagnostics:
      return "problems in ";
    case Attachment::Kind::GitDiff:
      return "changes since the last commit in ";
    case Attachment::Kind::Update:
      return "changed since it was shared: ";
    case Attachment::Kind::Text:
    case Attachment::Kind::Image:
    case Attachment::Kind::Pdf:
      break;
  }
  return "";
}

std::string size_of(std::int64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  if (bytes < 1024 * 1024) return printed("%.0f KiB", static_cast<double>(bytes) / 1024);
  return printed("%.1f MiB", static_cast<double>(bytes) / (1024 * 1024));
}

// Returns a fence that no line of the text can close.
std::string fence_around(std::string_view text) {
  return std::string(std::max<std::size_t>(3, longest_run(text, '`') + 1), '`');
}

std::string attachment_part(const Attachment& attachment) {
  std::string label = plain_line(attachment.name);
  if (const std::string lines = shown_lines(attachment); !lines.empty()) label += ":" + lines;
  if (attachment.kind == Attachment::Kind::Image || attachment.kind == Attachment::Kind::Pdf)
    return code(label) + " (" + attachment.media + ", " + size_of(attachment.bytes) + ")";
  int lines = count_lines(attachment.text);
  std::string size = lines == 0 ? "empty" : lines_text(lines);
  const std::string head = std::string(what_it_is(attachment.kind)) + code(label) + " (" + size + ")\n";

  std::string fence = fence_around(attachment.text);
  bool plain = std::all_of(attachment.language.begin(), attachment.language.end(),
                           [](unsigned char c) { return c > ' ' && c != '`' && c < 0x7F; });
  std::string part = head + fence + (plain ? attachment.language : "") + "\n";
  part += attachment.text;
  if (part.back() != '\n') part += "\n";
  return part + fence;
}

// Adds attachments in the order in which they are sent: updates below the question, all other attachments above it.
void add_attachments(Page& page, const Turn& question, bool updates) {
  for (const Attachment& attachment : question.attachments) {
    if ((attachment.kind == Attachment::Kind::Update) == updates)
      page.add(question, Kind::Attachment, attachment_part(attachment));
  }
}

std::string instructions_part(std::string_view instructions) {
  std::string names;
  for (const std::string& name : instruction_names(instructions)) names += (names.empty() ? "" : ", ") + name;
  std::string fence = fence_around(instructions);
  return "*Instructions " + (names.empty() ? "withdrawn" : "changed: " + names) + "*\n" + fence + "\n" +
         std::string(instructions) + "\n" + fence;
}

std::string thinking_part(std::string_view thinking) {
  std::string part = "> ";
  for (char c : thinking) {
    part += c;
    if (c == '\n') part += "> ";
  }
  return part;
}

// Adds a sentence to a note, on the same line and with a full stop.
void add_sentence(std::string& note, std::string_view text) {
  text.remove_suffix(text.size() - (text.find_last_not_of(" \r\n") + 1));
  if (text.empty()) return;
  note += ' ';
  note += plain_line(text);
  if (std::string_view(".!?").find(text.back()) == std::string_view::npos) note += '.';
}

// Writes a note about a reply that ended with an error: the hint first, then what happened.
std::string ended(std::string how, const Turn& reply) {
  if (!reply.error) return how + ".";
  how += ':';
  add_sentence(how, reply.error->data.hint);
  std::string happened = reply.error->message;
  if (!reply.error->data.hint.empty() && !happened.empty() && happened[0] >= 'a' && happened[0] <= 'z')
    happened[0] = static_cast<char>(happened[0] - 'a' + 'A');
  add_sentence(how, happened);
  return how;
}

std::string ending(const Turn& reply) {
  switch (reply.status) {
    case Status::Complete:
    case Status::Streaming:
      return {};
    case Status::Cancelled:
      return "Cancelled.";
    case Status::Cut:
      return reply.stop_reason == "model_context_window_exceeded" ? "Cut off: the context window is full."
                                                                  : "Cut off at the token limit.";
    case Status::Interrupted:
      return ended("Interrupted", reply);
    case Status::Refused:
      return ended("Refused", reply);
    case Status::Failed:
      return ended("Failed", reply);
  }
  return {};
}

// Returns how a reply ended; empty if it is complete and sent. `is_last`: the path ends with this reply.
std::string note(const Turn& reply, bool is_last) {
  std::string text = ending(reply);
  if (reply.compaction && reply.sent)
    return "*From here on this summary is sent instead of everything above it.*";
  if (!reply.sent && !reply.summed_up && !reply.side) {
    if (!text.empty()) text += " ";
    text += is_last && reply.error && reply.error->data.offer == "key"
                ? "Asked again automatically when an API key is set in the editor."
                : "Left out of later questions.";
  }
  return text.empty() ? text : "*" + text + "*";
}

// Returns the turns in the order in which they are shown: each side question, with its reply, comes after the reply
// that it follows.
std::vector<const Turn*> in_place(const std::vector<Turn>& turns, const std::vector<Turn>& sides) {
  std::map<std::string_view, std::vector<const Turn*>> below;  // by reply: the side questions that follow it
  for (std::size_t i = 0; i + 1 < sides.size(); i += 2) below[sides[i].parent].push_back(&sides[i]);
  std::vector<const Turn*> shown;
  const auto add_sides = [&](std::string_view reply) {
    for (std::vector<std::string_view> waiting{reply}; !waiting.empty();) {
      auto& questions = below[waiting.back()];
      if (questions.empty()) {
        waiting.pop_back();
        continue;
      }
      const Turn* question = questions.front();
      questions.erase(questions.begin());
      shown.insert(shown.end(), {question, question + 1});  // each side question and then its reply
      waiting.push_back(question[1].id);
    }
  };
  add_sides("");
  for (const Turn& turn : turns) {
    shown.push_back(&turn);
    if (turn.role == Role::Assistant) add_sides(turn.id);
  }
  return shown;
}

}  // namespace

std::string shown_lines(const Attachment& attachment) {
  if (!attachment.range) return "";
  const auto& [start, end] = *attachment.range;
  const int last = end.character == 0 && end.line > start.line ? end.line : end.line + 1;
  std::string lines = std::to_string(start.line + 1);
  if (last > start.line + 1) lines += "-" + std::to_string(last);
  return lines;
}

Transcript transcript(const std::vector<Turn>& turns, const std::vector<Turn>& sides) {
  Page page;
  std::string day;
  for (const Turn* shown : in_place(turns, sides)) {
    const Turn& turn = *shown;
    Moment moment = local(turn.created);
    if (turn.role == Role::User) {
      page.add(turn, Kind::Question, question_heading(turn, moment, day));
      add_attachments(page, turn, false);
    } else {
      page.add(turn, Kind::Reply, reply_heading(turn, moment, day));
      if (!turn.thinking.empty()) page.add(turn, Kind::Thinking, thinking_part(turn.thinking));
    }
    day = moment.day;
    if (!turn.text.empty()) page.add(turn, turn.role == Role::User ? Kind::Question : Kind::Reply, turn.text);

    if (turn.status == Status::Streaming) {
      if (turn.text.empty() && turn.thinking.empty())
        page.break_lines("\n\n");
      else
        page.grow();
      return page.take();
    }
    page.close_fence(turn.text);
    if (turn.role == Role::User) {
      add_attachments(page, turn, true);
      if (!turn.system.empty()) page.add(turn, Kind::Note, instructions_part(turn.system));
      continue;
    }
    const bool is_last = !turns.empty() && &turn == &turns.back();
    if (std::string text = note(turn, is_last); !text.empty()) page.add(turn, Kind::Note, text);
  }
  if (!turns.empty()) page.break_lines("\n");
  return page.take();
}

}  // namespace aside
