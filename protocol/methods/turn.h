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
  bool estimated = false;  // whether this turn's `output` and cost are estimates; left out if false
};
struct AttachmentResult {
  std::string uri;
  std::optional<Range> range;
  std::string language, name, text;
  std::string kind, media;  // left out if empty
  std::int64_t bytes = 0;   // only for a picture or a PDF; left out if 0
};
struct WantedResult {  // what a reply asks to see
  std::string uri, name;
  std::optional<Range> range;
  int line = 0;  // the line of the reply's text that names this file, from 0
};
struct TurnResult {
  std::string id, parent;  // `parent` is null if empty
  std::string role, text;
  std::string kind;   // "compaction"; left out if empty
  bool side = false;  // left out if false
  struct Rewrite {
    std::string uri;
    Range range;
  };
  std::optional<Rewrite> rewrite;    // only for a question
  std::vector<WantedResult> wanted;  // only for a reply; left out if empty
  bool summed_up = false;            // left out if false
  std::optional<std::string> thinking;
  std::vector<AttachmentResult> attachments;
  std::string system;  // only for a question; left out if empty
  std::string status;
  bool sent = false;
  std::string stop_reason;     // left out if empty
  std::optional<Error> error;  // {code, kind, message, hint, offer}
  std::string model;           // only for a reply; left out if empty
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
