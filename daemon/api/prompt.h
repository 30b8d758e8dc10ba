// The body of POST /v1/messages, made from turns. Everything here is deterministic text: a message is written
// once, when its turn is made, and its bytes are reused in every later request, so that along a branch each
// request begins with the bytes of the one before (prompt cache, signed thinking).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/turn.h"

namespace aside {

// Switches for servers that speak only a part of the API; the defaults are Anthropic's.
struct PromptOptions {
  std::int64_t max_tokens = 32000;
  std::string cache = "1h";             // "1h", "5m" or "off"
  std::string thinking = "summarized";  // "summarized", "omitted", or "off" to send no thinking field at all
  std::string diagnostics = "auto";     // why the cache was missed: "on", "off", or by whose server it is
  std::string compaction = "auto";      // "auto": the API's own where the model has it; "ask": never that
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
  std::string previous_message;       // the API's id of the last reply among them; empty: none, or not known
  std::optional<std::size_t> cached_to = std::nullopt;  // the message that ended this model's last request
  bool holds_compaction = false;  // begins with a block that the API made, and only takes with a beta's name
  // Instead of an answer, the API's own summary of the messages; not empty: with these instructions.
  std::optional<std::string> compact = std::nullopt;
};

// What every thread begins with. It is stored with a thread at its first question, and sent from there.
extern const std::string_view system_text;
// The content of a question: each attachment in order, then the question, then what has changed since it was
// shared. Never empty blocks.
std::string question_content(std::string_view question, const std::vector<Attachment>& attachments);
// The question that asks for a summary, with what the user wants of it, and what a summary that a model wrote
// as its reply is sent as from then on.
std::string summary_request(std::string_view wanted);
std::string summary_content(std::string_view summary);
bool is_compaction(std::string_view content);  // a summary that the API made
// A question's content after the turns of `path`, which are marked as sent: where a summary in words is the
// last of them, it is the first block of the same message, since two messages of the user never stand next to
// each other.
std::string after_summary(const std::vector<Turn>& path, std::string content);
// The question that asks for the rest of a reply that broke off: it quotes the last words of what came.
std::string continuation(std::string_view partial);
// Where what is sent of a path begins: at the last summary that is whole, else at the root.
std::ptrdiff_t beginning(const std::vector<Turn>& path);
// Which turns of a path the next request carries: an exchange whose reply can't be answered for is left out
// together with its question, and all that a summary stands for.
void mark_sent(std::vector<Turn>& path, std::ptrdiff_t beginning);
// The messages of a path root → question, for this server: instructions that changed follow their question,
// thinking is left out where it would be refused, made elsewhere or refused before, and so is what no server
// takes back (content_block.h). `prompt.model` is set.
void fill_messages(Prompt& prompt, std::vector<Turn> path, std::string_view server,
                   const PromptOptions& options);
// The whole body, `"stream":true`. `messages` come last; the cache is marked on the system text, by the
// top-level field on the end of the thread and, where that is too far from the end of the request before,
// there as well.
std::string body(const Prompt& prompt, const PromptOptions& options);
// The most tokens that a reply may have.
std::int64_t output_limit(std::string_view model, const PromptOptions& options);
// The body of a request that counts the tokens of that one.
std::string count_body(const Prompt& prompt, const PromptOptions& options);
// The same content without `thinking` and `redacted_thinking` blocks, all other bytes as they were.
std::string without_thinking(std::string_view content);
bool has_thinking(std::string_view content);

}  // namespace aside
