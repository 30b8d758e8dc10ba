#include "tests/standin/response.h"

#include <cstdlib>
#include <ctime>

namespace aside::test {

namespace {

std::string error_body(const Refusal& refusal, const std::string& id) {
  Json error = {{"type", refusal.type}, {"message", refusal.message}};
  if (!refusal.details.is_null()) error["details"] = refusal.details;
  const Json body = {{"type", "error"}, {"error", error}, {"request_id", id}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string http_date(int seconds_from_now) {
  std::time_t then = std::time(nullptr) + seconds_from_now;
  std::tm utc{};
  gmtime_r(&then, &utc);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text;
}

constexpr const char* gateway_page =
    "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 Gateway "
    "Time-out</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.size() > name.size() && pair.substr(0, pair.find('=')) == name)
      return std::string(pair.substr(name.size() + 1));
  }
  return "";
}

Response models(const HttpInput& input, const std::string& id) {
  const bool compaction = speaks_compaction(input.headers);
  constexpr std::string_view list = "/v1/models";
  if (input.path == list) {
    const std::string limit = query_value(input.query, "limit");
    std::size_t size = limit.empty() ? 20 : std::strtoul(limit.c_str(), nullptr, 10);
    return {200, model_page(size, query_value(input.query, "after_id"), compaction).dump()};
  }
  const std::string name = input.path.substr(list.size() + 1);
  const ApiModel* model = find_api_model(name);
  if (model == nullptr) return refused({404, "not_found_error", "model: " + name}, id);
  return {200, model_info(*model, compaction).dump()};
}

}  // namespace

Response refused(const Refusal& refusal, const std::string& id) {
  return {refusal.status, error_body(refusal, id)};
}

Response scripted(const Script& script, const std::string& id) {
  Response response{script.status};
  const bool page = script.status == 504 && script.message.empty() && script.error_type.empty();
  if (script.body || page) {
    response.body = script.body ? *script.body : gateway_page;
    response.type = script.status == 200 ? "text/event-stream; charset=utf-8" : "text/html";
  } else {
    Refusal refusal = {script.status,
                       script.error_type.empty() ? default_error_type(script.status) : script.error_type,
                       script.message.empty() ? "The stand-in was asked for this" : script.message};
    if (!script.error_code.empty()) refusal.details = {{"error_code", script.error_code}};
    response.body = error_body(refusal, id);
  }
  for (auto [name, value] : script.headers) {
    if (value.rfind("date+", 0) == 0) value = http_date(std::atoi(value.c_str() + 5));
    if (name == "content-type")
      response.type = value;
    else
      response.headers.emplace_back(name, value);
  }
  return response;
}

Response look_up(const HttpInput& input, const ApiRules& rules, const std::string& id) {
  const bool counting = input.path == "/v1/messages/count_tokens";
  const bool posted = input.path == "/v1/messages" || counting;
  const bool known = posted || input.path == "/v1/models" || input.path.rfind("/v1/models/", 0) == 0;
  if (!known) return refused({404, "not_found_error", "Not Found"}, id);
  const bool allowed = posted ? input.method == "POST" : input.method == "GET" || input.method == "HEAD";
  if (!allowed) return refused({405, "invalid_request_error", "Method Not Allowed"}, id);
  if (auto refusal = refuse_headers(input.headers, rules)) return refused(*refusal, id);
  if (!counting) return models(input, id);
  auto verdict = check_request(ApiCall::CountTokens, input.headers, input.body, rules);
  if (auto* refusal = std::get_if<Refusal>(&verdict)) return refused(*refusal, id);
  const Json count = {{"input_tokens", tokens(std::get<CheckedRequest>(verdict).prompt)}};
  return {200, count.dump()};
}

}  // namespace aside::test
