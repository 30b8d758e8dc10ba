#include "daemon/api/reply_reader.h"

#include <algorithm>
#include <new>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/api/error.h"
#include "daemon/text/json.h"
#include "daemon/text/safe.h"

namespace aside {
namespace {

constexpr std::string_view bom = "\xEF\xBB\xBF";

Error no_memory() {
  return {ErrorCode::Upstream,
          "reading the reply: there is not enough memory for it",
          {.hint = "The part that has arrived is kept. Close other programs, or ask for less at a time."}};
}

// Makes the error for a response that is not a reply, in the server's own words.
Error no_reply(const HttpHead& head, std::string_view body) {
  Error error = api_error(0, body);
  const std::string type = header(head, "content-type");
  const std::string words = std::move(error.message);
  error.message = "the server answered with " + (type.empty() ? "something else" : one_line(type)) +
                  " instead of a reply: " + words;
  if (error.data.hint.empty()) error.data.hint = "Check baseUrl: there is no Messages API at this address.";
  return error;
}

Error broke_off(const Reply& reply) {
  ErrorData data;
  data.hint = "Ask again, or continue the reply.";
  data.retryable = true;
  Error error{ErrorCode::Upstream,
              reply.started() ? "the stream broke off before the reply was complete"
                              : "the stream ended before a reply began",
              std::move(data)};
  if (!reply.remark().empty()) error.message += ": " + api_error(0, reply.remark()).message;
  return error;
}

}  // namespace

std::string header(const HttpHead& head, const std::string& name) {
  const auto found = head.headers.find(name);
  return found == head.headers.end() ? "" : redacted(json_text::unquoted(json_text::quoted(found->second)));
}

ReplyReader::ReplyReader(Reply& reply, const ReplyEvents& events, std::chrono::milliseconds silence)
    : reply_(reply), events_(events), signs_time_(silence * silences_with_signs) {}

HttpProgress ReplyReader::progress() {
  HttpProgress progress;
  progress.connected = [this] { change_state("waiting"); };
  progress.head = [this](const HttpHead& head) {
    head_ = head;
    until_ = Clock::now() + (succeeded() ? signs_time_ : ending_time);
  };
  progress.body = [this](std::string_view bytes) { return receive(bytes); };
  progress.until = [this] { return until_; };
  return progress;
}

void ReplyReader::end() {
  if (!succeeded()) return;
  try {
    decoder_.finish();
    take_events([](const SseEvent& event) {
      return event.name == "error" || nlohmann::json::accept(json_text::mended(event.data));
    });
    if (form_ == Form::Json) take_document();
    if (!reply_.finished()) reply_.end();
    hand_on();
  } catch (const std::bad_alloc&) {
    error_ = no_memory();
  }
  if (!error_ && until_ <= std::chrono::steady_clock::now()) {
    error_ = Error{ErrorCode::Upstream,
                   "the server sent only pings, and no text, for " +
                       std::to_string(std::chrono::duration_cast<std::chrono::seconds>(signs_time_).count()) +
                       " s",
                   {.hint = "Ask again, or choose another model.", .offer = "model"}};
  }
}

Error ReplyReader::fault() const {
  if (error_) return *error_;
  if (!is_page()) return broke_off(reply_);
  return no_reply(head_, reply_.remark().empty() ? page_ : reply_.remark());
}

bool ReplyReader::is_page() const {
  if (form_ == Form::Json) return !reply_.started();
  return form_ == Form::Page || (form_ == Form::Events && !decoded_);
}

bool ReplyReader::receive(std::string_view bytes) {
  try {
    return read(bytes);
  } catch (const std::bad_alloc&) {
    document_ = {};
    error_ = no_memory();
    return false;
  }
}

// Keeps the first bytes until they turn out to be events, because an error message may have to quote them.
bool ReplyReader::read(std::string_view bytes) {
  const std::size_t earlier = page_.size();
  if (!decoded_) page_ += bytes.substr(0, max_page_bytes - earlier);
  if (!succeeded() || form_ == Form::Page) return page_.size() < max_page_bytes;
  const bool first = form_ == Form::Unknown;
  if (first) form_ = form_of(page_);
  if (form_ == Form::Unknown) return page_.size() < max_page_bytes;
  if (form_ == Form::Page) return true;
  const std::string_view blanks = first ? std::string_view(page_).substr(0, earlier) : std::string_view();
  if (form_ == Form::Json) {
    document_.append(blanks).append(bytes);
    if (first && document_.starts_with(bom)) document_.erase(0, bom.size());
    take_lines();
  } else {
    decoder_.feed(blanks);
    decoder_.feed(bytes);
    take_events([](const SseEvent&) { return true; });
  }
  if ((decoder_.overflowed() || document_.size() > SseDecoder::max_event_bytes) && !error_)
    error_ = Error{ErrorCode::Upstream, "reading the reply: the server sent an event that is too long"};
  hand_on();
  return !error_ && !reply_.finished();
}

ReplyReader::Form ReplyReader::form_of(std::string_view text) {
  if (text.starts_with(bom)) text.remove_prefix(bom.size());
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  if (at == text.npos || bom.starts_with(text)) return Form::Unknown;
  if (text[at] == '{' || text[at] == '[') return Form::Json;
  return text[at] == '<' ? Form::Page : Form::Events;
}

template <class Wanted>
void ReplyReader::take_events(Wanted wanted) {
  while (!error_ && !reply_.finished()) {
    const auto event = decoder_.next();
    if (!event) break;
    if (wanted(*event)) take(*event);
  }
}

void ReplyReader::take(const SseEvent& event) {
  decoded_ = true;
  const std::size_t before = reply_.news();
  if (auto taken = reply_.add_event(event); !taken) error_ = taken.error();
  const auto now = std::chrono::steady_clock::now();
  if (reply_.news() == before) return;
  until_ = now + (reply_.whole() ? ending_time : signs_time_);
}

// Reads one event from each line, until a line is not a JSON object.
void ReplyReader::take_lines() {
  std::size_t taken = 0;
  while (by_line_ && !error_ && !reply_.finished()) {
    const std::size_t end = document_.find('\n', std::max(taken, searched_));
    searched_ = std::min(end, document_.size());
    if (end == document_.npos) break;
    const std::string line = json_text::mended(std::string_view(document_).substr(taken, end - taken));
    const std::size_t start = line.find_first_not_of(" \t\r");
    by_line_ = start == line.npos || (line[start] == '{' && nlohmann::json::accept(line));
    if (!by_line_) break;
    if (start != line.npos) take({"", line});
    taken = end + 1;
  }
  document_.erase(0, taken);
  searched_ -= std::min(taken, searched_);
}

void ReplyReader::take_document() {
  std::string document = json_text::mended(document_);
  if (!nlohmann::json::accept(document)) take_cut(document);
  document_ = {};
  if (json_text::blank(document) || error_ || reply_.finished()) return;
  const std::size_t start = std::min(document.find_first_not_of(" \t\r\n"), document.size() - 1);
  const bool is_array = document[start] == '[';
  if (!is_array || !nlohmann::json::accept(document)) {
    take({"", document});
    return;
  }
  for (const std::string_view element : json_text::elements(document)) {
    if (!error_ && !reply_.finished()) take({"", std::string(element)});
  }
}

// Completes a message that was cut, and makes it the beginning of a stream. A stop reason may be cut, too, so a
// stop reason in the message doesn't count.
void ReplyReader::take_cut(std::string& document) {
  const std::string closed = json_text::mended(json_text::closed(document_));
  if (!nlohmann::json::accept(closed)) return;
  const std::string message = closed.substr(std::min(closed.find_first_not_of(" \t\r\n"), closed.size()));
  if (message.starts_with('[')) document = message;
  if (!message.starts_with('{') || json_text::member(message, "content").empty()) return;
  document =
      R"({"type":"message_start","message":)" + json_text::with(message, {{"stop_reason", "null"}}) + "}";
}

void ReplyReader::hand_on() {
  if (!reply_.shown() && !reply_.finished()) return;
  std::vector<Piece> pieces = reply_.take_pieces();
  if (pieces.empty()) return;
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::Thinking) change_state("thinking");
    if (piece.kind == Piece::Kind::Text) change_state("writing");
  }
  events_.pieces(std::move(pieces));
}

void ReplyReader::change_state(std::string_view state) {
  if (state == state_) return;
  state_ = state;
  events_.state(state, std::nullopt);
}

}  // namespace aside
