// A turn of a conversation as an editor sees it. protocol.md: "Conversations and turns".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/error.h"
#include "protocol/message.h"
#include "protocol/range.h"

namespace aside {

struct UsageResult {
  std::int64_t input = 0, cache_read = 0, cache_write = 0, output = 0;
  std::optional<std::int64_t> thinking;
  bool estimated = false;  // `output` of this turn is an estimate, and so is its cost; false: left out
};
struct AttachmentResult {
  std::string uri;
  std::optional<Range> range;
  std::string language, name, text;
  std::string kind, media;  // empty: left out
  std::int64_t bytes = 0;   // only for a picture or a PDF; 0: left out
};
struct WantedResult {  // what a reply asks to see
  std::string uri, name;
  std::optional<Range> range;
  int line = 0;  // of the reply's text
};
struct TurnResult {
  std::string id, parent;  // parent empty: null
  std::string role, text;
  std::string kind;   // "compaction"; empty: left out
  bool side = false;  // false: left out
  struct Rewrite {
    std::string uri;
    Range range;
  };
  std::optional<Rewrite> rewrite;    // only for a question
  std::vector<WantedResult> wanted;  // only for a reply; empty: left out
  bool summed_up = false;            // false: left out
  std::optional<std::string> thinking;
  std::vector<AttachmentResult> attachments;
  std::string system;  // only for a question; empty: left out
  std::string status;
  bool sent = false;
  std::string stop_reason;     // empty: left out
  std::optional<Error> error;  // {code, kind, message, hint, offer}
  std::string model;           // only for a reply; empty: left out
  std::optional<UsageResult> usage;
  std::optional<double> cost;
  std::string created;  // ISO 8601, UTC
  std::vector<std::string> variants;
};

json to_json(const UsageResult& usage);
json to_json(const AttachmentResult& attachment);
json to_json(const WantedResult& wanted);
json to_json(const TurnResult& turn);

}  // namespace aside
