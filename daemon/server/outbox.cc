#include "daemon/server/outbox.h"

#include <cstddef>
#include <utility>

#include "protocol/message.h"
#include "protocol/plain_text.h"

namespace aside {
namespace {

// The most text of joined deltas in one message. Encoding the text takes several times as much memory.
constexpr std::size_t max_joined_bytes = 64 * 1024;

}  // namespace

Outbox::Outbox(std::function<void(std::string body)> send, std::function<bool()> congested)
    : send_(std::move(send)), congested_(std::move(congested)) {}

void Outbox::send(std::string body) {
  release();
  send_(std::move(body));
}

void Outbox::add(DeltaParams delta) {
  const bool joins = !held_.empty() && held_.back().turn == delta.turn && held_.back().kind == delta.kind &&
                     held_.back().text.size() < max_joined_bytes;
  if (joins)
    held_.back().text += delta.text;
  else
    held_.push_back(std::move(delta));
  if (!congested_()) release();
}

void Outbox::release() {
  while (!held_.empty()) {
    send_(dump_notification(method::delta, to_json(held_.front())));
    held_.pop_front();
  }
}

void Outbox::show(MessageType type, const std::string& message) {
  send(dump_notification(method::show_message,
                         {{"type", static_cast<int>(type)}, {"message", "Aside: " + plain_line(message)}}));
}

}  // namespace aside
