// Sends all messages to the editor, in order. While the editor reads slowly, the deltas of replies are held back and
// joined, so that one message has the text of many. They are sent before any other message.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "protocol/methods.h"

namespace aside {

class Outbox {
 public:
  enum class MessageType { Warning = 2, Info = 3 };  // LSP's numbers

  Outbox(std::function<void(std::string body)> send, std::function<bool()> congested);

  void send(std::string body);
  void add(DeltaParams delta);
  void release();  // sends what is held back, also to an editor that reads slowly
  void show(MessageType type, const std::string& message);

 private:
  std::function<void(std::string body)> send_;
  std::function<bool()> congested_;
  std::deque<DeltaParams> held_;  // at most the text of the running replies (Reply::max_bytes each)
};

}  // namespace aside
