// The rules of `messages`: shapes of blocks, roles and their order, tools and their results, images and
// documents, the place of a summary. The functions throw Refusal (fields.h).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "tests/standin/models.h"

namespace aside::test {

struct Dialect {
  std::string_view version;  // the value of the anthropic-version header
  bool compaction = false;   // whether the request has the header of on-demand compaction
};

void check_message_shapes(const nlohmann::ordered_json& messages, const Dialect& dialect);
// Checks the order of messages whose shapes have been checked. `summarize`: whether the request asks for a
// summary instead of an answer.
void check_message_order(const nlohmann::ordered_json& messages, const ApiModel& model, bool summarize);
// Checks how many images and pages there are, and how large they are.
void check_media_limits(const nlohmann::ordered_json& messages, const ApiModel& model);
// Checks that a system prompt, or the content of a message, has only blocks of text.
void check_text_blocks(const nlohmann::ordered_json& content, std::string_view path);
void check_cache_control(const nlohmann::ordered_json& object, std::string_view path);

}  // namespace aside::test
