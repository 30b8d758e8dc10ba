// JSON as text: finds, splits and rebuilds values without parsing them into objects, so that what the API sent
// goes back byte for byte, with its key order, number spelling and unknown fields. Input must be valid JSON
// (parse it first; for other input the result is meaningless, but nothing beyond its end is read). Views point
// into the input. Nothing here recurses, however deep the nesting.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/blank.h"

namespace aside::json_text {

std::vector<std::string_view> elements(std::string_view array);
// Raw keys (without their quotes, escapes unchanged) and raw values, in order.
std::vector<std::pair<std::string_view, std::string_view>> members(std::string_view object);
// The raw value of the first member of that name; empty where there is none.
std::string_view member(std::string_view object, std::string_view name);
// The object with the values of these members (raw JSON) replaced in place, or appended where they were missing.
std::string with(std::string_view object,
                 const std::vector<std::pair<std::string_view, std::string>>& replaced);
// A quoted JSON string. Bytes that are not UTF-8 become U+FFFD.
std::string quoted(std::string_view text);
// The text of a raw JSON string. Surrogate pairs are joined, lone surrogates become U+FFFD. Empty for another
// type of value.
std::string unquoted(std::string_view raw);
// JSON from a server, repaired so that it can be parsed: lone surrogate escapes become \ufffd, bytes that are not
// UTF-8 become U+FFFD, control characters within strings become escapes, numbers beyond a double become the largest
// one, and NaN and Infinity become null.
std::string mended(std::string_view json);
// The beginning of a JSON text, ended so that it can be parsed: with the part of a string value that has come, and without
// a key, a number or a word that may not have come whole.
std::string closed(std::string_view beginning);
// Whether its arrays and objects are nested deeper than `limit`. (Recursive code would overflow its stack.)
bool nested_deeper(std::string_view json, std::size_t limit);
using aside::blank;  // the API refuses blank text blocks

}  // namespace aside::json_text
