#include "protocol/methods/changing.h"

#include "protocol/blank.h"
#include "protocol/methods/parts.h"

namespace aside {

NewParams NewParams::from(const Fields& fields) {
  return {read_document(fields), read_string(fields, "title")};
}

OpenParams OpenParams::from(const Fields& fields) {
  return {read_document(fields), fields.filled("conversation")};
}

SelectParams SelectParams::from(const Fields& fields) {
  const auto turn = fields.nullable("turn");
  if (!turn) fields.refuse("turn", "is missing (null is before the first question)");
  return {fields.filled("conversation"), *turn, fields.optional_boolean("onward").value_or(false)};
}

ConfigureParams ConfigureParams::from(const Fields& fields) {
  ConfigureParams params{fields.filled("conversation"), fields.optional_string("model"),
                         optional_effort(fields), fields.optional_string("title")};
  if (params.title && blank(*params.title)) fields.refuse("title", "must not be blank");
  return params;
}

ForkParams ForkParams::from(const Fields& fields) {
  return {read_document(fields), fields.filled("conversation"), read_string(fields, "turn"),
          read_string(fields, "title")};
}

ImportParams ImportParams::from(const Fields& fields) {
  return {read_document(fields), fields.filled("text")};
}

ConversationParams ConversationParams::from(const Fields& fields) {
  return {fields.filled("conversation")};
}

json to_json(const NewResult& result) {
  return json::object({{"conversation", result.conversation}});
}

}  // namespace aside
