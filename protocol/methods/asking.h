// The types of methods about questions and their replies: preview, asking, answer, and the notifications while a reply
// is written. Also the edits that a reply proposes, and the marks of the lines that questions were about. protocol.md:
// "Asking", "While a reply is written".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/methods/attachments.h"
#include "protocol/methods/turn.h"
#include "protocol/range.h"

namespace aside {

struct AskParams {  // for ask and preview
  std::string uri, question;
  std::string conversation;  // a conversation of the document; empty: the one that it shows
  std::vector<ShareParams> attachments;
  std::optional<ShareParams> rewrite;  // the lines that are to be rewritten; always with a range
  bool side = false;
  std::optional<std::string> parent;  // "" if null was sent: a new root; nullopt if absent: the head
  std::string model, effort;          // empty: the conversation's model and effort
  bool current = true;
  bool consents = false;             // the user agrees to the reasons that were given last
  std::vector<std::string> consent;  // the user agrees to these reasons
  static AskParams from(const Fields& fields);
};
struct RetryParams {
  std::string conversation, turn, model, effort;  // an empty `turn` means the last exchange
  static RetryParams from(const Fields& fields);
};
struct ReplyParams {               // for continue and stop
  std::string conversation, turn;  // an empty `turn` means the last reply of the path
  static ReplyParams from(const Fields& fields);
};
struct CompactParams {
  std::string conversation, instructions;
  static CompactParams from(const Fields& fields);
};
struct EditsParams {
  std::string conversation, turn;
  std::optional<int> block;  // the number of a code block in the reply, from 0; absent: all blocks
  static EditsParams from(const Fields& fields);
};

struct AskResult {
  std::string conversation, turn, status;
  std::string stop_reason;  // left out if empty
  std::string text;
  std::optional<UsageResult> usage;
  std::optional<double> cost;
};
struct PreviewResult {
  std::int64_t input_tokens = 0, cached_tokens = 0, output_limit = 0;
  bool estimate = false;
  std::optional<std::int64_t> context_window;
  bool fits = true;
  std::optional<double> cost;
  std::string cache, cache_reason;
  std::vector<AttachmentResult> attachments;
  std::vector<std::string> reasons;  // why the user would be asked before it is sent; left out if empty
  json request;
  std::string text;
};
struct EditsResult {
  struct TextEdit {
    Range range;
    std::string text;
  };
  struct Proposal {
    int block = 0, start_line = 0, end_line = 0;
    std::string state;   // "placed", "merged", "conflict", "unplaced"
    std::string reason;  // left out if empty
    std::string uri;     // if empty, `textDocument`, `name` and `edits` are left out
    std::string name;
    std::optional<int> version;  // null if absent
    std::vector<TextEdit> edits;
  };
  std::vector<Proposal> proposals;
};
struct MarksResult {
  struct Mark {
    std::string turn, text;
    Range range;
    bool side = false;  // left out if false
  };
  std::string conversation;
  std::optional<int> version;  // null if absent
  std::vector<Mark> marks;
};
struct DeltaParams {
  std::string conversation, turn, kind, text;
};
struct StatusParams {
  struct Retry {
    int attempt = 0, of = 0;
    double delay_seconds = 0;
    std::string reason;
  };
  std::string conversation, turn, state;
  std::optional<Retry> retry;
};
struct ChangedParams {
  std::string conversation, uri;
};

json to_json(const AskResult& result);
json to_json(const PreviewResult& result);
json to_json(const EditsResult& result);
json to_json(const MarksResult& result);
json to_json(const DeltaParams& params);
json to_json(const StatusParams& params);
json to_json(const ChangedParams& params);

}  // namespace aside
