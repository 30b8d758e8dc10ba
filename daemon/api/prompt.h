// Makes the body of POST /v1/messages from turns. A message is written once, when its turn is made, and its bytes are
// used again in every later request. So along a branch each request begins with the bytes of the request before, as
// the prompt cache and signed thinking require.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/cache_policy.h"
#include "daemon/api/model.h"
#include "daemon/core/turn.h"

namespace aside {

// Settings of requests. The defaults suit Anthropic's API; other servers know only some of these fields.
struct PromptOptions {
  std::int64_t max_tokens = 32000;
  std::string cache = "auto";           // "auto": as `Prompt::cache` says; "1h", "5m" or "off": for all
  std::string thinking = "summarized";  // "summarized", "omitted", or "off" to send no thinking field at all
  std::string diagnostics =
      "auto";                       // ask why the cache was missed: "on", "off"; "auto": Anthropic's API only
  std::string compaction = "auto";  // "auto": by the API if it can; "ask": always by a question
  Models models = {};
};

struct Message {
  Role role = Role::User;
  std::string content;  // JSON array of content blocks
};

struct Prompt {
  std::string model;
  std::string effort;  // empty: the model's default
  std::string system;
  std::vector<Message> messages;
  std::vector<std::string> thinking;  // ids of the turns whose thinking is among the messages
  std::string previous_message;       // the API's id of the last reply in `messages`; empty: none, or unknown
  // Index in `messages` of the last message that this model's previous request had.
  std::optional<std::size_t> cached_to = std::nullopt;
  bool side = false;              // a side question: the cache mark is on the reply before it
  bool holds_compaction = false;  // the messages begin with the API's own summary, which needs a beta header
  CacheChoice cache = {};         // if empty: that of PromptOptions::cache; "auto" there means one hour
  // If set, asks for the API's own summary instead of an answer, with these instructions (empty: none).
  std::optional<std::string> compact = std::nullopt;
};

// The system text of new conversations. It is stored with a conversation at its first question and sent from there.
extern const std::string_view system_text;
// The content of a question: its attachments in order, then the question, then its updates. Empty blocks are left
// out.
std::string question_content(std::string_view question, const std::vector<Attachment>& attachments);
// `summary_request` is the question that asks for a summary, with the user's wishes. `summary_content` is the
// content that carries the summary, as the model wrote it, in later requests.
std::string summary_request(std::string_view wanted);
std::string summary_content(std::string_view summary);
bool is_compaction(std::string_view content);  // whether it is a summary that the API made
// The content of a question that follows `path`, whose turns have been marked by mark_sent. If the last turn sent
// is a summary in words, the summary becomes the first block of the question's message, since two messages of the
// user must not follow each other.
std::string after_summary(const std::vector<Turn>& path, std::string content);
// Returns the rule in a question that asks for the new text of these lines.
std::string rewrite_rule(const Attachment& lines);
// The question that asks for the rest of a partial reply: it quotes the last words of that reply.
std::string continuation(std::string_view partial);
extern const std::string_view continuation_begins;  // each such question begins with this
// Where the sent part of a path begins: at the last complete summary, else at the root.
std::ptrdiff_t beginning(const std::vector<Turn>& path);
// Marks the turns of a path that the next request carries. Exchanges whose reply failed, was refused or is empty
// are not marked, nor is anything that a summary replaces.
void mark_sent(std::vector<Turn>& path, std::ptrdiff_t beginning);
// Adds the messages of a path root → question, for this server. Changed instructions follow their question.
// Thinking is left out if it was made by another server or refused before, and so is every block that can't be
// sent back (content_block.h). `prompt.model` must be set.
void fill_messages(Prompt& prompt, std::vector<Turn> path, std::string_view server,
                   const PromptOptions& options);
// The whole body, with `"stream":true`. `messages` come last. The cache marks are on the system text, at the end of
// the conversation (by the top-level field) and also at the end of the previous request, if the API would not find
// that cache entry from the end. All marks of a request have the same lifetime: the API wants longer ones before
// shorter ones, and two marks on one block to be the same. For a side question, the mark is on the reply before the
// side question instead of the end, so that the next question of the path can read this cache entry.
std::string body(const Prompt& prompt, const PromptOptions& options);
// How long the API is to keep the prompt: "1h", "5m" or "off".
std::string_view kept(const Prompt& prompt, const PromptOptions& options);
// The limit of tokens for a reply.
std::int64_t output_limit(std::string_view model, const PromptOptions& options);
// The body of the request that counts the tokens of `body`.
std::string count_body(const Prompt& prompt, const PromptOptions& options);
// The content without `thinking` and `redacted_thinking` blocks; all other bytes stay as they are.
std::string without_thinking(std::string_view content);
bool has_thinking(std::string_view content);

}  // namespace aside
