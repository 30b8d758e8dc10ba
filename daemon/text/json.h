// JSON as text: finds, splits and rebuilds values without parsing them into objects. So what the API sent goes back to
// it byte for byte, with the same order of keys, spelling of numbers and unknown fields. Input must be valid JSON:
// parse it first. For other input the result is meaningless, but nothing beyond its end is read. Views point into the
// input. Nothing here recurses, however deep the nesting.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/blank.h"

namespace aside::json_text {

std::vector<std::string_view> elements(std::string_view array);
// Returns raw keys (without their quotes, escapes unchanged) and raw values, in order.
std::vector<std::pair<std::string_view, std::string_view>> members(std::string_view object);
// Returns the raw value of the first member with that name; empty if there is none.
std::string_view member(std::string_view object, std::string_view name);
// Returns the object with new values (raw JSON) for these members. A missing member is appended.
std::string with(std::string_view object,
                 const std::vector<std::pair<std::string_view, std::string>>& replaced);
// Returns the text as a quoted JSON string. Bytes that are not UTF-8 become U+FFFD.
std::string quoted(std::string_view text);
// Returns the text of a raw JSON string; empty if the value isn't a string. Surrogate pairs are joined, and lone
// surrogates become U+FFFD.
std::string unquoted(std::string_view raw);
// JSON from a server, repaired so that it can be parsed: lone surrogate escapes become \ufffd, bytes that are not
// UTF-8 become U+FFFD, control characters within strings become escapes, numbers beyond a double become the largest
// one, and NaN and Infinity become null.
std::string mended(std::string_view json);
// Completes the beginning of a JSON text so that it can be parsed. Keeps the part of a string value that has arrived.
// Drops a key, number or word that may be incomplete.
std::string closed(std::string_view beginning);
// Whether the arrays and objects of `json` are nested deeper than `limit`. (Recursive code would overflow its stack.)
bool nested_deeper(std::string_view json, std::size_t limit);
using aside::blank;  // for callers that leave out blank text blocks, which the API refuses

}  // namespace aside::json_text
