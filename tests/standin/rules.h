// The rules of the Messages API: turns headers and a body into the official refusal or a checked request.
// This module uses no socket. It is as strict as the documentation of versions 2026-10-21 and 2023-06-01. It
// also refuses an assistant message that holds only thinking, cache marks inside the content of a tool
// result, a summary that was changed or is empty, and a summary that is followed by the messages that it
// replaces. The real API would accept and bill a summary that is followed by these messages. If the summary replaces
// a single block only, the same block may follow, since a user may ask the same question again.
//
// One beta is supported: on-demand compaction, compact-2026-09-04. The names of other betas are accepted, but
// their fields are not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tests/standin/fields.h"
#include "tests/standin/models.h"
#include "tests/standin/prompt.h"

namespace aside::test {

using ApiHeaders = std::map<std::string, std::string>;  // names in lower case

struct ApiRules {
  static constexpr std::size_t max_body_bytes = 32 * 1024 * 1024;
  static constexpr std::size_t max_messages = 100000;
  static constexpr std::size_t max_depth = 200;  // the nesting of JSON; the API's shapes need much less
  static constexpr std::size_t max_cache_marks = 4;
  static constexpr std::size_t max_image_bytes = 10 * 1024 * 1024;  // the size in base64
  static constexpr std::int64_t small_window = 200000;
  // The largest number of images, and also of PDF pages. The smaller one is for models with a small window.
  static constexpr std::size_t max_images = 600, max_images_small = 100;
  static constexpr std::size_t many_images = 20;
  static constexpr std::int64_t max_side = 8000, max_side_of_many = 2000;  // in pixels

  std::string key = {};     // the only accepted key; empty: any key is accepted
  std::int64_t window = 0;  // the most tokens of input; 0: the model's limit
  // Whether two messages of the user in a row are refused, as by strict chat templates.
  bool alternating = false;
  ThinkingSeal seal{"stand-in"};
};

enum class ApiCall { Create, CountTokens };

struct CheckedRequest {
  Json body;
  const ApiModel* model = nullptr;
  ApiPrompt prompt;
  bool compaction = false;  // whether the compaction beta is on
  bool summarize = false;   // whether the request asks for a summary
};

// Checks the headers that every call needs: credential, version, betas.
std::optional<Refusal> refuse_headers(const ApiHeaders& headers, const ApiRules& rules);
bool speaks_compaction(const ApiHeaders& headers);
// Checks the content type and the body of a call to /v1/messages or its count_tokens.
std::variant<CheckedRequest, Refusal> check_request(ApiCall call, const ApiHeaders& headers,
                                                    std::string_view body, const ApiRules& rules);

}  // namespace aside::test
