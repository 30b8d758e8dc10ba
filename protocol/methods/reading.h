// The types of methods that change nothing. They read conversations, lists and searches of conversations, models, and
// reports of usage. protocol.md: "Reading".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/methods/turn.h"

namespace aside {

struct SubjectParams {            // for get and transcript
  std::string uri, conversation;  // exactly one of the two
  int limit = 0;                  // the most turns, 1 … 1000; 0: all
  std::string before;             // only the turns before this question; empty: up to the end
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
  // Each is "day", "month", "file", "model" or "conversation".
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
  std::string notice;  // left out if empty
};
struct ContextResult {
  std::int64_t tokens = 0, cached = 0;
  std::int64_t window = 0;  // left out if 0
  bool full = false;        // left out if false
};
struct GetResult {
  std::string conversation, title, uri;
  std::string model, effort;  // what the next question would use; `effort` is null if empty
  std::string head;           // null if empty
  std::string redo;           // left out if empty
  std::vector<TurnResult> turns;
  std::vector<TurnResult> sides;    // left out if empty
  int earlier = 0;                  // left out if 0
  std::vector<std::string> shared;  // URIs; left out if empty
  struct Candidate {
    std::string conversation, title, uri;
  };
  std::vector<Candidate> candidates;  // left out if empty
  std::string notice;                 // left out if empty
  UsageResult total_usage;
  std::optional<double> total_cost;
  std::optional<GuidanceResult> instructions;
  std::optional<ContextResult> context;
};
struct SectionResult {
  std::string turn, kind;
  int start_line = 0, end_line = 0;
  bool side = false;                      // left out if false
  std::vector<WantedResult> wanted = {};  // only for the text of a reply; left out if empty
};
struct FoldResult {
  int start_line = 0, end_line = 0;
  std::string text;
};
struct GrowingResult {
  std::string turn, kind;
};
struct TranscriptResult {
  GetResult about;  // without its turns, which are in the text
  std::string text;
  std::vector<SectionResult> sections;
  std::vector<FoldResult> folds = {};
  std::optional<GrowingResult> growing = {};
  std::vector<std::string> figures = {};
};
struct ListResult {
  struct Row {
    std::string conversation, title, uri, updated;
    int turns = 0;
    std::optional<double> cost;
    std::string price = {};  // the cost, for people; left out if empty
  };
  std::vector<Row> conversations;
  std::string next;  // left out if empty
};
struct SearchResult {
  struct Row {
    std::string conversation, turn, reply, uri, title, snippet, created;
    bool side = false;  // left out if false
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
    std::int64_t context_window = 0, max_output = 0;  // left out if 0
    std::vector<std::string> efforts;
    std::optional<PriceResult> price;
    std::string prices_as_of;     // left out if empty
    std::int64_t long_above = 0;  // if 0, `longPrompt` is left out
    PriceResult long_price;
    bool deprecated = false;         // left out if false
    std::string retires, successor;  // left out if empty
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
    std::optional<std::string> title;  // present if `conversation` is present
    int replies = 0;
    UsageResult usage;
    std::optional<double> cost;
    int unpriced = 0;  // left out if 0
  };
  std::vector<Row> rows;
  Row total;
  int omitted = 0;  // left out if 0
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
