#include "tests/standin/script.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/standin/shapes.h"

namespace aside::test {

using Json = nlohmann::ordered_json;

namespace {

// Short forms of scripts, for people and for shell scripts. Any status is a short form, too.
const std::map<std::string, std::string, std::less<>> short_forms = {
    {"429-retry-after", R"({"status":429,"headers":{"retry-after":"2"}})"},
    {"429-date", R"({"status":429,"headers":{"retry-after":"date+3"}})"},
    {"429-ms", R"({"status":429,"headers":{"retry-after-ms":"1500"}})"},
    {"spend-limit", R"({"status":429,"error_code":"enforced_spend_limit_reached"})"},
    {"no-retry", R"({"status":529,"headers":{"x-should-retry":"false"}})"},
    {"do-retry", R"({"status":400,"headers":{"x-should-retry":"true"}})"},
    {"slow", R"({"wait":5000})"},
    {"slow-deltas", R"({"pace":500})"},
    {"silence", R"({"fault":"silence","after":4})"},
    {"fin", R"({"fault":"fin","after":4})"},
    {"rst", R"({"fault":"rst","after":4})"},
    {"cut", R"({"fault":"cut","after":4})"},
    {"truncate", R"({"fault":"truncate","after":4})"},
    {"error", R"({"fault":"error","after":4})"},
    {"garbage", R"({"fault":"garbage","after":4})"},
    {"not-json", R"({"fault":"not_json","after":4})"},
    {"bad-chunk", R"({"fault":"bad_chunk","after":4})"},
    {"no-end", R"({"fault":"no_end"})"},
    {"pings", R"({"fault":"pings","after":1000000})"},
    {"bytes", R"({"chunk":1})"},
    {"utf8", R"({"split_utf8":true})"},
    {"surrogates", R"({"surrogates":true})"},
    {"unknown", R"({"unknown":true})"},
    {"flood", R"({"deltas":50000})"},
    {"redacted", R"({"redacted":true})"},
    {"thinking-only", R"({"text":"","stop_reason":"max_tokens"})"},
    {"empty", R"({"text":"","thinking":""})"},
    {"max-tokens", R"({"stop_reason":"max_tokens"})"},
    {"window", R"({"stop_reason":"model_context_window_exceeded"})"},
    {"pause", R"({"stop_reason":"pause_turn"})"},
    {"tool-use", R"({"stop_reason":"tool_use"})"},
    {"stop-sequence", R"({"stop_reason":"stop_sequence"})"},
    {"wants-in-code", R"({"text":"I would write\n\n```java\nclass Heap\n```\n\n```\n@heap.c\n```\n"})"},
    {"wants-decorator", R"({"text":"Above the class goes\n\n@dataclass\n"})"},
    {"wants-mail", R"({"text":"The author is\n\nann@heap.c\n"})"},
    {"wants-words", R"({"text":"I need to see more.\n\n@heap.c and who calls it\n"})"},
    {"wants-before", R"({"text":"I need to see more:\n\n@heap.c\n\nThen I can say why.\n"})"},
    {"strange-stop", R"({"stop_reason":"quantum_decoherence"})"},
    {"refusal",
     R"({"stop_reason":"refusal","text":"","thinking":"","category":"cyber","explanation":"This asks for malware."})"},
    {"refusal-partial",
     R"({"stop_reason":"refusal","text":"First you take","category":"bio","explanation":"This could do harm."})"},
    {"close-after", R"({"closing":"after"})"},
    {"close-next", R"({"closing":"next"})"},
    {"no-count", R"({"target":"count_tokens","status":404,"message":"Not Found","times":1000000})"},
    {"no-models", R"({"target":"models","status":404,"message":"Not Found","times":1000000})"},
    {"slow-count", R"({"target":"count_tokens","wait":5000})"},
    {"slow-models", R"({"target":"models","wait":5000})"},
    {"no-compaction", R"({"status":529,"error_code":"compaction_unavailable"})"},
    {"redirect", R"({"status":307,"headers":{"location":"/__standin/elsewhere"}})"},
};

constexpr int max_deltas = 1000000;

const std::map<std::string, Fault> faults = {
    {"none", Fault::None},        {"silence", Fault::Silence},
    {"fin", Fault::Fin},          {"rst", Fault::Rst},
    {"cut", Fault::Cut},          {"truncate", Fault::Truncate},
    {"error", Fault::Error},      {"garbage", Fault::Garbage},
    {"not_json", Fault::NotJson}, {"bad_chunk", Fault::BadChunk},
    {"no_end", Fault::NoEnd},     {"pings", Fault::Pings},
};
const std::map<std::string, Closing> closings = {
    {"no", Closing::No}, {"after", Closing::After}, {"next", Closing::Next}};
const std::map<std::string, Target> targets = {
    {"messages", Target::Messages}, {"count_tokens", Target::CountTokens}, {"models", Target::Models}};

Error unreadable(const std::string& why) {
  return {ErrorCode::InvalidParams, "reading a script: " + why};
}

template <class T>
void read(const Json& value, T& field) {
  field = value.get<T>();
}
void read(const Json& value, std::chrono::milliseconds& field) {
  field = std::chrono::milliseconds(value.get<std::int64_t>());
}
void read(const Json& value, Fault& field) {
  field = faults.at(value.get<std::string>());
}
void read(const Json& value, Closing& field) {
  field = closings.at(value.get<std::string>());
}
void read(const Json& value, Target& field) {
  field = targets.at(value.get<std::string>());
}
void read(const Json& value, std::vector<std::pair<std::string, std::string>>& field) {
  for (const auto& [name, text] : value.items()) field.emplace_back(name, text.get<std::string>());
}

template <class T>
void read(const Json& value, std::optional<T>& field) {
  read(value, field.emplace());
}

using Setter = std::function<void(Script&, const Json&)>;

template <class T>
Setter into(T Script::*field) {
  return [field](Script& script, const Json& value) { read(value, script.*field); };
}

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> table = {
      {"status", into(&Script::status)},
      {"error_type", into(&Script::error_type)},
      {"message", into(&Script::message)},
      {"error_code", into(&Script::error_code)},
      {"headers", into(&Script::headers)},
      {"body", into(&Script::body)},
      {"times", into(&Script::times)},
      {"wait", into(&Script::wait)},
      {"text", into(&Script::text)},
      {"thinking", into(&Script::thinking)},
      {"deltas", into(&Script::deltas)},
      {"pace", into(&Script::pace)},
      {"chunk", into(&Script::chunk)},
      {"split_utf8", into(&Script::split_utf8)},
      {"surrogates", into(&Script::surrogates)},
      {"unknown", into(&Script::unknown)},
      {"redacted", into(&Script::redacted)},
      {"stop_reason", into(&Script::stop_reason)},
      {"category", into(&Script::category)},
      {"explanation", into(&Script::explanation)},
      {"fault", into(&Script::fault)},
      {"after", into(&Script::after)},
      {"gate", into(&Script::gate)},
      {"gate_after", into(&Script::gate_after)},
      {"closing", into(&Script::closing)},
      {"target", into(&Script::target)},
  };
  return table;
}

Result<Script> from_json(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return unreadable("not a JSON object");
  Script script;
  for (const auto& [name, value] : json.items()) {
    try {
      setters().at(name)(script, value);
    } catch (const std::exception& problem) {  // the value has a wrong type, or is an unknown word
      return unreadable(name + ": " + problem.what());
    }
  }
  if (script.deltas > max_deltas) return unreadable("deltas: more than " + std::to_string(max_deltas));
  return script;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool number(std::string_view text) {
  return !text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// An answer that asks to see these files, in the form that Aside's system text gives.
Script wants(std::string_view files) {
  Script script;
  script.text = "I have to see more of the code.\n\n";
  for (std::size_t end = 0; !files.empty(); files = trim(files.substr(end))) {
    end = std::min(files.find(' '), files.size());
    script.text->append("@").append(files.substr(0, end)).append("\n");
  }
  return script;
}

}  // namespace

Result<Script> parse_script(std::string_view text) {
  text = trim(text);
  if (!text.empty() && text.front() == '{') return from_json(text);
  std::string_view word = text.substr(0, text.find(' '));
  std::string_view rest = trim(text.substr(word.size()));
  if (word == "shape") {
    if (const Shape* shape = find_shape(rest)) return shape->script();
    return unreadable("no such shape: " + std::string(rest));
  }
  if (word == "wants" && !rest.empty()) return wants(rest);
  std::string json;
  if (auto known = short_forms.find(word); known != short_forms.end()) {
    json = known->second;
  } else if (number(word) && word.size() == 3) {
    json = R"({"status":)" + std::string(word) + "}";
  } else {
    return unreadable("no such word: " + std::string(word));
  }
  Result<Script> script = from_json(json);
  if (rest.empty() || !script) return script;
  if (rest.front() != 'x' || !number(rest.substr(1)))
    return unreadable("expected xN after the word: " + std::string(rest));
  script->times = std::stoi(std::string(rest.substr(1)));
  return script;
}

std::string_view phrase(std::string_view question) {
  constexpr std::string_view opening = "[standin:";
  std::size_t begin = question.rfind(opening);
  if (begin == std::string_view::npos) return {};
  question.remove_prefix(begin + opening.size());
  return trim(question.substr(0, question.rfind(']')));
}

std::string default_error_type(int status) {
  switch (status) {
    case 400:
      return "invalid_request_error";
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

}  // namespace aside::test
