// What is shared with a question, and what an editor asks about that before: what it weighs, which files there are, and
// which may be worth sharing. protocol.md: "Attachment" and the methods attachment/….
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/range.h"

namespace aside {

struct ShareParams {  // Attachment
  std::string uri;
  std::optional<Range> range;
  std::optional<std::string> text;
  std::string language;
  std::string kind;  // "diagnostics", "gitDiff"; empty: text, or what the file is
  static ShareParams from(const Fields& fields);
};
struct CheckParams {
  std::vector<ShareParams> attachments;
  std::string uri;  // empty: only the attachments are checked, without the updates of a conversation
  std::optional<std::string> parent;  // this and the next one are as in AskParams
  bool current = true;
  static CheckParams from(const Fields& fields);
};
struct FindParams {
  std::string uri, folder, query;  // folder empty: the document's
  int limit = 20;                  // 1 … 100
  static FindParams from(const Fields& fields);
};
struct ExpandParams {
  std::string uri, folder, pattern;  // one of the last two may be empty
  static ExpandParams from(const Fields& fields);
};
struct SuggestParams {
  struct Problems {
    std::string text;
    std::optional<Range> range;
  };
  std::string uri;
  std::optional<Position> position;
  std::optional<Range> selection, block;
  std::optional<Problems> problems;
  std::vector<ShareParams> attachments;
  static SuggestParams from(const Fields& fields);
};

struct CheckResult {
  struct Row {
    std::string name, kind;
    std::string lines;  // "10-24"; empty: left out
    std::int64_t bytes = 0, tokens = 0;
    std::string refused;               // a sentence; empty: left out
    std::vector<std::string> reasons;  // to ask the user first; empty: left out
    std::string guessed;               // the encoding, if it is a guess; empty: left out
    std::string uri;                   // only for an update; empty: left out
    std::optional<double> cost;
  };
  struct Known {
    std::string uri, name;
    std::string lines;           // as above
    std::optional<Range> range;  // absent: the whole document
  };
  struct Along {
    std::vector<Row> updates;
    std::vector<Known> known;
    std::int64_t tokens = 0;
    std::optional<double> cost;
    // The whole request, without the words of the question.
    std::int64_t next_tokens = 0, next_cached = 0;
    std::optional<double> next_cost, next_cache_cost;
  };
  std::vector<Row> attachments;
  std::optional<Along> along;  // only if the request names a document
};
struct FindResult {
  struct File {
    std::string uri, name;
  };
  std::vector<File> files;
  bool incomplete = false;  // false: left out
};
struct ExpandResult {
  struct File {
    std::string uri;
    CheckResult::Row row;
  };
  std::vector<File> files;
  std::int64_t bytes = 0, tokens = 0;
  std::optional<double> cost;
};
struct SuggestResult {
  struct Suggestion {
    std::string reason;
    std::string uri;  // this and the next three are the attachment
    std::optional<Range> range;
    std::string kind;  // "diagnostics"; empty: left out
    std::optional<std::string> text;
    CheckResult::Row row;
  };
  std::vector<Suggestion> suggestions;
};

json to_json(const CheckResult& result);
json to_json(const FindResult& result);
json to_json(const ExpandResult& result);
json to_json(const SuggestResult& result);

}  // namespace aside
