// What changes a conversation without asking anything. protocol.md: "Changing".
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
  std::string conversation, turn;  // turn is "" if it was null: before the first question
  bool onward = false;
  static SelectParams from(const Fields& fields);
};
struct ConfigureParams {
  std::string conversation;
  std::optional<std::string> model, effort, title;
  static ConfigureParams from(const Fields& fields);
};
struct ForkParams {
  std::string uri, conversation, turn, title;  // turn empty: the head; title empty: made from the original's
  static ForkParams from(const Fields& fields);
};
struct ImportParams {
  std::string uri, text;
  static ImportParams from(const Fields& fields);
};
struct ConversationParams {  // delete
  std::string conversation;
  static ConversationParams from(const Fields& fields);
};

struct NewResult {
  std::string conversation;
};

json to_json(const NewResult& result);

}  // namespace aside
