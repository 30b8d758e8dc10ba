// The types of what is shared with a question, and of the methods that an editor calls before that: what an attachment
// costs, which files there are, and which may be worth sharing. protocol.md: "Attachment" and the methods attachment/….
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/range.h"

namespace aside {

struct ShareParams {  // "Attachment" in protocol.md
  std::string uri;
  std::optional<Range> range;
  std::optional<std::string> text;
  std::string language;
  std::string kind;  // "diagnostics" or "gitDiff"; empty: a text, or a file whose content tells its kind
  static ShareParams from(const Fields& fields);
};
struct CheckParams {
  std::vector<ShareParams> attachments;
  std::string uri;  // empty: only the attachments are checked, without the updates of a conversation
  std::optional<std::string> parent;  // `parent` and `current` are as in AskParams
  bool current = true;
  static CheckParams from(const Fields& fields);
};
struct FindParams {
  std::string uri, folder, query;  // an empty `folder` means the document's folder
  int limit = 20;                  // 1 … 100
  static FindParams from(const Fields& fields);
};
struct NamedParams {
  std::string text;
  std::vector<std::string> folders;  // URIs
  static NamedParams from(const Fields& fields);
};
struct ExpandParams {
  std::string uri, folder, pattern;  // `folder` or `pattern` may be empty, but not both
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
    std::string lines;  // "10-24"; left out if empty
    std::int64_t bytes = 0, tokens = 0;
    std::string refused;               // a sentence; left out if empty
    std::vector<std::string> reasons;  // why the user is asked before it is sent; left out if empty
    std::string guessed;               // the encoding, if it was guessed; left out if empty
    std::string uri;                   // only for an update; left out if empty
    std::optional<double> cost;
    std::string remark;  // about the attachment, for people, to be shown after its name; left out if empty
  };
  struct Known {
    std::string uri, name;
    std::string lines;           // as in Row
    std::optional<Range> range;  // absent: the whole document
  };
  struct Texts {                 // for people; each is left out if empty
    std::string known, updates;  // the first few names; all names, with their sizes
    std::string size, price;     // `tokens` and `cost`
    std::string brief;           // both, or only the price, for a message; empty if the price is very low
    std::string next;            // size and price of the whole next request
  };
  struct Along {
    std::vector<Row> updates;
    std::vector<Known> known;
    std::int64_t tokens = 0;
    std::optional<double> cost;
    // These are about the whole next request, without the words of the question.
    std::int64_t next_tokens = 0, next_cached = 0;
    std::optional<double> next_cost, next_cache_cost;
    Texts texts;
  };
  std::vector<Row> attachments;
  std::optional<Along> along;  // only if the request names a document
};
struct FindResult {
  struct File {
    std::string uri, name;
  };
  std::vector<File> files;
  bool incomplete = false;  // left out if false
};
struct NamedResult {
  struct Group {
    std::string folder, pattern;  // an empty `pattern` is left out
  };
  struct Name {
    std::string word;
    std::string name, uri;       // of a file
    std::optional<Range> range;  // left out for a whole file
    std::optional<Group> group;  // instead of a file
  };
  std::vector<Name> names;
};
struct ExpandResult {
  struct File {
    std::string uri;
    CheckResult::Row row;
  };
  std::vector<File> files;
  std::int64_t bytes = 0, tokens = 0;
  std::optional<double> cost;
  std::string size, price;  // `tokens` and `cost` for people; left out if empty
};
struct SuggestResult {
  struct Suggestion {
    std::string reason;
    std::string uri;  // `uri`, `range`, `kind` and `text` are the attachment
    std::optional<Range> range;
    std::string kind;  // "diagnostics"; left out if empty
    std::optional<std::string> text;
    CheckResult::Row row;
    std::string offer;  // its name and size, for a line that offers all suggestions; left out if empty
  };
  std::vector<Suggestion> suggestions;
};

json to_json(const CheckResult& result);
json to_json(const FindResult& result);
json to_json(const NamedResult& result);
json to_json(const ExpandResult& result);
json to_json(const SuggestResult& result);

}  // namespace aside
