// What is read without changing anything: conversations, lists and searches of them, models, and what was used.
// protocol.md: "Reading".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/methods/turn.h"

namespace aside {

struct SubjectParams {            // get, transcript
  std::string uri, conversation;  // exactly one of the two
  int limit = 0;                  // the most turns, 1 … 1000; 0: all
  std::string before;             // the turns before this question; empty: up to the end
  static SubjectParams from(const Fields& fields);
};
struct ListParams {
  std::string uri, folder, query, cursor;
  int limit = 50;  // 1 … 500
  bool deleted = false;
  std::optional<std::int64_t> since, before;  // milliseconds since 1970
  static ListParams from(const Fields& fields);
};
struct SearchParams {
  std::string query, uri, folder;
  int limit = 50;  // 1 … 500
  static SearchParams from(const Fields& fields);
};
struct ExportParams {
  std::string conversation;
  std::string format;  // "markdown" or "json"
  static ExportParams from(const Fields& fields);
};
struct UsageParams {
  // "day", "month", "file", "model", "conversation"
  std::vector<std::string> by = {"day", "file", "model"};
  std::string since, before;  // dates or times; empty if absent
  std::string uri, conversation;
  bool csv = false;
  static UsageParams from(const Fields& fields);
};

struct GuidanceResult {  // `instructions` of get and transcript
  struct Offer {
    std::string name, folder;
  };
  std::vector<std::string> files;
  std::optional<Offer> offer;
  std::string notice;  // empty: left out
};
struct ContextResult {
  std::int64_t tokens = 0, cached = 0;
  std::int64_t window = 0;  // 0: left out
  bool full = false;        // false: left out
};
struct GetResult {
  std::string conversation, title, uri;
  std::string model, effort;  // what the next question would use; effort empty: null
  std::string head;           // empty: null
  std::string redo;           // empty: left out
  std::vector<TurnResult> turns;
  std::vector<TurnResult> sides;    // empty: left out
  int earlier = 0;                  // 0: left out
  std::vector<std::string> shared;  // URIs; empty: left out
  struct Candidate {
    std::string conversation, title, uri;
  };
  std::vector<Candidate> candidates;  // empty: left out
  std::string notice;                 // empty: left out
  UsageResult total_usage;
  std::optional<double> total_cost;
  std::optional<GuidanceResult> instructions;
  std::optional<ContextResult> context;
};
struct SectionResult {
  std::string turn, kind;
  int start_line = 0, end_line = 0;
  bool side = false;                      // false: left out
  std::vector<WantedResult> wanted = {};  // only for the text of a reply; empty: left out
};
struct TranscriptResult {
  GetResult about;  // without its turns, which are in the text
  std::string text;
  std::vector<SectionResult> sections;
};
struct ListResult {
  struct Row {
    std::string conversation, title, uri, updated;
    int turns = 0;
    std::optional<double> cost;
  };
  std::vector<Row> conversations;
  std::string next;  // empty: left out
};
struct SearchResult {
  struct Row {
    std::string conversation, turn, reply, uri, title, snippet, created;
    bool side = false;  // false: left out
  };
  std::vector<Row> hits;
};
struct ExportResult {
  std::string text;
};
struct PriceResult {  // USD per million tokens
  double input = 0, output = 0, cache_read = 0, cache_write_5m = 0, cache_write_1h = 0;
};
struct ModelsResult {
  struct Row {
    std::string id, name;
    std::int64_t context_window = 0, max_output = 0;  // 0: left out
    std::vector<std::string> efforts;
    std::optional<PriceResult> price;
    std::string prices_as_of;     // empty: left out
    std::int64_t long_above = 0;  // 0: `longPrompt` is left out
    PriceResult long_price;
    bool deprecated = false;         // false: left out
    std::string retires, successor;  // empty: left out
    bool system = false, compaction = false;
  };
  std::vector<Row> models;
  std::string default_model;
  bool from_api = false;
  std::string as_of;
};
struct UsageReportResult {
  struct Row {
    std::string day, month, uri, name, model, conversation;
    std::optional<std::string> title;  // present if `conversation` is
    int replies = 0;
    UsageResult usage;
    std::optional<double> cost;
    int unpriced = 0;  // 0: left out
  };
  std::vector<Row> rows;
  Row total;
  int omitted = 0;  // 0: left out
  std::string text;
};

json to_json(const GetResult& result);
json to_json(const TranscriptResult& result);
json to_json(const ListResult& result);
json to_json(const SearchResult& result);
json to_json(const ExportResult& result);
json to_json(const ModelsResult& result);
json to_json(const UsageReportResult& result);

}  // namespace aside
