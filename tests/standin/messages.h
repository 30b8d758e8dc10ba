// The rules of `messages`: shapes of blocks, roles and their order, tools
// and their results, images and documents, the place of a summary. Throws Refusal, see fields.h.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "tests/standin/models.h"

namespace aside::test {

struct Dialect {
  std::string_view version;  // value of the anthropic-version header
  bool compaction = false;   // the header of on-demand compaction is there
};

void check_message_shapes(const nlohmann::ordered_json& messages, const Dialect& dialect);
// For messages whose shapes are right. `summarize`: they are to be summarized, not answered.
void check_message_order(const nlohmann::ordered_json& messages, const ApiModel& model, bool summarize);
// How many images and pages there may be, and how large.
void check_media_limits(const nlohmann::ordered_json& messages, const ApiModel& model);
// A system prompt, or the content of a message, as blocks of text only.
void check_text_blocks(const nlohmann::ordered_json& content, std::string_view path);
void check_cache_control(const nlohmann::ordered_json& object, std::string_view path);

}  // namespace aside::test
