#include "daemon/server/archive.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "daemon/text/figures.h"
#include "protocol/iso_time.h"
#include "protocol/message.h"
#include "protocol/methods/parts.h"

namespace aside {
namespace {

// Keeps the order of the fields for people who read the text: a turn's role comes before its text.
using Written = nlohmann::ordered_json;

constexpr const char* path = "params.text";

// ---- export

Written write(const Attachment& attachment) {
  Written object = {{"uri", attachment.uri}, {"name", attachment.name}};
  if (attachment.range) object["range"] = to_json(*attachment.range);
  put(object, "languageId", attachment.language);
  put(object, "kind", std::string(name(attachment.kind)));
  put(object, "mediaType", attachment.media);
  if (attachment.bytes) object["bytes"] = attachment.bytes;
  object["text"] = attachment.text;
  put(object, "seen", attachment.seen);
  if (attachment.piece) object["piece"] = attachment.piece;
  return object;
}

Written write(const Usage& usage) {
  Written object = {{"input", usage.input},
                    {"cacheRead", usage.cache_read},
                    {"cacheWrite", usage.cache_write},
                    {"cacheWrite1h", usage.cache_write_1h},
                    {"output", usage.output}};
  put(object, "thinking", usage.thinking);
  return object;
}

Written write(const Error& error) {
  Written object = {{"code", static_cast<int>(error.code)},
                    {"message", error.message},
                    {"retryable", error.data.retryable}};
  put(object, "hint", error.data.hint);
  put(object, "retryAfterSeconds", error.data.retry_after_seconds);
  put(object, "requestId", error.data.request_id);
  put(object, "offer", error.data.offer);
  return object;
}

class Writer {
 public:
  explicit Writer(const Tree& tree) : tree_(tree) {
    for (const Turn& turn : tree.turns) {
      const std::size_t place = places_.size() + 1;
      places_[turn.id] = "t" + std::to_string(place);
    }
  }

  Written conversation() const {
    const Conversation& conversation = tree_.conversation;
    Written object = {{"aside", {{"kind", "conversation"}, {"version", archive_version}}},
                      {"title", conversation.title},
                      {"uri", conversation.uri}};
    put(object, "model", conversation.model);
    put(object, "effort", conversation.effort);
    put(object, "system", conversation.system);
    put(object, "instructions", conversation.instructions);
    object["updated"] = iso_time(conversation.updated);
    put(object, "head", place(conversation.head));
    put(object, "visited", visited(""));
    object["turns"] = Written::array();
    for (const Turn& turn : tree_.turns) object["turns"].push_back(write_turn(turn));
    return object;
  }

 private:
  std::string place(const std::string& turn) const {
    const auto found = places_.find(turn);
    return found == places_.end() ? "" : found->second;
  }
  std::string visited(const std::string& turn) const {
    const auto found = tree_.visited.find(turn);
    return found == tree_.visited.end() ? "" : place(found->second);
  }

  Written write_turn(const Turn& turn) const {
    Written object = {{"turn", place(turn.id)}};
    put(object, "parent", place(turn.parent));
    object["role"] = name(turn.role);
    if (turn.compaction) object["kind"] = "compaction";
    if (turn.side) object["side"] = true;
    if (const Attachment* lines = rewritten_lines(turn))
      object["rewrite"] = {{"uri", lines->uri}, {"range", to_json(*lines->range)}};
    object["created"] = iso_time(turn.created);
    object["text"] = turn.text;
    if (turn.role == Role::User) {
      if (!turn.attachments.empty()) object["attachments"] = Written::array();
      for (const Attachment& attachment : turn.attachments)
        object["attachments"].push_back(write(attachment));
      object["content"] = turn.content;
      put(object, "system", turn.system);
      put(object, "visited", visited(turn.id));
      return object;
    }
    object["status"] = name(turn.status);
    put(object, "thinking", turn.thinking);
    put(object, "content", turn.content);
    put(object, "blocks", turn.blocks);
    if (turn.omit_thinking) object["bare"] = true;
    put(object, "server", turn.server);
    put(object, "message", turn.message);
    put(object, "model", turn.model);
    put(object, "stopReason", turn.stop_reason);
    if (turn.usage) object["usage"] = write(*turn.usage);
    put(object, "cost", turn.cost);
    if (turn.error) object["error"] = write(*turn.error);
    put(object, "visited", visited(turn.id));
    return object;
  }

  const Tree& tree_;
  std::map<std::string, std::string> places_;  // by id of a turn: its name in the text
};

// ---- import

std::int64_t read_time(const Fields& fields, const char* name) {
  const auto time = iso_milliseconds(fields.string(name));
  if (!time) fields.refuse(name, "must be a time like 2026-11-22T14:02:11.482Z");
  return *time;
}

// Reads an array of content blocks as a string; empty if the field is missing.
std::string read_blocks(const Fields& fields, const char* name) {
  std::string content = read_string(fields, name);
  if (content.empty()) return content;
  const auto parsed = parse_json(content);
  if (const auto* bad = std::get_if<BadJson>(&parsed)) fields.refuse(name, bad->problem);
  const json& blocks = std::get<json>(parsed);
  const auto is_block = [](const json& block) {
    return block.is_object() && block.contains("type") && block["type"].is_string();
  };
  if (!blocks.is_array() || !std::all_of(blocks.begin(), blocks.end(), is_block))
    fields.refuse(name, "must hold a JSON array of objects with a type");
  return content;
}

// Reads the content for requests, which must not be an empty array: the API refuses one.
std::string read_content(const Fields& fields) {
  std::string content = read_blocks(fields, "content");
  if (content == "[]") fields.refuse("content", "must not be empty");
  return content;
}

Usage read_usage(const Fields& fields) {
  Usage usage{fields.count("input"), fields.count("cacheRead"), fields.count("cacheWrite"),
              fields.count("cacheWrite1h"), fields.count("output")};
  if (fields.has("thinking")) usage.thinking = fields.count("thinking");
  return usage;
}

Error read_error(const Fields& fields) {
  Error error{static_cast<ErrorCode>(fields.integer("code", -32800, -31001)), fields.string("message")};
  const bool known =
      error.code == ErrorCode::InternalError || std::string_view(kind(error.code)) != "internalError";
  if (!known) fields.refuse("code", "must be one of Aside's error codes");
  error.data.retryable = fields.boolean("retryable");
  error.data.hint = read_string(fields, "hint");
  if (fields.has("retryAfterSeconds")) error.data.retry_after_seconds = fields.amount("retryAfterSeconds");
  error.data.request_id = read_string(fields, "requestId");
  error.data.offer = read_string(fields, "offer");
  return error;
}

Attachment read_attachment(const Fields& fields) {
  Attachment attachment{fields.string("uri"), fields.string("name"), read_range(fields),
                        read_string(fields, "languageId"), fields.string("text")};
  const auto kind = attachment_kind_named(read_string(fields, "kind"));
  if (!kind) fields.refuse("kind", "must be diagnostics, gitDiff, image, document or update, or absent");
  attachment.kind = *kind;
  attachment.media = read_string(fields, "mediaType");
  if (fields.has("bytes")) attachment.bytes = fields.count("bytes");
  attachment.seen = fields.optional_string("seen");
  if (fields.has("piece")) attachment.piece = fields.count("piece");
  return attachment;
}

Turn read_question(const Fields& fields) {
  Turn turn;
  turn.text = fields.string("text");
  turn.created = read_time(fields, "created");
  turn.content = read_content(fields);
  if (turn.content.empty()) fields.refuse("content", "is missing: nothing could be sent for this question");
  for (const Fields& attachment : fields.optional_list("attachments")) {
    turn.attachments.push_back(read_attachment(attachment));
  }
  turn.system = read_string(fields, "system");
  if (const auto rewrite = fields.optional_object("rewrite")) {
    const std::string uri = rewrite->string("uri");
    const auto range = read_range(*rewrite);
    const auto lines =
        std::find_if(turn.attachments.begin(), turn.attachments.end(), [&](const Attachment& one) {
          return one.kind == Attachment::Kind::Text && one.uri == uri && one.range && one.range == range;
        });
    if (lines == turn.attachments.end()) fields.refuse("rewrite", "must name one of the attachments");
    lines->rewrite = true;
  }
  return turn;
}

Turn read_reply(const Fields& fields) {
  Turn turn;
  turn.role = Role::Assistant;
  const auto status = status_named(fields.string("status"));
  if (!status || *status == Status::Streaming)
    fields.refuse("status", "must be one of complete, cancelled, cut, interrupted, refused, failed");
  turn.status = *status;
  turn.text = fields.string("text");
  turn.thinking = read_string(fields, "thinking");
  turn.created = read_time(fields, "created");
  turn.content = read_content(fields);
  turn.blocks = read_blocks(fields, "blocks");
  turn.omit_thinking = fields.optional_boolean("bare").value_or(false);
  turn.server = read_string(fields, "server");
  turn.message = read_string(fields, "message");
  turn.model = read_string(fields, "model");
  turn.stop_reason = read_string(fields, "stopReason");
  if (const auto usage = fields.optional_object("usage")) turn.usage = read_usage(*usage);
  if (fields.has("cost")) turn.cost = fields.amount("cost");
  if (const auto error = fields.optional_object("error")) turn.error = read_error(*error);
  return turn;
}

class Reader {
 public:
  explicit Reader(const Fields& fields) : fields_(fields) {}

  Tree read() {
    const auto format = fields_.object("aside");
    if (format.string("kind") != "conversation") format.refuse("kind", "must be conversation");
    format.integer("version", 1, archive_version);
    Conversation& conversation = tree_.conversation;
    conversation.title = fields_.string("title");
    conversation.uri = read_string(fields_, "uri");
    conversation.model = read_string(fields_, "model");
    conversation.effort = read_effort(fields_);
    conversation.system = read_string(fields_, "system");
    conversation.instructions = read_string(fields_, "instructions");
    conversation.updated = read_time(fields_, "updated");
    const auto turns = fields_.list("turns");
    if (turns.size() > max_archive_turns)
      fields_.refuse("turns", "must have at most " + std::to_string(max_archive_turns) + " elements");
    for (const Fields& turn : turns) read_turn(turn);
    conversation.head = reply(fields_, "head");
    // `visited` may name a turn that comes later in the text.
    read_visited(fields_, "");
    for (std::size_t i = 0; i < turns.size(); ++i) read_visited(turns[i], tree_.turns[i].id);
    return std::move(tree_);
  }

 private:
  void read_turn(const Fields& fields) {
    const std::string id = fields.filled("turn");
    const std::string parent = read_string(fields, "parent");
    const std::string role = fields.string("role");
    const bool asks = role == name(Role::User);
    if (!asks && role != name(Role::Assistant)) fields.refuse("role", "must be user or assistant");
    const auto above = roles_.find(parent);
    const bool hangs_well =
        parent.empty() ? asks : above != roles_.end() && (above->second == Role::User) != asks;
    if (!hangs_well)
      fields.refuse("parent", asks ? "must be a reply that comes before it, or absent"
                                   : "must be a question that comes before it");
    if (!roles_.emplace(id, asks ? Role::User : Role::Assistant).second)
      fields.refuse("turn", "must differ from the turns before it");
    Turn turn = asks ? read_question(fields) : read_reply(fields);
    turn.id = id;
    turn.parent = parent;
    turn.compaction = read_string(fields, "kind") == "compaction";
    turn.side = fields.optional_boolean("side").value_or(false);
    if (!parent.empty() && !turn.side && sides_.contains(parent))
      fields.refuse("side", "must be true, since the turn follows a side question");
    if (turn.side != sides_.contains(parent) && !asks)
      fields.refuse("side", "must be the same as its question's");
    if (turn.side) sides_.insert(id);
    tree_.turns.push_back(std::move(turn));
  }

  std::string reply(const Fields& fields, const char* name) const {
    const std::string id = read_string(fields, name);
    if (id.empty()) return id;
    const auto found = roles_.find(id);
    if (found == roles_.end() || found->second != Role::Assistant)
      fields.refuse(name, "must be one of the replies");
    if (sides_.contains(id)) fields.refuse(name, "must not be the reply to a side question");
    return id;
  }

  void read_visited(const Fields& fields, const std::string& from) {
    const std::string to = reply(fields, "visited");
    if (!to.empty()) tree_.visited[from] = to;
  }

  const Fields& fields_;
  Tree tree_;
  std::map<std::string, Role> roles_;
  std::set<std::string> sides_;
};

}  // namespace

Result<std::string> archive(const Tree& tree) {
  std::string text =
      Writer(tree).conversation().dump(1, ' ', false, Written::error_handler_t::replace) + "\n";
  if (text.size() <= max_archive_bytes) return text;
  return Error{ErrorCode::InvalidRequest,
               "exporting the conversation: as JSON it has " + mebibytes_text(text.size()) +
                   "; the limit is " + mebibytes_text(max_archive_bytes),
               {.hint = "Export it as Markdown, or fork from an earlier turn and export that."}};
}

Result<Tree> read_archive(std::string_view text) {
  if (text.size() > max_archive_bytes) {
    return Error{ErrorCode::InvalidParams,
                 std::string(path) + " must have at most " + mebibytes_text(max_archive_bytes)};
  }
  const auto parsed = parse_json(text);
  if (const auto* bad = std::get_if<BadJson>(&parsed))
    return Error{ErrorCode::InvalidParams, std::string(path) + " " + bad->problem};
  try {
    return Reader(Fields(std::get<json>(parsed), path)).read();
  } catch (const BadField& bad) {
    return Error{ErrorCode::InvalidParams, bad.path + " " + bad.problem};
  }
}

}  // namespace aside
