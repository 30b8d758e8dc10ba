// The protocol as types: a name and a pair of structs for each method. The camelCase names of the wire occur only
// here and in methods.cc. Params are read with `from`, results are written with `to_json`. protocol.md describes each
// method with a worked example.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/range.h"

namespace aside {

inline constexpr int protocol_version = 1;

namespace method {
inline constexpr const char* initialize = "initialize";
inline constexpr const char* initialized = "initialized";
inline constexpr const char* shutdown = "shutdown";
inline constexpr const char* exit = "exit";
inline constexpr const char* cancel = "$/cancelRequest";
inline constexpr const char* set_trace = "$/setTrace";
inline constexpr const char* did_open = "textDocument/didOpen";
inline constexpr const char* did_change = "textDocument/didChange";
inline constexpr const char* did_save = "textDocument/didSave";
inline constexpr const char* did_close = "textDocument/didClose";
inline constexpr const char* did_rename_files = "workspace/didRenameFiles";
inline constexpr const char* did_change_configuration = "workspace/didChangeConfiguration";
inline constexpr const char* did_change_workspace_folders = "workspace/didChangeWorkspaceFolders";
inline constexpr const char* ask = "conversation/ask";
inline constexpr const char* retry = "conversation/retry";
inline constexpr const char* resume = "conversation/continue";
inline constexpr const char* stop = "conversation/stop";
inline constexpr const char* get = "conversation/get";
inline constexpr const char* transcript = "conversation/transcript";
inline constexpr const char* create = "conversation/new";
inline constexpr const char* list = "conversation/list";
inline constexpr const char* open = "conversation/open";
inline constexpr const char* select = "conversation/select";
inline constexpr const char* configure = "conversation/configure";
inline constexpr const char* search = "conversation/search";
inline constexpr const char* fork = "conversation/fork";
inline constexpr const char* remove = "conversation/delete";
inline constexpr const char* archive = "conversation/export";
inline constexpr const char* restore = "conversation/import";
inline constexpr const char* prepare = "conversation/prepare";
inline constexpr const char* preview = "conversation/preview";
inline constexpr const char* edits = "conversation/edits";
inline constexpr const char* marks = "conversation/marks";
inline constexpr const char* compact = "conversation/compact";
inline constexpr const char* check_attachments = "attachment/check";
inline constexpr const char* find_files = "attachment/find";
inline constexpr const char* expand = "attachment/expand";
inline constexpr const char* suggest = "attachment/suggest";
inline constexpr const char* models = "model/list";
inline constexpr const char* instructions = "instructions/list";
inline constexpr const char* allow = "instructions/allow";
inline constexpr const char* prompts = "prompt/list";
inline constexpr const char* usage = "usage/report";
inline constexpr const char* check_credential = "credential/check";
inline constexpr const char* set_credential = "credential/set";
inline constexpr const char* delta = "conversation/delta";
inline constexpr const char* status = "conversation/status";
inline constexpr const char* changed = "conversation/changed";
inline constexpr const char* show_message = "window/showMessage";
}  // namespace method

// These functions are also used for exported conversations.
// Reads a range; nullopt if the field is absent.
std::optional<Range> read_range(const Fields& fields, const char* name = "range");
std::string read_effort(const Fields& fields);  // the field `effort`; empty if it is absent
json to_json(const Range& range);

// ---- from the editor

struct InitializeParams {
  std::vector<std::string> position_encodings;  // capabilities.general.positionEncodings
  std::vector<std::string> workspace_folders;   // URIs; without them, rootUri
  std::string client;                           // clientInfo.name and version; empty if absent
  json options;                                 // initializationOptions; null if absent
  static InitializeParams from(const Fields& fields);
};
struct NoParams {  // ignores all params that are sent
  static NoParams from(const Fields&) { return {}; }
};
struct CancelParams {
  Id id;
  static CancelParams from(const Fields& fields);
};
struct DidOpenParams {
  std::string uri, language, text;
  int version = 0;
  static DidOpenParams from(const Fields& fields);
};
struct DidChangeParams {
  struct Change {
    std::optional<Range> range;
    std::string text;
  };
  std::string uri;
  int version = 0;
  std::vector<Change> changes;
  static DidChangeParams from(const Fields& fields);
};
struct DocumentParams {  // didSave, didClose, prepare, marks, instructions/list: {textDocument:{uri}}
  std::string uri;
  static DocumentParams from(const Fields& fields);
};
struct DidRenameFilesParams {
  struct File {
    std::string from, to;
  };
  std::vector<File> files;
  static DidRenameFilesParams from(const Fields& fields);
};
struct DidChangeConfigurationParams {
  json settings;  // the section settings.aside if there is one, else settings itself
  static DidChangeConfigurationParams from(const Fields& fields);
};
struct DidChangeWorkspaceFoldersParams {
  std::vector<std::string> added, removed;  // URIs
  static DidChangeWorkspaceFoldersParams from(const Fields& fields);
};

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
struct AskParams {  // for ask and preview
  std::string uri, question;
  std::string conversation;  // a conversation of the document; empty: the one that it shows
  std::vector<ShareParams> attachments;
  std::optional<ShareParams> rewrite;  // the lines that are to be rewritten; always with a range
  bool side = false;
  std::optional<std::string> parent;  // "": null was sent, for a new root; nullopt if absent, for the head
  std::string model, effort;          // empty: the conversation's
  bool current = true;
  bool consents = false;             // the user agrees to the reasons that were given last
  std::vector<std::string> consent;  // the user agrees to these reasons
  static AskParams from(const Fields& fields);
};
struct RetryParams {
  std::string conversation, turn, model, effort;  // turn empty: the last exchange
  static RetryParams from(const Fields& fields);
};
struct ConversationParams {  // delete
  std::string conversation;
  static ConversationParams from(const Fields& fields);
};
struct ReplyParams {               // continue, stop
  std::string conversation, turn;  // turn empty: the last reply of the path
  static ReplyParams from(const Fields& fields);
};
struct EditsParams {
  std::string conversation, turn;
  std::optional<int> block;  // its number in the reply, from 0; absent: all blocks
  static EditsParams from(const Fields& fields);
};
struct CompactParams {
  std::string conversation, instructions;
  static CompactParams from(const Fields& fields);
};
struct SubjectParams {            // get, transcript
  std::string uri, conversation;  // exactly one of the two
  int limit = 0;                  // the most turns, 1 … 1000; 0: all
  std::string before;             // the turns before this question; empty: up to the end
  static SubjectParams from(const Fields& fields);
};
struct NewParams {
  std::string uri, title;
  static NewParams from(const Fields& fields);
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
struct UsageParams {
  // "day", "month", "file", "model", "conversation"
  std::vector<std::string> by = {"day", "file", "model"};
  std::string since, before;  // dates or times; empty if absent
  std::string uri, conversation;
  bool csv = false;
  static UsageParams from(const Fields& fields);
};
struct ForkParams {
  std::string uri, conversation, turn, title;  // turn empty: the head; title empty: made from the original's
  static ForkParams from(const Fields& fields);
};
struct ExportParams {
  std::string conversation;
  std::string format;  // "markdown" or "json"
  static ExportParams from(const Fields& fields);
};
struct ImportParams {
  std::string uri, text;
  static ImportParams from(const Fields& fields);
};
struct OpenParams {
  std::string uri, conversation;
  static OpenParams from(const Fields& fields);
};
struct SelectParams {
  std::string conversation, turn;  // turn is "" if it was null: before the first question
  bool onward = false;
  static SelectParams from(const Fields& fields);
};
struct ConfigureParams {
  std::string conversation;
  std::optional<std::string> model, effort, title;
  static ConfigureParams from(const Fields& fields);
};
struct AllowParams {
  std::string folder;  // a URI
  bool allow = false;
  static AllowParams from(const Fields& fields);
};
struct SetCredentialParams {
  std::string api_key;
  static SetCredentialParams from(const Fields& fields);
};

// ---- to the editor; absent optionals and, where a comment says so, empty strings are left out

struct UsageResult {
  std::int64_t input = 0, cache_read = 0, cache_write = 0, output = 0;
  std::optional<std::int64_t> thinking;
  bool estimated = false;  // `output` of this turn is an estimate, and so is its cost; false: left out
};
struct AskResult {
  std::string conversation, turn, status;
  std::string stop_reason;  // empty: left out
  std::string text;
  std::optional<UsageResult> usage;
  std::optional<double> cost;
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
struct PreviewResult {
  std::int64_t input_tokens = 0, cached_tokens = 0, output_limit = 0;
  bool estimate = false;
  std::optional<std::int64_t> context_window;
  bool fits = true;
  std::optional<double> cost;
  std::string cache, cache_reason;
  std::vector<AttachmentResult> attachments;
  std::vector<std::string> reasons;  // why the user would be asked first; empty: left out
  json request;
  std::string text;
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
struct EditsResult {
  struct TextEdit {
    Range range;
    std::string text;
  };
  struct Proposal {
    int block = 0, start_line = 0, end_line = 0;
    std::string state;   // "placed", "merged", "conflict", "unplaced"
    std::string reason;  // empty: left out
    std::string uri;     // empty: `textDocument`, `name` and `edits` are left out
    std::string name;
    std::optional<int> version;  // absent: null
    std::vector<TextEdit> edits;
  };
  std::vector<Proposal> proposals;
};
struct SectionResult {
  std::string turn, kind;
  int start_line = 0, end_line = 0;
  bool side = false;                      // false: left out
  std::vector<WantedResult> wanted = {};  // only for the text of a reply; empty: left out
};
struct MarksResult {
  struct Mark {
    std::string turn, text;
    Range range;
    bool side = false;  // false: left out
  };
  std::string conversation;
  std::optional<int> version;  // absent: null
  std::vector<Mark> marks;
};
struct TranscriptResult {
  GetResult about;  // without its turns, which are in the text
  std::string text;
  std::vector<SectionResult> sections;
};
struct NewResult {
  std::string conversation;
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
struct InstructionsResult {
  struct File {
    std::string uri, name, kind;
    std::string folder;  // a URI; empty: left out
    std::string state;
    std::string problem;  // empty: left out
  };
  std::vector<File> files;
  std::string text;
  std::string notice;    // empty: left out
  std::string own = {};  // URI of the user's file, which need not exist; empty: left out
};
struct CredentialResult {
  struct Problem {
    std::string message, hint;
  };
  std::string state;           // "found", "missing", "notNeeded"
  std::string source, server;  // empty: left out
  std::optional<Problem> problem;
};
struct PromptsResult {
  struct Row {
    std::string name, description, text;
    std::string problem;      // empty: left out
    bool needs_code = false;  // false: left out
  };
  std::vector<Row> prompts;
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
json to_json(const GetResult& result);
json to_json(const TranscriptResult& result);
json to_json(const PreviewResult& result);
json to_json(const EditsResult& result);
json to_json(const MarksResult& result);
json to_json(const CheckResult& result);
json to_json(const FindResult& result);
json to_json(const ExpandResult& result);
json to_json(const SuggestResult& result);
json to_json(const NewResult& result);
json to_json(const ListResult& result);
json to_json(const SearchResult& result);
json to_json(const ExportResult& result);
json to_json(const ModelsResult& result);
json to_json(const InstructionsResult& result);
json to_json(const CredentialResult& result);
json to_json(const PromptsResult& result);
json to_json(const UsageReportResult& result);
json to_json(const DeltaParams& params);
json to_json(const StatusParams& params);
json to_json(const ChangedParams& params);
json initialize_result(bool utf8_positions, const std::string& version);

}  // namespace aside
