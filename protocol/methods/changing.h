// The types of methods that change conversations without asking a question. protocol.md: "Changing".
#pragma once

#include <optional>
#include <string>

#include "protocol/message.h"

namespace aside {

struct NewParams {
  std::string uri, title;
  static NewParams from(const Fields& fields);
};
struct OpenParams {
  std::string uri, conversation;
  static OpenParams from(const Fields& fields);
};
struct SelectParams {
  std::string conversation, turn;  // `turn` is "" if null was sent: the place before the first question
  bool onward = false;
  static SelectParams from(const Fields& fields);
};
struct ConfigureParams {
  std::string conversation;
  std::optional<std::string> model, effort, title;
  static ConfigureParams from(const Fields& fields);
};
struct ForkParams {
  // An empty `turn` means the head. If `title` is empty, a title is made from the original's.
  std::string uri, conversation, turn, title;
  static ForkParams from(const Fields& fields);
};
struct ImportParams {
  std::string uri, text;
  static ImportParams from(const Fields& fields);
};
struct ConversationParams {  // for delete
  std::string conversation;
  static ConversationParams from(const Fields& fields);
};

struct NewResult {
  std::string conversation;
};

json to_json(const NewResult& result);

}  // namespace aside
