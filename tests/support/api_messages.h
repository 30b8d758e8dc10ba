// The rules of `messages` (messages-api §4): shapes of blocks, roles and their order, tools and their
// results. Throws Refusal, see api_fields.h.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "tests/support/api_models.h"

namespace aside::test {

// `version` is the value of the anthropic-version header.
void check_message_shapes(const nlohmann::ordered_json& messages, std::string_view version);
// For messages whose shapes are right.
void check_message_order(const nlohmann::ordered_json& messages, const ApiModel& model);
// A system prompt, or the content of a message, as blocks of text only.
void check_text_blocks(const nlohmann::ordered_json& content, std::string_view path);
void check_cache_control(const nlohmann::ordered_json& object, std::string_view path);

}  // namespace aside::test
