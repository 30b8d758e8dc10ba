// The body of POST /v1/messages, made from turns. Everything here is deterministic text: a message is written
// once, when its turn is made, and its bytes are reused in every later request, so that along a branch each
// request begins with the bytes of the one before (prompt cache, signed thinking).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/turn.h"

namespace aside {

// Switches for servers that speak only a part of the API; the defaults are Anthropic's.
struct PromptOptions {
  std::int64_t max_tokens = 32000;
  std::string cache = "1h";             // "1h", "5m" or "off"
  std::string thinking = "summarized";  // "summarized", "omitted", or "off" to send no thinking field at all
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
};

// What every thread begins with. It is stored with a thread at its first question, and sent from there.
extern const std::string_view system_text;
// The content of a question: a text block for each attachment, in order, then the question. Never empty
// blocks.
std::string question_content(std::string_view question, const std::vector<Attachment>& attachments);
// The question that asks for the rest of a reply that broke off: it quotes the last words of what came.
std::string continuation(std::string_view partial);
// Which turns of a path the next request carries: an exchange whose reply can't be answered for is left out
// together with its question.
void mark_sent(std::vector<Turn>& path);
// The messages of a path root → question, for this server: thinking is left out where it would be refused,
// made elsewhere or refused before.
void fill_messages(Prompt& prompt, std::vector<Turn> path, std::string_view server);
// The whole body, `"stream":true`. `messages` come last; the cache is marked on the system text and, by the
// top-level field, on the end of the thread.
std::string body(const Prompt& prompt, const PromptOptions& options);
// The same content without `thinking` and `redacted_thinking` blocks, all other bytes as they were.
std::string without_thinking(std::string_view content);
bool has_thinking(std::string_view content);

}  // namespace aside
