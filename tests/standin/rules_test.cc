// Tests which requests the stand-in refuses and accepts, in tables, and that thinking is valid only in its
// conversation.
#include "tests/standin/rules.h"

#include <cmath>

#include "tests/standin/cache.h"
#include "tests/support/test.h"

using namespace aside::test;

namespace {

const ApiHeaders good_headers = {
    {"x-api-key", "k"}, {"anthropic-version", "2026-10-21"}, {"content-type", "application/json"}};

const Json question = Json::parse(R"({"model":"claude-opus-5-5","max_tokens":32000,"stream":true,
  "messages":[{"role":"user","content":[{"type":"text","text":"why?"}]}]})");

// Returns the message of the refusal; '' if the request is accepted.
std::string verdict(const std::string& body, const ApiRules& rules = {}, ApiCall call = ApiCall::Create,
                    const ApiHeaders& headers = good_headers) {
  auto checked = check_request(call, headers, body, rules);
  const Refusal* refusal = std::get_if<Refusal>(&checked);
  return refusal == nullptr ? "" : refusal->message;
}

struct Case {
  const char* change;   // merged into a good request
  const char* refused;  // how the message of the refusal begins; empty: the request is accepted
};

void check(const std::vector<Case>& cases, ApiHeaders headers = good_headers) {
  for (const Case& item : cases) {
    Json body = question;
    body.merge_patch(Json::parse(item.change));
    const std::string got = verdict(body.dump(), {}, ApiCall::Create, headers);
    INFO(item.change << "\ngot: " << got);
    if (*item.refused == '\0')
      CHECK(got.empty());
    else
      CHECK(got.rfind(item.refused, 0) == 0);
  }
}

Json user(const std::string& text) {
  return {{"role", "user"}, {"content", Json::array({{{"type", "text"}, {"text", text}}})}};
}

Json request_of(Json messages) {
  Json body = question;
  body["system"] =
      Json::array({{{"type", "text"}, {"text", "Be brief."}, {"cache_control", {{"type", "ephemeral"}}}}});
  body["messages"] = std::move(messages);
  return body;
}

// Returns the assistant's message with which the API would answer this request.
Json reply_to(const Json& body, const std::string& thought, const std::string& text,
              const ThinkingSeal& seal) {
  const std::string signature = seal.sign(read_prompt(body), thought);
  return {{"role", "assistant"},
          {"content", Json::array({{{"type", "thinking"}, {"thinking", thought}, {"signature", signature}},
                                   {{"type", "text"}, {"text", text}, {"citations", nullptr}}})}};
}

// A conversation of three questions whose two replies have thinking.
Json conversation_of_five() {
  const ThinkingSeal seal = ApiRules().seal;
  Json messages = Json::array({user("one")});
  messages.push_back(reply_to(request_of(messages), "hm", "first", seal));
  messages.push_back(user("two"));
  messages.push_back(reply_to(request_of(messages), "", "second", seal));
  messages.push_back(user("three"));
  return request_of(messages);
}

const char* const png_1x1 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAAA=";
const char* const png_280x56 = "iVBORw0KGgoAAAANSUhEUgAAARgAAAA4CAIAAAA=";
const char* const png_2500x100 = "iVBORw0KGgoAAAANSUhEUgAACcQAAABkCAIAAAA=";
const char* const png_8001x10 = "iVBORw0KGgoAAAANSUhEUgAAH0EAAAAKCAIAAAA=";
const char* const png_4000x4000 = "iVBORw0KGgoAAAANSUhEUgAAD6AAAA+gCAIAAAA=";
const char* const png_5152x28 = "iVBORw0KGgoAAAANSUhEUgAAFCAAAAAcCAIAAAA=";
const char* const gif_56x29 = "R0lGODlhOAAdAAAAAA==";
const char* const jpeg_90x60 = "/9j/4AAEAAD/wAARCAA8AFoD";
const char* const webp_100x30[] = {
    "UklGRh4AAABXRUJQVlA4WAoAAAAAAAAAYwAAHQAA",
    "UklGRh4AAABXRUJQVlA4TAoAAAAvY0AHAA==", "UklGRh4AAABXRUJQVlA4IAoAAAAAAACdASpkAB4A"};
const char* const pdf_of_2 =
    "JVBERi0xLjcKMSAwIG9iajw8L1R5cGUgL1BhZ2VzL0NvdW50IDI+PgoyIDAgb2JqPDwvVHlwZS9QYWdlPj4KMyAwIG9iajw8L1R5cGUg"
    "L1BhZ2U+Pgo=";

Json media(const std::string& type, const std::string& data) {
  return {{"type", type == "application/pdf" ? "document" : "image"},
          {"source", {{"type", "base64"}, {"media_type", type}, {"data", data}}}};
}

// Returns the refusal, so that a test can check its code and details.
Refusal refusal_of(const Json& body, const ApiHeaders& headers, ApiCall call = ApiCall::Create) {
  auto checked = check_request(call, headers, body.dump(), ApiRules());
  const Refusal* refusal = std::get_if<Refusal>(&checked);
  return refusal == nullptr ? Refusal{200, "", ""} : *refusal;
}

std::string code_of(const Refusal& refusal) {
  return refusal.details.is_null() ? "" : refusal.details["error_code"].get<std::string>();
}

const ApiHeaders compacting = {{"x-api-key", "k"},
                               {"anthropic-version", "2026-10-21"},
                               {"content-type", "application/json"},
                               {"anthropic-beta", "compact-2026-09-04"}};

const char* const foreign = "Invalid `signature` in `thinking` block";
const char* const unbound =
    "Invalid `signature` in `thinking` block. The block is bound to a different conversation";

}  // namespace

TEST_CASE("headers: exactly one credential, a known version, known betas") {
  struct Row {
    ApiHeaders headers;
    int status;
  };
  const std::vector<Row> rows = {
      {{{"x-api-key", "k"}, {"anthropic-version", "2026-10-21"}}, 0},
      {{{"x-api-key", "k"}, {"anthropic-version", "2023-06-01"}}, 0},
      {{{"authorization", "Bearer k"}, {"anthropic-version", "2026-10-21"}}, 0},
      {{{"anthropic-version", "2026-10-21"}}, 401},
      {{{"x-api-key", ""}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"x-api-key", "k"}, {"authorization", "Bearer k"}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"authorization", "Basic k"}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"authorization", "Bearer "}, {"anthropic-version", "2026-10-21"}}, 401},
      {{{"x-api-key", "k"}}, 400},
      {{{"x-api-key", "k"}, {"anthropic-version", "2024-01-01"}}, 400},
      {{{"x-api-key", "k"},
        {"anthropic-version", "2026-10-21"},
        {"anthropic-beta", "compact-2026-09-04, oauth-2025-04-20"}},
       0},
      {{{"x-api-key", "k"},
        {"anthropic-version", "2026-10-21"},
        {"anthropic-beta", "compact-2026-09-04,telepathy-2026-01-01"}},
       400},
  };
  for (const Row& row : rows) {
    auto refusal = refuse_headers(row.headers, ApiRules());
    INFO(Json(row.headers).dump());
    CHECK((refusal ? refusal->status : 0) == row.status);
  }
  ApiRules strict;
  strict.key = "right";
  CHECK(refuse_headers(good_headers, strict)->message == "invalid x-api-key");
}

TEST_CASE("top level: required, known and rightly typed fields only") {
  check({
      {R"({})", ""},
      {R"({"stop_sequences":["END"],"metadata":{"user_id":"u"},"service_tier":"auto","system":"s","diagnostics":{}})",
       ""},
      {R"({"model":null})", "model: Field required"},
      {R"({"max_tokens":null})", "max_tokens: Field required"},
      {R"({"messages":null})", "messages: Field required"},
      {R"({"model":7})", "model: Input should be a valid string"},
      {R"({"max_tokens":"1"})", "max_tokens: Input should be a valid integer"},
      {R"({"max_tokens":1.5})", "max_tokens: Input should be a valid integer"},
      {R"({"max_tokens":-1})", "max_tokens: Input should be greater"},
      {R"({"max_tokens":128001})", "max_tokens: 128001 > 128000"},
      {R"({"max_tokens":0})", "max_tokens: 0"},
      {R"({"max_tokens":0,"stream":false})", ""},
      {R"({"stream":"yes"})", "stream: Input should be a valid boolean"},
      {R"({"prompt":"x"})", "prompt: Extra inputs are not permitted"},
      {R"({"metadata":{"name":"x"}})", "metadata.name: Extra inputs are not permitted"},
      {R"({"stop_sequences":[" "]})", "stop_sequences.0"},
      {R"({"model":"claude-3-haiku"})", "model: claude-3-haiku"},
      {R"({"model":"claude-opus-4-1"})", "model: claude-opus-4-1"},
      {R"({"model":"claude-sonnet-4-20250514"})", "model: claude-sonnet-4-20250514"},
      {R"({"model":"claude-sonnet-4-5"})", ""},
      {R"({"model":"claude-haiku-4-5-20251001"})", ""},
      {R"({"system":[{"type":"text","text":" "}]})", "system.0.text"},
      {R"({"system":[{"type":"image","text":" "}]})", "system.0"},
      {R"({"service_tier":"gold"})", "service_tier: Input should be one of"},
      {R"({"speed":"fast"})", ""},
      {R"({"speed":"fast","model":"claude-opus-5"})", "speed"},
      {R"({"temperature":1.0})", "temperature: Extra inputs"},
      {R"({"top_p":1.0})", "top_p: Extra inputs"},
      {R"({"top_k":1})", "top_k: Extra inputs"},
  });
  CHECK(verdict("not json").rfind("The request body is not valid JSON", 0) == 0);
  CHECK(verdict("[]").find("object") != std::string::npos);
  CHECK(verdict(R"({"a":")"
                "\xff\"}")
            .rfind("The request body is not valid JSON", 0) == 0);
  CHECK(verdict(R"({"a":"\ud83d"})").rfind("The request body is not valid JSON", 0) == 0);
  CHECK(verdict(std::string(100000, '[')).find("nested too deeply") != std::string::npos);
  ApiHeaders text = good_headers;
  text["content-type"] = "text/plain";
  CHECK(verdict(question.dump(), {}, ApiCall::Create, text).rfind("content-type", 0) == 0);
}

TEST_CASE(
    "version 2023-06-01 accepts sampling if the model does, and accepts fields that the new version dropped") {
  ApiHeaders old = good_headers;
  old["anthropic-version"] = "2023-06-01";
  check({{R"({"temperature":1.0})", ""},
         {R"({"temperature":0.5})", "temperature"},
         {R"({"top_p":0.99})", ""},
         {R"({"top_k":5})", "top_k"},
         {R"({"model":"claude-haiku-4-5","temperature":0.5,"top_k":5})", ""},
         {R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","citations":[]}]}]})", ""}},
        old);
  check({{R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","citations":[]}]}]})",
          "messages.0.content.0.text.citations"}});
}

TEST_CASE("thinking and effort: what each model accepts") {
  check({
      {R"({"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"max"}})", ""},
      {R"({"thinking":{"type":"adaptive","display":"loud"}})", "thinking.adaptive.display"},
      {R"({"thinking":{"type":"adaptive","budget_tokens":2000}})", "thinking.adaptive.budget_tokens: Extra"},
      {R"({"thinking":{"type":"disabled"}})", "thinking.type"},
      {R"({"thinking":{"type":"enabled","budget_tokens":2000}})", "thinking.type"},
      {R"({"thinking":{"type":"sometimes"}})", "thinking.type: Input should be one of"},
      {R"({"thinking":{}})", "thinking.type: Field required"},
      {R"({"output_config":{"effort":"extreme"}})", "output_config.effort"},
      {R"({"output_config":{"effort":7}})", "output_config.effort: Input should be a valid string"},
      {R"({"output_config":{"loudness":"high"}})", "output_config.loudness: Extra"},
      {R"({"model":"claude-opus-5","thinking":{"type":"disabled"},"output_config":{"effort":"high"}})", ""},
      {R"({"model":"claude-opus-5","thinking":{"type":"disabled"},"output_config":{"effort":"max"}})",
       "thinking.type"},
      {R"({"model":"claude-opus-5","thinking":{"type":"disabled","display":"omitted"}})",
       "thinking.disabled.display"},
      {R"({"model":"claude-sonnet-5-5","thinking":{"type":"between_tools"}})", ""},
      {R"({"model":"claude-sonnet-4-6","output_config":{"effort":"xhigh"}})", "output_config.effort"},
      {R"({"model":"claude-haiku-4-5","output_config":{"effort":"low"}})",
       "output_config.effort: This model"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"adaptive"}})", "thinking.type"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":1024}})", ""},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":1023}})",
       "thinking.enabled.budget"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":32000}})",
       "`max_tokens` must be"},
      {R"({"model":"claude-haiku-4-5","thinking":{"type":"enabled"}})",
       "thinking.enabled.budget_tokens: Field"},
  });
}

TEST_CASE("messages: blocks") {
  check({
      {R"({"messages":[]})", "messages: at least one"},
      {R"({"messages":["hi"]})", "messages.0: Input should be an object"},
      {R"({"messages":[{"role":"user"}]})", "messages.0.content: Field required"},
      {R"({"messages":[{"role":"robot","content":"a"}]})", "messages.0.role"},
      {R"({"messages":[{"role":"user","content":"a","name":"b"}]})", "messages.0.name: Extra"},
      {R"({"messages":[{"role":"user","content":"a"}]})", ""},
      {R"({"messages":[{"role":"user","content":""}]})", "messages.0: all messages must have non-empty"},
      {R"({"messages":[{"role":"user","content":[]}]})", "messages.0: all messages must have non-empty"},
      {R"({"messages":[{"role":"user","content":" \n"}]})",
       "messages.0.content: text content blocks must contain"},
      {R"({"messages":[{"role":"user","content":[{"type":"text","text":""}]}]})",
       "messages.0.content.0.text: text content"},
      {R"({"messages":[{"role":"user","content":[{"type":"text","text":" "}]}]})",
       "messages.0.content.0.text: text content"},
      {R"({"messages":[{"role":"user","content":[{"type":"text"}]}]})",
       "messages.0.content.0.text.text: Field required"},
      {R"({"messages":[{"role":"user","content":[{"text":"a"}]}]})",
       "messages.0.content.0.type: Field required"},
      {R"({"messages":[{"role":"user","content":[{"type":"song"}]}]})",
       "messages.0.content.0: Input tag 'song'"},
      {R"({"messages":[{"role":"user","content":[7]}]})", "messages.0.content.0: Input should be an object"},
      {R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","font":"b"}]}]})",
       "messages.0.content.0.text.font: Extra"},
      {R"({"messages":[{"role":"user","content":[{"type":"thinking","thinking":"a","signature":"b"}]}]})",
       "messages.0.content.0: `thinking`"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"a"},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]})",
       "messages.1.content.0.thinking.signature: Field required"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"x","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"c"}]})",
       "messages.1.content.0.thinking.cache_control: Extra"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"x"}]},{"role":"user","content":"c"}]})",
       "messages.1: The final block"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}]},{"role":"user","content":"c"}]})",
       "messages.1.content.0: `document`"},
      {R"({"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAAA="}}]}]})",
       ""},
      {R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"x"}}]}]})",
       "messages.0.content.0.image.source.media_type"},
      {R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url"}}]}]})",
       "messages.0.content.0.image.source.url: Field"},
  });
}

TEST_CASE("messages: roles and their order") {
  const char* const prefill = "This model does not support assistant message prefill";
  check({
      {R"({"messages":[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]})",
       "messages: first message must"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})", prefill},
      {R"({"model":"claude-haiku-4-5","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})",
       ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}]})",
       ""},
      {R"({"messages":[{"role":"system","content":"a"},{"role":"user","content":"b"}]})",
       "messages.0: role 'system' must not be"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]})", ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"system","content":"b"},{"role":"assistant","content":"c"},{"role":"user","content":"d"}]})",
       ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"}]})",
       "messages.1: role 'system' must be last"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":"c"}]})",
       "messages.2: role 'system' must follow"},
      {R"({"model":"claude-sonnet-5","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]})",
       "messages.1: role 'system' is not supported"},
      {R"({"model":"claude-opus-4-7","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]})",
       "messages.1: role 'system' is not supported"},
      {R"({"model":"claude-opus-4-8","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]})",
       ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":[{"type":"image","source":{"type":"url","url":"u"}}]}]})",
       "messages.1.content.0: `image` blocks are not permitted in messages of role 'system'"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"system","content":[{"type":"text","text":" "}]}]})",
       "messages.1.content.0.text: text content"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s","content":[]}]},{"role":"system","content":"b"}]})",
       ""},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"system","content":"b"},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]})",
       "messages.2: role 'system' must follow"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]},{"role":"system","content":"b"}]})",
       ""},
  });
}

TEST_CASE("tools: the message after a call must begin with the call's result") {
  Json tools = Json::parse(R"([{"name":"f","input_schema":{"type":"object"}}])");
  auto with = [&](const char* messages) {
    Json body = question;
    body["tools"] = tools;
    body["messages"] = Json::parse(messages);
    return verdict(body.dump());
  };
  CHECK(
      with(
          R"([{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"},{"type":"text","text":"b"}]}])")
          .empty());
  CHECK(
      with(
          R"([{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
    {"role":"user","content":"b"}])")
          .rfind("messages.1: `tool_use` ids were found without", 0) == 0);
  CHECK(with(R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}])")
            .rfind("messages.0: unexpected `tool_use_id`", 0) == 0);
  CHECK(
      with(
          R"([{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
    {"role":"user","content":[{"type":"text","text":"b"},{"type":"tool_result","tool_use_id":"t"}]}])")
          .find("must come first") != std::string::npos);
  check(
      {{R"({"tools":[{"name":"a b","input_schema":{"type":"object"}}]})", "tools.0.custom.name"},
       {R"({"tools":[{"name":"a"}]})", "tools.0.custom.input_schema: Field"},
       {R"({"tools":[{"name":"a","input_schema":{"type":"object"}},{"name":"a","input_schema":{"type":"object"}}]})",
        "tools: Tool names"},
       {R"({"tool_choice":{"type":"any"}})", "tool_choice"},
       {R"({"tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}})",
        "tool_choice: forced"},
       {R"({"model":"claude-opus-5","tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"a"}})",
        ""},
       {R"({"model":"claude-opus-5","tools":[{"name":"a","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"b"}})",
        "tool_choice.name"}});
}

TEST_CASE("cache marks: at most four, 1h before 5m, and the automatic mark must agree with them") {
  auto marked = [](const std::vector<const char*>& lifetimes, const char* automatic) {
    Json blocks = Json::array();
    for (const char* lifetime : lifetimes) {
      Json block = {{"type", "text"}, {"text", "a"}};
      if (*lifetime != '\0') block["cache_control"] = {{"type", "ephemeral"}, {"ttl", lifetime}};
      blocks.push_back(block);
    }
    Json body = question;
    body["messages"][0]["content"] = blocks;
    if (*automatic != '\0') body["cache_control"] = {{"type", "ephemeral"}, {"ttl", automatic}};
    return verdict(body.dump());
  };
  CHECK(marked({"1h", "1h", "5m", "5m"}, "").empty());
  CHECK(marked({"1h", "1h", "5m", "5m", "5m"}, "").rfind("A maximum of 4 blocks", 0) == 0);
  CHECK(marked({"5m", "1h"}, "").rfind("messages.0.content.1.cache_control.ttl: a ttl='1h'", 0) == 0);
  CHECK(marked({"5m", "5m", "5m", "5m", ""}, "5m").rfind("A maximum of 4", 0) == 0);
  CHECK(marked({"5m", "5m", "5m", "5m"}, "5m").empty());
  CHECK(marked({"1h"}, "5m").rfind("cache_control: the automatic", 0) == 0);
  CHECK(marked({"5m", ""}, "1h").find("must not come after") != std::string::npos);
  check(
      {{R"({"cache_control":{"type":"eternal"}})", "cache_control.type"},
       {R"({"cache_control":{"type":"ephemeral","ttl":"2h"}})", "cache_control.ttl"},
       {R"({"cache_control":{"type":"ephemeral","scope":"x"}})", "cache_control.scope: Extra"},
       {R"({"cache_control":{}})", "cache_control.type: Field"},
       {R"({"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":null}}]}]})",
        ""}});
}

TEST_CASE("sizes: window, number of messages, bytes") {
  ApiRules rules;
  rules.window = 50;
  Json body = question;
  body["messages"][0]["content"] = std::string(1000, 'x');
  CHECK(verdict(body.dump(), rules).rfind("prompt is too long: ", 0) == 0);
  CHECK(verdict(body.dump()).empty());
  body["messages"] = Json(100001, user("a"));
  CHECK(verdict(body.dump()).rfind("messages: at most", 0) == 0);
  auto large = check_request(ApiCall::Create, good_headers, std::string(ApiRules::max_body_bytes + 1, ' '),
                             ApiRules());
  CHECK(std::get<Refusal>(large).status == 413);
  CHECK(std::get<Refusal>(large).type == "request_too_large");
}

TEST_CASE("count_tokens accepts the prompt, and no parameter of the answer") {
  Json body = {{"model", "claude-opus-5-5"}, {"messages", Json::array({user("a")})}};
  CHECK(verdict(body.dump(), {}, ApiCall::CountTokens).empty());
  CHECK(verdict(body.dump()).rfind("max_tokens: Field required", 0) == 0);
  body["max_tokens"] = 10;
  CHECK(verdict(body.dump(), {}, ApiCall::CountTokens).rfind("max_tokens: Extra", 0) == 0);
}

TEST_CASE("thinking stays valid after the changes that a client may make") {
  Json body = conversation_of_five();
  REQUIRE(verdict(body.dump()).empty());
  SECTION("append") {
    body["messages"].push_back({{"role", "assistant"}, {"content", "x"}});
    body["messages"].push_back(user("four"));
  }
  SECTION("move cache marks") {
    body["system"][0].erase("cache_control");
    body["messages"][2]["content"][0]["cache_control"] = {{"type", "ephemeral"}};
    body["cache_control"] = {{"type", "ephemeral"}};
  }
  SECTION("change other parameters") {
    body["max_tokens"] = 1;
    body["output_config"] = {{"effort", "low"}};
    body["stop_sequences"] = {"x"};
  }
  SECTION("leave thinking out from the front") {
    body["messages"][1]["content"].erase(0);
  }
  SECTION("leave all thinking out") {
    body["messages"][1]["content"].erase(0);
    body["messages"][3]["content"].erase(0);
    body["messages"][0]["content"] = "edited";
  }
  SECTION("write a text block as a string") {
    body["messages"][0]["content"] = "one";
  }
  SECTION("add a tool that is loaded later") {
    body["tools"] = Json::parse(R"([{"name":"f","input_schema":{"type":"object"},"defer_loading":true}])");
  }
  SECTION("edit after the last thinking block") {
    body["messages"][3]["content"][1]["text"] = "other";
  }
  CHECK(verdict(body.dump()).empty());
}

TEST_CASE("thinking is refused if the conversation before it was changed") {
  Json body = conversation_of_five();
  std::string expected;
  SECTION("an earlier question edited") {
    body["messages"][0]["content"][0]["text"] = "edited";
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("a block added to an earlier question") {
    body["messages"][2]["content"].push_back({{"type", "text"}, {"text", "more"}});
    expected = std::string("messages.3.content.0: ") + unbound;
  }
  SECTION("an earlier answer edited") {
    body["messages"][1]["content"][1]["text"] = "edited";
    expected = std::string("messages.3.content.0: ") + unbound;
  }
  SECTION("the first exchange left out") {
    body["messages"].erase(0);
    body["messages"].erase(0);
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("the system text changed") {
    body["system"][0]["text"] = "Be long.";
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("a tool added") {
    body["tools"] = Json::parse(R"([{"name":"f","input_schema":{"type":"object"}}])");
    expected = std::string("messages.1.content.0: ") + unbound;
  }
  SECTION("thinking left out in the middle") {
    const ThinkingSeal seal = ApiRules().seal;
    body["messages"].push_back(reply_to(body, "3", "third", seal));
    body["messages"].push_back(user("four"));
    REQUIRE(verdict(body.dump()).empty());
    body["messages"][3]["content"].erase(0);
    expected = std::string("messages.5.content.0: ") + unbound;
  }
  SECTION("the thinking itself edited") {
    body["messages"][1]["content"][0]["thinking"] = "edited";
    expected = std::string("messages.1.content.0: ") + foreign;
  }
  SECTION("signed by another server") {
    Json first = Json::array({user("one")});
    body["messages"][1] = reply_to(request_of(first), "hm", "first", ThinkingSeal("another"));
    expected = std::string("messages.1.content.0: ") + foreign;
  }
  SECTION("not signed by anyone") {
    body["messages"][1]["content"][0]["signature"] = "EqQBCkYIAxgC";
    expected = std::string("messages.1.content.0: ") + foreign;
  }
  CHECK(verdict(body.dump()) == expected);
}

TEST_CASE("models that don't bind thinking accept thinking of any conversation, but only of this server") {
  Json body = conversation_of_five();
  body["model"] = "claude-opus-5";
  body["messages"][0]["content"][0]["text"] = "edited";
  CHECK(verdict(body.dump()).empty());
  body["messages"][1]["content"][0]["signature"] = "x";
  CHECK(verdict(body.dump()).find(foreign) != std::string::npos);
}

TEST_CASE("images and documents must have the type that they claim, and must not be too large") {
  struct Row {
    const char *type, *data, *refused;
  };
  const std::vector<Row> rows = {
      {"image/png", png_1x1, ""},
      {"image/gif", gif_56x29, ""},
      {"image/jpeg", jpeg_90x60, ""},
      {"image/webp", webp_100x30[0], ""},
      {"application/pdf", pdf_of_2, ""},
      {"image/jpeg", png_1x1,
       "messages.0.content.0.image.source.data: Image does not match the provided media type image/jpeg"},
      {"image/png", "aGVsbG8gd29ybGQ=", "messages.0.content.0.image.source.data: Could not process image"},
      {"image/png", "iVBORw0KGgo=", "messages.0.content.0.image.source.data: Could not process image"},
      {"image/png", "iVBORw0KGgo", "messages.0.content.0.image.source.data: Invalid base64 data"},
      {"image/png", "iVBORw0KGg\n=", "messages.0.content.0.image.source.data: Invalid base64 data"},
      {"image/png", "", "messages.0.content.0.image.source.data: Invalid base64 data"},
      {"application/pdf", png_1x1, "messages.0.content.0.document.source.data: The PDF specified was not"},
      {"image/png", png_8001x10, "messages.0.content.0: At least one of the image dimensions exceed"},
  };
  for (const Row& row : rows) {
    Json body = question;
    body["messages"][0]["content"] = Json::array({media(row.type, row.data)});
    const std::string got = verdict(body.dump());
    INFO(row.data << "\ngot: " << got);
    if (*row.refused == '\0')
      CHECK(got.empty());
    else
      CHECK(got.rfind(row.refused, 0) == 0);
  }
  check(
      {{R"({"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"x"}}]}]})",
        "messages.0.content.0.image.source.media_type: Field required"},
       {R"({"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/html","data":"x"}}]}]})",
        "messages.0.content.0.document.source.media_type: Input should be one of"}});
  Json body = question;
  Json& content = body["messages"][0]["content"];
  content = Json::array({media("image/png", std::string(ApiRules::max_image_bytes + 4, 'A'))});
  CHECK(verdict(body.dump()).find("image exceeds 10 MB maximum") != std::string::npos);
  content = Json(std::vector<Json>(21, media("image/png", png_1x1)));
  content[3] = media("image/png", png_2500x100);
  const Refusal large = refusal_of(body, good_headers);
  CHECK(large.details == Json{{"error_code", "image_dimensions_too_large"},
                              {"max_side_length_pixels", 2000},
                              {"paths", Json::array({"messages.0.content.3"})}});
  content.erase(20);
  CHECK(verdict(body.dump()).empty());
  content = Json(std::vector<Json>(101, media("image/png", png_1x1)));
  CHECK(verdict(body.dump()).empty());
  body["model"] = "claude-haiku-4-5";
  CHECK(verdict(body.dump()).rfind("messages: at most 100 images", 0) == 0);
  content = Json(std::vector<Json>(51, media("application/pdf", pdf_of_2)));
  CHECK(verdict(body.dump()).rfind("messages: A maximum of 100 PDF pages", 0) == 0);
}

TEST_CASE("the cost of an image depends on its size, the cost of a document on its pages") {
  struct Row {
    const char *model, *type, *data;
    std::int64_t tokens;
  };
  const std::vector<Row> rows = {{"claude-opus-5-5", "image/png", png_1x1, 1},
                                 {"claude-opus-5-5", "image/png", png_280x56, 20},
                                 {"claude-opus-5-5", "image/gif", gif_56x29, 4},
                                 {"claude-opus-5-5", "image/jpeg", jpeg_90x60, 12},
                                 {"claude-opus-5-5", "image/webp", webp_100x30[0], 8},
                                 {"claude-opus-5-5", "image/webp", webp_100x30[1], 8},
                                 {"claude-opus-5-5", "image/webp", webp_100x30[2], 8},
                                 {"claude-opus-5-5", "image/png", png_4000x4000, 4784},
                                 {"claude-opus-4-6", "image/png", png_4000x4000, 1568},
                                 {"claude-opus-5-5", "image/png", png_5152x28, 92},
                                 {"claude-opus-4-6", "image/png", png_5152x28, 56},
                                 {"claude-opus-5-5", "application/pdf", pdf_of_2, 4000}};
  for (const Row& row : rows) {
    Json body = question;
    body["model"] = row.model;
    body["messages"][0]["content"] = Json::array({media(row.type, row.data)});
    INFO(row.model << " " << row.data);
    CHECK(tokens(read_prompt(body)) == row.tokens);
  }
}

TEST_CASE(
    "a summary needs the beta's header and a model that makes summaries, and excludes some parameters") {
  const char* const order = R"({"compaction":{"type":"summarize","instructions":"short"}})";
  check({{order, "compaction: Extra inputs are not permitted"}});
  check(
      {{order, ""},
       {R"({"compaction":{"type":"summarize","instructions":null}})", ""},
       {R"({"compaction":{"type":"forget"}})", "compaction.type"},
       {R"({"compaction":{}})", "compaction.type: Field required"},
       {R"({"compaction":{"type":"summarize","trigger":1}})", "compaction.trigger: Extra"},
       {R"({"compaction":{"type":"summarize"},"stop_sequences":["a"]})",
        "stop_sequences: cannot be combined"},
       {R"({"compaction":{"type":"summarize"},"output_config":{"format":{"type":"json_schema","schema":{}}}})",
        "output_config.format: cannot be combined"},
       {R"({"compaction":{"type":"summarize"},"context_management":{}})", "context_management: Extra"},
       {R"({"model":"claude-opus-4-6","compaction":{"type":"summarize"}})", ""},
       {R"({"model":"claude-opus-4-5","compaction":{"type":"summarize"}})", "compaction: is not supported"},
       {R"({"compaction":{"type":"summarize"},"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})",
        ""}},
      compacting);
  Json body = conversation_of_five();
  body["compaction"] = {{"type", "summarize"}};
  body["messages"].push_back(
      Json::parse(R"({"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]})"));
  CHECK(code_of(refusal_of(body, compacting)) == "compaction_incomplete_turn");
  body.erase("max_tokens");
  body.erase("stream");
  body["messages"].erase(5);
  CHECK(refusal_of(body, compacting, ApiCall::CountTokens).status == 200);
}

TEST_CASE("only one unchanged summary may come first, in place of the messages that it sums up") {
  const ThinkingSeal seal = ApiRules().seal;
  const Json before = conversation_of_five();
  const Json block = seal.summary_block(read_prompt(before), "What was said.");
  const Json message = {{"role", "assistant"}, {"content", Json::array({block})}};
  Json body = request_of(Json::array({message, user("four")}));
  int status = 400;
  std::string code;
  const char* said = "";
  SECTION("as a message of its own") {
    status = 200;
  }
  SECTION("as the first block of the first message") {
    body["messages"].erase(0);
    Json& content = body["messages"][0]["content"];
    content.insert(content.begin(), block);
    status = 200;
  }
  SECTION("with a cache mark") {
    body["messages"][0]["content"][0]["cache_control"] = {{"type", "ephemeral"}};
    status = 200;
  }
  SECTION("with the last messages kept, their thinking too") {
    Json whole = before;
    whole["messages"].push_back(reply_to(whole, "3", "third", seal));
    whole["messages"].push_back(user("four"));
    whole["messages"].push_back(reply_to(whole, "4", "fourth", seal));
    whole["messages"].push_back(user("five"));
    const Json& messages = whole["messages"];
    body["messages"] = Json::array({message, messages[5], messages[6], messages[7], messages[8]});
    body["messages"].push_back(reply_to(body, "5", "fifth", seal));
    body["messages"].push_back(user("six"));
    status = 200;
  }
  SECTION("with the last messages kept under another system text") {
    body["messages"] = Json::array({message, reply_to(before, "3", "third", seal), user("four")});
    body["system"][0]["text"] = "Be long.";
    said = unbound;
  }
  SECTION("followed by thinking of another conversation") {
    body["messages"] = Json::array({message, before["messages"][3], user("four")});
    said = unbound;
  }
  SECTION("followed by the same question that was summarized, asked again") {
    body["messages"][1] = before["messages"][0];
    status = 200;
  }
  SECTION("followed by all messages that it sums up") {
    Json messages = before["messages"];
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (messages[i]["role"] == "assistant") messages[i]["content"].erase(0);
    }
    messages.insert(messages.begin(), message);
    body["messages"] = messages;
    said = "the messages that this compaction block summarizes stand behind it still";
  }
  SECTION("after the first message") {
    body["messages"] = Json::array({user("a"), message, user("b")});
    code = "compaction_block_misplaced";
  }
  SECTION("as the second block of a message") {
    body["messages"] = Json::array({user("a")});
    body["messages"][0]["content"].push_back(block);
    code = "compaction_block_misplaced";
  }
  SECTION("in a system message") {
    body["messages"].push_back({{"role", "system"}, {"content", Json::array({block})}});
    body["messages"].erase(0);
    code = "compaction_block_misplaced";
  }
  SECTION("twice") {
    body["messages"].insert(body["messages"].begin(), message);
    code = "compaction_block_ambiguous";
  }
  SECTION("its text edited") {
    body["messages"][0]["content"][0]["content"] = "What was not said.";
    code = "compaction_content_mismatch";
  }
  SECTION("its signature edited") {
    body["messages"][0]["content"][0]["signature"] = std::string(176, '0');
    code = "compaction_signature_invalid";
  }
  SECTION("signed by another server") {
    body["messages"][0]["content"][0] =
        ThinkingSeal("another").summary_block(read_prompt(before), "What was said.");
    code = "compaction_signature_invalid";
  }
  SECTION("without one of its fields") {
    body["messages"][0]["content"][0].erase("encrypted_content");
    code = "compaction_signature_invalid";
  }
  SECTION("without its text") {
    body["messages"][0]["content"][0]["content"] = nullptr;
    said = "messages.0.content.0.compaction.content: Input should be a valid string";
  }
  SECTION("for a model that accepts no summaries") {
    body["model"] = "claude-haiku-4-5";
    said = "messages.0.content.0: compaction is not supported on this model";
  }
  SECTION("with no message after it") {
    body["messages"].erase(1);
    said = "This model does not support assistant message prefill";
  }
  SECTION("to be summarized again although there is nothing new") {
    body["messages"].erase(1);
    body["compaction"] = {{"type", "summarize"}};
    code = "compaction_nothing_to_summarize";
  }
  SECTION("to be summarized again") {
    body["compaction"] = {{"type", "summarize"}};
    status = 200;
  }
  const Refusal refusal = refusal_of(body, compacting);
  INFO(refusal.message);
  CHECK(refusal.status == status);
  CHECK(code_of(refusal) == code);
  CHECK(refusal.message.find(said) != std::string::npos);
  CHECK(refusal_of(body, good_headers).message.find("compaction") != std::string::npos);
}

TEST_CASE("thinking after a summary of a summary is still valid only in its own conversation") {
  const ThinkingSeal seal = ApiRules().seal;
  auto first = [](const Json& block) {
    return Json{{"role", "assistant"}, {"content", Json::array({block})}};
  };
  Json body = request_of(
      Json::array({first(seal.summary_block(read_prompt(conversation_of_five()), "One.")), user("four")}));
  const Json reply = reply_to(body, "hm", "fourth", seal);
  const Json second = seal.summary_block(read_prompt(body), "Two.");
  body["messages"] = Json::array({first(second), reply, user("five")});
  CHECK(refusal_of(body, compacting).message == "");
  body["messages"][1] = reply_to(request_of(Json::array({user("four")})), "hm", "fourth", seal);
  CHECK(refusal_of(body, compacting).message.find(unbound) != std::string::npos);
}

TEST_CASE("a prompt cache reads the longest marked prefix and writes what is new") {
  PromptCache cache;
  auto take = [&cache](const Json& body) {
    const CacheUse use =
        cache.look_up(*find_api_model(body["model"].get<std::string>()), read_prompt(body), Moment(0));
    cache.keep(use);
    return use.usage;
  };
  Json body = request_of(Json::array({user(std::string(4000, 'a'))}));
  body["cache_control"] = {{"type", "ephemeral"}, {"ttl", "1h"}};
  body["system"][0]["cache_control"]["ttl"] = "1h";
  ApiUsage first = take(body);
  CHECK(first.read == 0);
  CHECK(first.written_1h > 1000);
  CHECK(first.written_5m == 0);
  body["messages"].push_back({{"role", "assistant"}, {"content", "b"}});
  body["messages"].push_back(user("c"));
  ApiUsage second = take(body);
  CHECK(second.read == first.written_1h);
  CHECK(second.written_1h > 0);
  CHECK(second.written_1h < 50);
  CHECK(second.input == 0);
  body.erase("cache_control");
  body["messages"].push_back({{"role", "assistant"}, {"content", "d"}});
  body["messages"].push_back(user("e"));
  CHECK(take(body).read == 0);  // not cached: the only mark is on the system text, which is too short
  body["cache_control"] = {{"type", "ephemeral"}, {"ttl", "1h"}};
  body["model"] = "claude-opus-5";
  CHECK(take(body).read == 0);
}

namespace {

// Converts dollars to millionths of a cent, so that amounts can be compared as integers.
std::int64_t exact(double dollars) {
  return std::llround(dollars * 1e8);
}

// A cache with a clock, and requests that are answered at once.
struct Cached {
  ApiUsage ask(const Json& body) {
    const CacheUse use = look_up(body);
    cache.keep(use);
    return use.usage;
  }
  CacheUse look_up(const Json& body) const {
    return cache.look_up(*find_api_model(body["model"].get<std::string>()), read_prompt(body), now);
  }

  PromptCache cache;
  Moment now{0};
};

// A conversation that is long enough to be cached. One mark is at the end of the system text, one at the end
// of the conversation.
Json long_conversation(const char* lifetime) {
  Json body = request_of(Json::array({user(std::string(4000, 'a'))}));
  body["system"][0]["text"] = std::string(4000, 's');
  body["system"][0]["cache_control"]["ttl"] = "1h";
  body["cache_control"] = {{"type", "ephemeral"}, {"ttl", lifetime}};
  return body;
}

void go_on(Json& body) {
  body["messages"].push_back({{"role", "assistant"}, {"content", "b"}});
  body["messages"].push_back(user("c"));
}

}  // namespace

TEST_CASE("the lifetime of a cache entry begins again with each request that uses the entry") {
  using std::chrono::minutes;
  Cached world;
  Json body = long_conversation("5m");
  const ApiUsage first = world.ask(body);
  CHECK(first.written_1h > 1000);
  CHECK(first.written_5m > 1000);
  CHECK(first.input == 0);
  const std::int64_t whole = first.written_1h + first.written_5m;
  SECTION("an entry of five minutes is read until they are over") {
    world.now += minutes(5) - Moment(1);
    CHECK(world.ask(body).read == whole);
  }
  SECTION("each hit renews an entry") {
    for (int i = 0; i < 3; ++i) {
      world.now += minutes(4);
      CHECK(world.ask(body).read == whole);
    }
  }
  SECTION("after five minutes, only the entry of an hour is read, and the other one is written again") {
    world.now += minutes(5);
    const ApiUsage late = world.ask(body);
    CHECK(late.read == first.written_1h);
    CHECK(late.written_1h == 0);
    CHECK(late.written_5m == first.written_5m);
    world.now += minutes(4);
    CHECK(world.ask(body).read == whole);
  }
  SECTION("nothing is read after an hour") {
    world.now += minutes(60);
    CHECK(world.ask(body).read == 0);
  }
  SECTION("a longer request that reads an entry renews it") {
    world.now += minutes(4);
    Json longer = body;
    go_on(longer);
    CHECK(world.ask(longer).read == whole);
    world.now += minutes(4);
    CHECK(world.ask(body).read == whole);
  }
  SECTION("the lifetime is counted from the start of the request, not from its end") {
    const CacheUse slow = world.look_up(body);
    world.now += minutes(4);
    world.cache.keep(slow);
    world.now += minutes(1);
    CHECK(world.ask(body).read == first.written_1h);
  }
  SECTION("an entry of an hour that is over is written again as an entry of five minutes") {
    world.now += minutes(120);
    Json shorter = body;
    shorter["system"][0]["cache_control"]["ttl"] = "5m";
    CHECK(world.ask(shorter).written_5m == whole);
    world.now += minutes(1);
    CHECK(world.ask(shorter).read == whole);
    world.now += minutes(6);
    CHECK(world.ask(body).read == 0);
  }
}

TEST_CASE("cache entries of a request can be read as soon as its reply begins, not earlier") {
  Cached world;
  const Json body = long_conversation("1h");
  const CacheUse one = world.look_up(body), other = world.look_up(body);
  CHECK(other.usage.read == 0);
  CHECK(other.usage.written_1h == one.usage.written_1h);
  world.cache.keep(one);
  CHECK(world.look_up(body).usage.read == one.usage.written_1h);
}

TEST_CASE("some parameters must match for a cache hit, others may change") {
  Cached world;
  const Json body = long_conversation("1h");
  const ApiUsage first = world.ask(body);
  Json small = body;
  small["messages"][0]["content"] = "a";
  const std::int64_t whole = first.written_1h, system = whole - tokens(read_prompt(body)) +
                                                        tokens(read_prompt(small)) -
                                                        read_prompt(small).blocks.back().tokens;
  struct Row {
    const char* change;
    std::int64_t read;
  };
  const std::vector<Row> rows = {
      {R"({})", whole},
      {R"({"max_tokens":7,"stop_sequences":["a"],"metadata":{"user_id":"u"},"stream":false})", whole},
      {R"({"thinking":{"type":"adaptive","display":"summarized"}})", whole},
      {R"({"output_config":{"effort":"medium"},"tool_choice":{"type":"auto"},"speed":"standard"})", whole},
      {R"({"output_config":{"effort":"high"}})", system},
      {R"({"thinking":{"type":"between_tools"}})", system},
      {R"({"tool_choice":{"type":"none"}})", system},
      {R"({"speed":"fast"})", 0},
      {R"({"output_config":{"format":{"type":"json_schema","schema":{}}}})", 0},
      {R"({"model":"claude-sonnet-5-5"})", 0},
      {R"({"tools":[{"name":"f","input_schema":{"type":"object"}}]})", 0},
  };
  for (const Row& row : rows) {
    Json changed = body;
    changed.merge_patch(Json::parse(row.change));
    INFO(row.change);
    CHECK(world.look_up(changed).usage.read == row.read);
  }
  Json with_image = body;
  go_on(with_image);
  CHECK(world.look_up(with_image).usage.read == whole);
  with_image["messages"][2]["content"].push_back(media("image/png", png_1x1));
  CHECK(world.ask(with_image).read == system);
  go_on(with_image);
  CHECK(world.look_up(with_image).usage.read > whole);
  go_on(with_image);
  with_image["messages"].back()["content"].push_back(media("image/png", png_280x56));
  // A second image doesn't invalidate the cached messages; only the first one does.
  CHECK(world.look_up(with_image).usage.read > whole);
}

TEST_CASE("a miss is explained by the first part of the prompt that differs") {
  RecentPrompts recent;
  const Json before = conversation_of_five();
  auto model_of = [](const Json& body) { return *find_api_model(body["model"].get<std::string>()); };
  recent.keep("msg_1", model_of(before), read_prompt(before));
  const std::int64_t all = tokens(read_prompt(before));
  Json body = before;
  go_on(body);
  auto reason = [&] {
    const Json told = recent.compared("msg_1", model_of(body), read_prompt(body));
    return told.is_null() ? Json() : told["cache_miss_reason"];
  };
  Json expected;
  SECTION("no reason if the prompt only continues the earlier one") {
    expected = nullptr;
  }
  SECTION("no reason if only cache marks and max_tokens change") {
    body["system"][0].erase("cache_control");
    body["max_tokens"] = 7;
    expected = nullptr;
  }
  SECTION("another model") {
    body["model"] = "claude-opus-5";
    body["system"][0]["text"] = "Be long.";
    expected = {{"type", "model_changed"}, {"cache_missed_input_tokens", all}};
  }
  SECTION("another speed") {
    body["speed"] = "fast";
    expected = {{"type", "model_changed"}, {"cache_missed_input_tokens", all}};
  }
  SECTION("tools added") {
    body["tools"] = Json::parse(R"([{"name":"f","input_schema":{"type":"object"}}])");
    expected = {{"type", "tools_changed"}, {"cache_missed_input_tokens", all}};
  }
  SECTION("another system text") {
    body["system"][0]["text"] = "Be long.";
    expected = {{"type", "system_changed"}, {"cache_missed_input_tokens", all}};
  }
  SECTION("the system text removed") {
    body.erase("system");
    expected = {{"type", "system_changed"}, {"cache_missed_input_tokens", all}};
  }
  SECTION("an earlier message edited") {
    body["messages"][4]["content"][0]["text"] = "edited";
    expected = {{"type", "messages_changed"},
                {"cache_missed_input_tokens", read_prompt(before).blocks.back().tokens}};
  }
  SECTION("two messages fewer") {
    body = before;
    body["messages"].erase(4);
    body["messages"].erase(3);
    expected = {{"type", "messages_changed"}};
    const auto blocks = read_prompt(before).blocks;
    expected["cache_missed_input_tokens"] = blocks[blocks.size() - 1].tokens +
                                            blocks[blocks.size() - 2].tokens +
                                            blocks[blocks.size() - 3].tokens;
  }
  SECTION("another parameter changed") {
    body["output_config"] = {{"effort", "low"}};
    expected = {{"type", "unavailable"}};
  }
  SECTION("an unknown id") {
    CHECK(recent.compared("msg_2", model_of(body), read_prompt(body)) ==
          Json{{"cache_miss_reason", {{"type", "previous_message_not_found"}}}});
    return;
  }
  SECTION("a request that is too long ago to be remembered") {
    for (std::size_t i = 0; i < RecentPrompts::max_prompts; ++i)
      recent.keep("m" + std::to_string(i), model_of(body), read_prompt(before));
    expected = {{"type", "previous_message_not_found"}};
  }
  CHECK(reason() == expected);
}

TEST_CASE("money: each kind of token at its model's price") {
  const ApiUsage million{
      .input = 100000, .read = 200000, .written_5m = 300000, .written_1h = 400000, .output = 50000};
  struct Row {
    const char* model;
    double dollars;
  };
  const std::vector<Row> rows = {{"claude-fable-5-2", 0.8 + 0.04 + 3 + 6.4 + 2},
                                 {"claude-opus-5-5", 0.4 + 0.04 + 1.5 + 3.2 + 1},
                                 {"claude-sonnet-4-5-20250929", 0.3 + 0.06 + 1.125 + 2.4 + 0.75},
                                 {"claude-haiku-5-5", 0.05 + 0.01 + 0.1875 + 0.4 + 0.125},
                                 {"claude-mythos-preview", 0},
                                 {"claude-unknown", 0}};
  for (const Row& row : rows) {
    INFO(row.model);
    CHECK(exact(ApiBill::dollars(row.model, million)) == exact(row.dollars));
  }
  CHECK(exact(ApiBill::dollars("claude-haiku-5-5", {.input = 50000, .read = 50000, .output = 1000})) ==
        exact(0.005 + 0.0005 + 0.0005));
  CHECK(exact(ApiBill::dollars("claude-haiku-5-5", {.input = 50001, .read = 50000})) ==
        exact(0.0250005 + 0.0025));
  for (const ApiModel& model : api_models()) {
    if (model.id == "claude-mythos-preview") continue;
    INFO(model.id);
    CHECK(find_api_price(model, 1) != nullptr);
  }
  ApiBill bill;
  bill.add("claude-opus-5-5", {.read = 1000000, .output = 100000});
  bill.add("claude-opus-5-5", {.written_1h = 1000000});
  CHECK(bill.requests == 2);
  CHECK(exact(bill.spent) == exact(0.2 + 2 + 8));
  CHECK(exact(bill.spent_uncached) == exact(4 + 2 + 4));
}

TEST_CASE("checking a request comes to an end, whatever its bytes are") {
  const std::string good = conversation_of_five().dump();
  unsigned seed = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 3; ++i) {
      seed = seed * 1103515245 + 12345;
      const std::size_t place = (seed >> 8) % bytes.size();
      const std::vector<std::string> patches = {"null", "7",    "\"x\"", "{}",    "[]",
                                                "true", "\xff", "\"",    "-1e999"};
      std::size_t end = bytes.find_first_of(",]}", place);
      std::size_t begin = bytes.find_last_of(",:[", place);
      if (end == std::string::npos || begin == std::string::npos) continue;
      bytes.replace(begin + 1, end - begin - 1, patches[(seed >> 16) % patches.size()]);
    }
    verdict(bytes);
    verdict(bytes, {}, ApiCall::CountTokens);
  }
  SUCCEED();
}
