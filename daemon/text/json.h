// JSON as text: find, split and rebuild values without parsing them into objects, so that what the API sent
// goes back to it byte for byte, key order, number spelling and unknown fields included. Input must be valid
// JSON (parse it first; anything else gives some nonsense, but is never read beyond its end); views point
// into it. Nothing here recurses, however deep the nesting.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/blank.h"

namespace aside::json_text {

std::vector<std::string_view> elements(std::string_view array);
// Raw keys (with their quotes taken off, escapes left alone) and raw values, in order.
std::vector<std::pair<std::string_view, std::string_view>> members(std::string_view object);
// The raw value of the first member of that name; empty where there is none.
std::string_view member(std::string_view object, std::string_view name);
// The object with these members' values replaced in place (raw JSON), or appended where they were missing.
std::string with(std::string_view object,
                 const std::vector<std::pair<std::string_view, std::string>>& replaced);
// A quoted JSON string. Bytes that are not UTF-8 become U+FFFD.
std::string quoted(std::string_view text);
// The text of a raw JSON string; surrogate pairs joined, lone surrogates become U+FFFD. Empty unless it is a
// string.
std::string unquoted(std::string_view raw);
// JSON as it came off the wire, made parseable: lone surrogate escapes become \ufffd, bytes that are not
// UTF-8 U+FFFD, and control characters within strings their escapes.
std::string mended(std::string_view json);
// Do its arrays and objects stand in one another more than `limit` deep? (What recurses would overflow its
// stack.)
bool nested_deeper(std::string_view json, std::size_t limit);
using aside::blank;  // the API refuses a text block that is

}  // namespace aside::json_text
