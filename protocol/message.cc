#include "protocol/message.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "protocol/plain_text.h"

namespace aside {
namespace {

Unparsed invalid(std::optional<Id> id, std::string problem) {
  return {std::move(id), Error{ErrorCode::InvalidRequest, std::move(problem)}};
}

// The nesting is checked before parsing: the parser accepts any depth, but code that reads the values later is
// recursive.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        quoted = !quoted;
        break;
      case '\\':
        if (quoted) ++i;
        break;
      case '[':
      case '{':
        if (!quoted && ++depth > max_nesting) return true;
        break;
      case ']':
      case '}':
        if (!quoted && depth > 0) --depth;
        break;
      default:
        break;
    }
  }
  return false;
}

// Returns the place of the quote that ends the string which begins at `at`; the size of the text if the string has no
// end.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at, text.size());
}

// Returns the value of a \uXXXX escape that begins at `at`; 0 if there is none.
unsigned escape(std::string_view text, std::size_t at) {
  if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return 0;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data() + at + 2, text.data() + at + 6, value, 16);
  return error == std::errc() && end == text.data() + at + 6 ? value : 0;
}

bool high(unsigned unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool low(unsigned unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

std::string without_lone_surrogates(std::string_view text) {
  std::string mended(text);
  for (auto at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    const auto unit = escape(text, at);
    if (high(unit) && low(escape(text, at + 6))) {
      at += 12;
    } else if (high(unit) || low(unit)) {
      mended.replace(at + 2, 4, "fffd");
      at += 6;
    } else {
      at += 2;
    }
  }
  return mended;
}

json parsed(std::string_view text) {
  const bool surrogates =
      text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
  return surrogates ? json::parse(without_lone_surrogates(text)) : json::parse(text);
}

std::string type_of(const json& value) {
  if (value.is_null()) return "null";
  const std::string name = value.type_name();
  return (name == "object" || name == "array" ? "an " : "a ") + name;
}

// Returns a number itself, or the type of any other value.
std::string described(const json& value) {
  return value.is_number() ? value.dump() : type_of(value);
}

// Caution: the library keeps a number beyond 64 bits as a float, and `get` turns an unsigned number above the signed
// range into a negative one.
std::optional<std::int64_t> read_integer(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  const auto number = value.get<std::int64_t>();
  if (value.is_number_unsigned() && number < 0) return std::nullopt;
  return number;
}

std::optional<Id> read_id(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (const auto number = read_integer(value)) return *number;
  return std::nullopt;
}

std::string wrong_id(const json& value) {
  return "must be an integer of 64 bits or a string, but is " + described(value);
}

Incoming classify(json message) {
  if (message.is_array())
    return invalid({}, "the message is a batch, which LSP doesn't have: send its messages one by one");
  if (!message.is_object()) return invalid({}, "the message must be an object, but is " + type_of(message));

  const auto none = message.end();
  const auto id = message.find("id");
  const auto method = message.find("method");
  if (method == none && (message.contains("result") || message.contains("error"))) {
    return Response{id == none ? std::nullopt : read_id(*id)};
  }
  const auto sender = id == none ? std::nullopt : read_id(*id);
  if (id != none && !sender) return invalid({}, "id " + wrong_id(*id));
  const auto version = message.find("jsonrpc");
  if (version == none) return invalid(sender, "jsonrpc is missing");
  if (*version != "2.0") return invalid(sender, "jsonrpc must be \"2.0\"");
  if (method == none) return invalid(sender, "method is missing");
  if (!method->is_string()) return invalid(sender, "method must be a string, but is " + type_of(*method));

  const auto found = message.find("params");
  json params = found == none ? json() : std::move(*found);
  if (!sender) return Notification{method->get<std::string>(), std::move(params)};
  return Request{*sender, method->get<std::string>(), std::move(params)};
}

// Returns the id of a message whose only fault may be bytes that are not UTF-8, so that a request can be answered.
std::optional<Id> id_despite_bytes(std::string_view body) {
  std::string ascii(body);
  if (std::none_of(ascii.begin(), ascii.end(), [](char c) { return c & 0x80; }) || too_deep(body)) return {};
  std::replace_if(
      ascii.begin(), ascii.end(), [](char c) { return c & 0x80; }, '?');
  const json message = json::parse(ascii, nullptr, false);
  const bool has_id = message.is_object() && message.contains("id") && message.contains("method");
  return has_id ? read_id(message["id"]) : std::nullopt;
}

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_of(const std::optional<Id>& id) {
  if (!id) return "null";
  return std::visit([](const auto& value) { return text_of(json(value)); }, *id);
}

// Joins strings, so that a whole conversation isn't copied into another JSON object for its envelope.
std::string envelope(std::string_view first, const std::string& head, std::string_view second,
                     const std::string& tail) {
  std::string text = R"({"jsonrpc":"2.0",)";
  text.append(first).append(head).append(second).append(tail).append("}");
  return text;
}

void put(json& data, const char* name, const std::string& text) {
  if (!text.empty()) data[name] = text;
}

}  // namespace

Incoming parse(std::string_view body) {
  auto message = parse_json(body);
  if (const auto* bad = std::get_if<BadJson>(&message)) {
    return Unparsed{id_despite_bytes(body), Error{ErrorCode::ParseError, "the message " + bad->problem}};
  }
  return classify(std::get<json>(std::move(message)));
}

std::optional<Id> request_id(std::string_view beginning) {
  constexpr const char* blanks = " \t\r\n";
  std::optional<Id> id;
  bool has_method = false;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < beginning.size() && !(id && has_method); ++at) {
    const char c = beginning[at];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c != '"') continue;
    const std::size_t start = at + 1;
    at = string_end(beginning, at);
    const std::size_t colon = beginning.find_first_not_of(blanks, at + 1);
    if (depth != 1 || colon == beginning.npos || beginning[colon] != ':') continue;
    const std::string_view name = beginning.substr(start, at - start);
    if (name == "method") has_method = true;
    if (name != "id") continue;
    const std::size_t value = std::min(beginning.find_first_not_of(blanks, colon + 1), beginning.size());
    const bool quoted = beginning.substr(value).starts_with('"');
    const std::size_t end =
        quoted ? string_end(beginning, value) + 1 : beginning.find_first_of(",} \t\r\n", value);
    if (end > beginning.size()) return std::nullopt;
    id = read_id(json::parse(beginning.substr(value, end - value), nullptr, false));
    at = end - 1;
  }
  return has_method ? id : std::nullopt;
}

std::variant<json, BadJson> parse_json(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return BadJson{"is empty"};
  if (too_deep(text)) return BadJson{"is nested deeper than " + std::to_string(max_nesting) + " levels"};
  try {
    return parsed(text);
  } catch (const json::parse_error& error) {
    const bool bytes = std::string_view(error.what()).find("ill-formed UTF-8") != std::string_view::npos;
    return BadJson{(bytes ? "holds bytes that are not UTF-8: " : "is no JSON: ") + reason(error) +
                   ", at byte " + std::to_string(error.byte)};
  } catch (const json::out_of_range&) {
    return BadJson{"holds a number that is too large"};
  }
}

// The library's version 3.11.3 reports an empty text without " - ".
std::string reason(const json::exception& error) {
  std::string_view what = error.what();
  for (const std::string_view before : {"] ", " - "}) {
    if (const auto found = what.find(before); found != what.npos) what.remove_prefix(found + before.size());
  }
  return std::string(what.substr(0, what.find("; last read")));
}

std::string dump_result(const Id& id, const json& result) {
  return envelope(R"("id":)", text_of(id), R"(,"result":)", text_of(result));
}

std::string dump_error(const std::optional<Id>& id, const Error& error) {
  json data = {{"kind", kind(error.code)}, {"retryable", error.data.retryable}};
  put(data, "hint", plain_line(error.data.hint));
  if (error.data.retry_after_seconds) data["retryAfterSeconds"] = *error.data.retry_after_seconds;
  put(data, "requestId", error.data.request_id);
  put(data, "conversation", error.data.conversation);
  put(data, "turn", error.data.turn);
  put(data, "owner", plain_line(error.data.owner));
  put(data, "offer", error.data.offer);
  for (const std::string& reason : error.data.reasons) data["reasons"].push_back(plain_line(reason));
  put(data, "since", error.data.since);
  const json wire = {{"code", static_cast<int>(error.code)},
                     {"message", plain_line(error.message)},
                     {"data", std::move(data)}};
  return envelope(R"("id":)", text_of(id), R"(,"error":)", text_of(wire));
}

std::string dump_notification(std::string_view method, const json& params) {
  return envelope(R"("method":)", text_of(json(method)), R"(,"params":)", text_of(params));
}

Fields::Fields(const json& value, std::string path) : value_(&value), path_(std::move(path)) {
  if (!value.is_object()) throw BadField{path_, "must be an object, but is " + type_of(value)};
}

const json& Fields::raw(const char* name) const {
  static const json nothing;
  const auto found = value_->find(name);
  return found == value_->end() ? nothing : *found;
}

const json& Fields::required(const char* name) const {
  if (!value_->contains(name)) refuse(name, "is missing");
  return raw(name);
}

bool Fields::has(const char* name) const {
  return !raw(name).is_null();
}

void Fields::refuse(const char* name, std::string problem) const {
  throw BadField{path_ + "." + name, std::move(problem)};
}

std::string Fields::string(const char* name) const {
  const json& value = required(name);
  if (!value.is_string()) refuse(name, "must be a string, but is " + type_of(value));
  return value.get<std::string>();
}

std::string Fields::filled(const char* name) const {
  auto text = string(name);
  if (text.empty()) refuse(name, "must not be empty");
  return text;
}

std::optional<std::string> Fields::optional_string(const char* name) const {
  if (!has(name)) return std::nullopt;
  return string(name);
}

bool Fields::boolean(const char* name) const {
  const json& value = required(name);
  if (!value.is_boolean()) refuse(name, "must be true or false, but is " + type_of(value));
  return value.get<bool>();
}

std::optional<bool> Fields::optional_boolean(const char* name) const {
  if (!has(name)) return std::nullopt;
  return boolean(name);
}

std::optional<std::string> Fields::nullable(const char* name) const {
  if (!value_->contains(name)) return std::nullopt;
  return has(name) ? filled(name) : std::string();
}

int Fields::integer(const char* name, int least, int most) const {
  const json& value = required(name);
  if (!value.is_number()) refuse(name, "must be an integer, but is " + type_of(value));
  const auto number = read_integer(value);
  if (number && *number >= least && *number <= most) return static_cast<int>(*number);
  refuse(name, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most) +
                   ", but is " + value.dump());
}

std::int64_t Fields::count(const char* name) const {
  const json& value = required(name);
  const auto number = read_integer(value);
  if (!number || *number < 0) refuse(name, "must be an integer from 0, but is " + described(value));
  return *number;
}

double Fields::amount(const char* name) const {
  const json& value = required(name);
  if (!value.is_number() || value.get<double>() < 0)
    refuse(name, "must be a number from 0, but is " + described(value));
  return value.get<double>();
}

Id Fields::id(const char* name) const {
  const json& value = required(name);
  if (auto id = read_id(value)) return *id;
  refuse(name, wrong_id(value));
}

Fields Fields::object(const char* name) const {
  return Fields(required(name), path_ + "." + name);
}

std::optional<Fields> Fields::optional_object(const char* name) const {
  if (!has(name)) return std::nullopt;
  return object(name);
}

std::vector<Fields> Fields::list(const char* name) const {
  const json& value = required(name);
  if (!value.is_array()) refuse(name, "must be an array, but is " + type_of(value));
  std::vector<Fields> elements;
  elements.reserve(value.size());
  for (const json& element : value) {
    elements.emplace_back(element, path_ + "." + name + "[" + std::to_string(elements.size()) + "]");
  }
  return elements;
}

std::vector<Fields> Fields::optional_list(const char* name) const {
  if (!has(name)) return {};
  return list(name);
}

std::vector<std::string> Fields::optional_strings(const char* name) const {
  if (!has(name)) return {};
  const json& value = raw(name);
  if (!value.is_array()) refuse(name, "must be an array, but is " + type_of(value));
  std::vector<std::string> strings;
  for (const json& element : value) {
    if (!element.is_string()) refuse(name, "must hold strings only, but holds " + type_of(element));
    strings.push_back(element.get<std::string>());
  }
  return strings;
}

}  // namespace aside
