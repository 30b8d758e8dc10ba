#include "tests/standin/shapes.h"

#include <algorithm>

namespace aside::test {

namespace {

std::string named(const std::string& name, const std::string& data) {
  return "event: " + name + "\ndata: " + data + "\n\n";
}

std::string bare(const std::string& data) {
  return "data: " + data + "\n\n";
}

// The parts of a well-formed stream.
const std::string start_data =
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"gateway-1","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}})";
const std::string start = named("message_start", start_data);
const std::string text_start_data =
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})";
const std::string text_start = named("content_block_start", text_start_data);
const std::string hello_data =
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello, "}})";
const std::string world_data =
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"world."}})";
const std::string hello = named("content_block_delta", hello_data);
const std::string world = named("content_block_delta", world_data);
const std::string block_stop_data = R"({"type":"content_block_stop","index":0})";
const std::string block_stop = named("content_block_stop", block_stop_data);
const std::string reason_data =
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}})";
const std::string reason = named("message_delta", reason_data);
const std::string stop_data = R"({"type":"message_stop"})";
const std::string stop = named("message_stop", stop_data);
const std::string body = text_start + hello + world + block_stop;
const std::string end = reason + stop;
const std::string whole = start + body + end;
const std::string message =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"gateway-1","content":[{"type":"text","text":"Hello, world."}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":4}})";

std::string delta(const std::string& json, const std::string& index = "0") {
  return named("content_block_delta",
               R"({"type":"content_block_delta","index":)" + index + R"(,"delta":)" + json + "}");
}

std::string block(const std::string& json, const std::string& index = "0") {
  return named("content_block_start",
               R"({"type":"content_block_start","index":)" + index + R"(,"content_block":)" + json + "}");
}

std::string block_end(const std::string& index) {
  return named("content_block_stop", R"({"type":"content_block_stop","index":)" + index + "}");
}

std::string thought(const std::string& text, const std::string& index = "0") {
  return delta(R"({"type":"thinking_delta","thinking":")" + text + "\"}", index);
}

std::string usage(const std::string& json) {
  return start + body +
         named("message_delta",
               R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":)" + json + "}") +
         stop;
}

std::string replaced(std::string in, const std::string& what, const std::string& by) {
  for (std::size_t at = in.find(what); at != in.npos; at = in.find(what, at + by.size()))
    in.replace(at, what.size(), by);
  return in;
}

std::string deep(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string times(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

// A whole stream and an error, packed by gzip.
const std::string gzip(
    "\037\213\010\000\000\000\000\000\002\003\165\220\321\012\203\060\014\105\337\375\012\311\263\033"
    "\370\332\057\330\137\224\314\006\031\353\032\151\263\071\021\377\335\024\121\164\270\247\346\346"
    "\336\346\204\320\207\202\230\362\105\051\141\113\066\011\106\051\034\012\232\162\004\031\072\002"
    "\003\007\023\252\125\203\031\341\341\262\237\132\133\347\076\073\362\252\133\024\352\161\270\324"
    "\060\115\105\101\013\241\341\040\132\330\273\347\346\151\065\050\370\313\071\211\350\324\345\065"
    "\133\112\350\053\233\231\205\366\156\344\075\127\145\317\321\273\353\236\272\256\176\312\073\230"
    "\173\122\022\356\154\044\114\034\064\106\301\131\171\307\160\066\067\047\377\237\213\073\320\057"
    "\063\021\375\021\216\143\001\000\000",
    177);
const std::string gzip_error(
    "\037\213\010\000\000\000\000\000\002\003\253\126\112\111\055\111\314\314\121\262\122\362\057\055\121\310"
    "\117\123\110\056\112\115\311\054\121\252\005\000\203\225\376\262\032\000\000\000",
    46);

using Becomes = Shape::Becomes;

std::vector<Shape> of_events() {
  const std::string empty_thinking = R"({"type":"thinking","thinking":"","signature":""})";
  const std::string signature = delta(R"({"type":"signature_delta","signature":"c2ln"})");
  const std::string tool = block(R"({"type":"tool_use","id":"toolu_1","name":"read","input":{}})", "1") +
                           delta(R"({"type":"input_json_delta","partial_json":"{\"path\":"})", "1");
  const std::string search =
      R"({"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"a"}})";
  const std::string found = R"({"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]})";
  return {
      {"plain", whole},
      // Shapes with events that come twice, not at all, or in another place.
      {"start twice", start + start + body + end},
      {"start again in the middle", start + text_start + hello + start + world + block_stop + end},
      {"another start before the text", replaced(start, "msg_1", "msg_0") + start + body + end},
      {"no start", body + end},
      {"no block start", start + hello + world + block_stop + end},
      {"no block stop", start + text_start + hello + world + end},
      {"block stop twice", start + body + block_stop + end},
      {"only deltas", hello + world + reason},
      {"no message_delta", start + body + stop},
      {"message_delta first", start + reason + body + stop},
      {"message_delta twice", start + body + reason + end},
      {"message_delta before the block stop",
       start + text_start + hello + world + reason + block_stop + stop},
      {"message_stop twice", whole + stop},
      {"deltas after the block stop", start + text_start + hello + block_stop + world + end},
      {"block start twice", start + text_start + text_start + hello + world + block_stop + end},
      {"start of the message last", body + start + end},
      {"delta before its block start", start + hello + text_start + world + block_stop + end},
      {"everything after message_stop", whole + hello + named("error", R"({"type":"error"})")},
      {"two blocks of one index",
       start + text_start + hello + block_stop + text_start + world + block_stop + end},
      // Shapes of the end of a stream.
      {"no message_stop", start + body + reason},
      {"done instead of message_stop", start + body + reason + "data: [DONE]\n\n"},
      {"done after message_stop", whole + "data: [DONE]\n\n"},
      {"no blank line at the end", start + body + reason.substr(0, reason.size() - 2)},
      {"no line end at the end", start + body + reason + stop.substr(0, stop.size() - 2)},
      {"stop reason unknown", replaced(whole, "end_turn", "quantum_decoherence")},
      {"stop reason null, message_stop", replaced(whole, "\"end_turn\"", "null")},
      {"stop reason a number, message_stop", replaced(whole, "\"end_turn\"", "7")},
      {"stop reason at the top",
       start + body + named("message_delta", R"({"type":"message_delta","stop_reason":"end_turn"})")},
      {"stop reason in the start",
       replaced(start, "\"stop_reason\":null", "\"stop_reason\":\"end_turn\"") + body},
      {"delta null in message_delta",
       start + body + named("message_delta", R"({"type":"message_delta","delta":null,"usage":null})") + stop},
      {"no stop reason, no message_stop", start + body, Becomes::Kept},
      {"done alone", start + body + "data: [DONE]\n\n", Becomes::Kept},
      {"cut in a delta", start + text_start + hello + world.substr(0, world.size() / 2), Becomes::Kept,
       "Hello, "},
      {"error after the stop reason",
       start + body + reason + named("error", R"({"type":"error","error":{"message":"late"}})")},
      // Shapes of indexes.
      {"no index", replaced(whole, "\"index\":0,", "")},
      {"index a string", replaced(whole, "\"index\":0", "\"index\":\"0\"")},
      {"index of no block",
       start + text_start + replaced(hello + world, "\"index\":0", "\"index\":7") + block_stop + end},
      {"index negative", replaced(whole, "\"index\":0", "\"index\":-1")},
      {"index huge", replaced(whole, "\"index\":0", "\"index\":99999999999999999999999")},
      {"index a float", start + replaced(body, "\"index\":0", "\"index\":0.0") + end},
      {"index null", replaced(whole, "\"index\":0", "\"index\":null")},
      {"index differs in the stop", start + text_start + hello + world + block_end("3") + end},
      // Shapes with deltas that don't fit their block.
      {"thinking in a text block", start + text_start + hello + thought("Hm.") + world + block_stop + end,
       Becomes::Whole, "Hello, world.", "Hm."},
      {"thinking first in a text block",
       start + text_start + thought("Hm.") + hello + world + block_stop + end, Becomes::Whole,
       "Hello, world.", "Hm."},
      {"text in a thinking block",
       start + block(empty_thinking) + thought("Hm.") + hello + world + signature + block_stop + end,
       Becomes::Whole, "Hello, world.", "Hm."},
      {"signature in a text block", start + text_start + hello + signature + world + block_stop + end},
      {"thinking unsigned", start + block(empty_thinking) + thought("Hm.") + block_stop + body + end,
       Becomes::Whole, "Hello, world.", "Hm."},
      {"thinking and text in one delta",
       start + text_start + delta(R"({"type":"text_delta","text":"Hello, world.","thinking":"Hm."})") +
           block_stop + end,
       Becomes::Whole, "Hello, world.", "Hm."},
      {"tool input in a text block", start + text_start + hello +
                                         delta(R"({"type":"input_json_delta","partial_json":"{\"a\":1}"})") +
                                         world + block_stop + end},
      {"citation in a text block",
       start + text_start + hello + delta(R"({"type":"citations_delta","citation":{"type":"odd","x":1}})") +
           world + block_stop + end},
      {"citation a string", start + text_start + hello +
                                delta(R"({"type":"citations_delta","citation":"x"})") + world + block_stop +
                                end},
      {"text in a tool's block",
       start + tool + replaced(hello + world, "\"index\":0", "\"index\":1") + block_end("1") + end},
      {"delta without a type", replaced(whole, "\"type\":\"text_delta\",", "")},
      {"delta a string", start + text_start + delta("\"Hello, \"") + delta("\"world.\"") + block_stop + end},
      {"delta of a type that nobody knows",
       start + text_start + hello + delta(R"({"type":"tint_delta","colour":7})") + world + block_stop + end},
      {"text null", start + block(R"({"type":"text","text":null})") +
                        delta(R"({"type":"text_delta","text":null})") + hello + world + block_stop + end},
      {"delta null", start + text_start + delta("null") + hello + world + block_stop + end},
      {"delta missing", start + text_start +
                            named("content_block_delta", R"({"type":"content_block_delta","index":0})") +
                            hello + world + block_stop + end},
      // Shapes of blocks.
      {"text in the block start",
       start + block(R"({"type":"text","text":"Hello, "})") + world + block_stop + end},
      {"thinking in a text block's start",
       start + block(R"({"type":"text","text":"","thinking":"Hm."})") + hello + world + block_stop + end,
       Becomes::Whole, "Hello, world.", "Hm."},
      {"fields that nobody knows",
       start + block(R"({"type":"text","text":"","mood":"calm","citations":null,"id":7})") + hello + world +
           block_stop + end},
      {"block without a type", start + block(R"({"text":""})") + hello + world + block_stop + end},
      {"block null", start + block("null") + hello + world + block_stop + end},
      {"block of a type that nobody knows", start + block(R"({"type":"hologram","data":"x"})", "0") +
                                                block_end("0") +
                                                replaced(body, "\"index\":0", "\"index\":1") + end},
      {"text of a type that nobody knows",
       start + block(R"({"type":"output_text","text":"Hello, world."})") + block_stop + end},
      {"tool call", start + body + tool + block_end("1") + end},
      {"tool call twice", start + body + tool + tool + block_end("1") + end},
      {"server tool call and result",
       start + body + block(search, "1") + block_end("1") + block(found, "2") + block_end("2") + end},
      {"server tool call without result", start + body + block(search, "1") + block_end("1") + end},
      {"server tool result without call", start + body + block(found, "1") + block_end("1") + end},
      {"server tool call twice",
       start + body + block(search, "1") + block(search, "2") + block(found, "3") + end},
      {"server tool with a field too many",
       start + body + block(replaced(search, "\"name\"", "\"mood\":1,\"name\""), "1") + block_end("1") +
           block(found, "2") + end},
      {"redacted thinking without data",
       start + block(R"({"type":"redacted_thinking"})") + block_stop + body + end},
      {"nested deep in a block", start + block(R"({"type":"text","text":"","x":)" + deep(60000) + "}") +
                                     hello + world + block_stop + end},
      {"nested 70 deep in a block",
       start + block(R"({"type":"odd","x":)" + deep(70) + "}", "1") + block_end("1") + body + end},
      {"nested deep in a citation",
       start + text_start + hello +
           delta(R"({"type":"citations_delta","citation":{"type":"char_location","cited_text":)" +
                 deep(5000) + "}}") +
           world + block_stop + end},
      {"nested deep in a tool's input",
       start + body + block(R"({"type":"tool_use","id":"toolu_1","name":"read","input":{}})", "1") +
           delta(R"({"type":"input_json_delta","partial_json":"{\"a\":)" + deep(5000) + R"(}"})", "1") +
           block_end("1") + end},
      {"nested deep in the usage", usage(R"({"output_tokens":4,"x":)" + deep(60000) + "}")},
      {"content a string in the start",
       replaced(start, "\"content\":[]", "\"content\":\"Hello, world.\"") + end},
      {"content in the start",
       replaced(start, "\"content\":[]", R"("content":[{"type":"text","text":"Hello, "}])") + world + end},
      // Shapes of usage.
      {"usage null", usage("null")},
      {"usage of strings", usage(R"({"input_tokens":"9","output_tokens":"many"})")},
      {"usage of floats", usage(R"({"input_tokens":9.5,"output_tokens":4e0})")},
      {"usage negative", usage(R"({"input_tokens":-9,"output_tokens":-4})")},
      {"usage huge",
       usage(
           R"({"input_tokens":9223372036854775807,"output_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807,"cache_creation_input_tokens":1e300})")},
      {"a count of 400 digits",
       usage("{\"input_tokens\":" + std::string(400, '9') + ",\"output_tokens\":4}")},
      {"numbers beyond all range, and none at all",
       replaced(replaced(whole, R"("index":0)", R"("index":0,"p":-1e999,"q":[NaN,-Infinity],"r":1e-999)"),
                R"("text":"")", R"("text":"","score":1e999)")},
      {"usage beyond numbers", usage(R"({"input_tokens":99999999999999999999999999,"output_tokens":1e300})")},
      {"usage an array", usage("[1,2]")},
      {"usage without output", usage(R"({"input_tokens":9})")},
      {"iterations huge",
       usage(
           R"({"iterations":[{"output_tokens":9223372036854775807},{"output_tokens":9223372036854775807},null,7]})")},
      // Shapes with two messages in one stream.
      {"another message in the middle",
       start + text_start + hello + replaced(start, "msg_1", "msg_2") + body + end, Becomes::Kept, "Hello, "},
      {"another message after the stop reason",
       start + body + reason + replaced(start, "msg_1", "msg_2") + body + end},
      // Shapes of text.
      {"half characters",
       start + text_start + delta(R"({"type":"text_delta","text":"a \ud83d"})") +
           delta(R"({"type":"text_delta","text":"\ude00 b"})") + block_stop + end,
       Becomes::Whole, "a \U0001F600 b"},
      {"half a character alone",
       start + text_start + delta(R"({"type":"text_delta","text":"a \ude00 b \ud83d"})") + block_stop + end,
       Becomes::Whole, "a \uFFFD b \uFFFD"},
      {"bytes that are no text",
       start + text_start + delta("{\"type\":\"text_delta\",\"text\":\"a \xFF\xC3 b\"}") + block_stop + end,
       Becomes::Whole, "a \uFFFD\uFFFD b"},
      {"a raw tab in a string",
       start + text_start + delta("{\"type\":\"text_delta\",\"text\":\"a\tb\"}") + block_stop + end,
       Becomes::Whole, "a\tb"},
      {"emptiness", start + end, Becomes::Whole, ""},
      {"blank text", start + text_start + delta(R"({"type":"text_delta","text":" \n "})") + block_stop + end,
       Becomes::Whole, " \n "},
  };
}

std::vector<Shape> of_the_stream() {
  const std::string split =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\ndata: \"index\":0,\ndata: "
      "\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello, world.\"}}\n\n";
  const auto error = [](const std::string& data) { return start + named("error", data); };
  return {
      {"no event names", bare(start_data) + bare(text_start_data) + bare(hello_data) + bare(world_data) +
                             bare(block_stop_data) + bare(reason_data) + bare(stop_data)},
      {"event names alone", named("message_start", start_data) +
                                replaced(body, "\"type\":\"content_block_delta\",", "") +
                                replaced(end, "\"type\":\"message_delta\",", "")},
      {"neither names nor types",
       bare(replaced(start_data, "\"type\":\"message_start\",", "")) +
           bare(replaced(text_start_data, "\"type\":\"content_block_start\",", "")) +
           bare(replaced(hello_data, "\"type\":\"content_block_delta\",", "")) +
           bare(replaced(world_data, "\"type\":\"content_block_delta\",", "")) +
           bare(replaced(reason_data, "\"type\":\"message_delta\",", ""))},
      {"wrong event names", replaced(replaced(whole, "event: content_block_delta", "event: message_start"),
                                     "event: message_delta", "event: ping")},
      {"event names all \"message\"",
       replaced(replaced(replaced(whole, "event: content_block_delta", "event: message"),
                         "event: message_start", "event: message"),
                "event: message_stop", "event: message")},
      {"event names of their own", replaced(whole, "event: content_block_delta", "event: completion")},
      {"carriage returns", replaced(whole, "\n", "\r")},
      {"carriage returns and line feeds", replaced(whole, "\n", "\r\n")},
      {"byte order mark", "\xEF\xBB\xBF" + whole},
      {"comments", ": hello\n\n" + start + ":\n" + body + ": bye\n: bye\n\n" + end},
      {"ids and retry", "retry: 10\nid: 1\n\n" + replaced(whole, "event:", "id: 7\nretry: 3\nevent:")},
      {"no blank after the colon", replaced(replaced(whole, "data: ", "data:"), "event: ", "event:")},
      {"data split over lines", start + text_start + split + block_stop + end},
      {"empty data", "data:\n\n" + start + "data\n\n" + body + "data: \n\n" + end},
      {"heartbeats", bare("heartbeat") + start + bare("ping") + text_start + hello + bare("1") + world +
                         block_stop + bare("[]") + bare("null") + bare("\"alive\"") + bare("{}") + end},
      {"heartbeats by name", named("heartbeat", "{\"x\"") + start + named("keepalive", "") + body + end},
      {"many pings", start + times(named("ping", R"({"type":"ping"})"), 500) + body + end},
      {"ping without data", start + "event: ping\n\n" + body + end},
      {"events that nobody knows",
       start + named("vendor.stats", R"({"type":"vendor.stats","x":{"text":"no"}})") + body + end},
      {"blank lines", "\n\n\r\n\n" + replaced(whole, "\n\n", "\n\n\n\n")},
      {"blanks around the data", replaced(replaced(whole, "data: ", "data:   "), "}\n", "}  \n")},
      {"errors of null", replaced(whole, "{\"type\":\"content_block_delta\"",
                                  "{\"error\":null,\"type\":\"content_block_delta\"")},
      // Shapes with different content types.
      {"text/plain", whole, Becomes::Whole, "Hello, world.", "", 200, "text/plain"},
      {"application/json", whole, Becomes::Whole, "Hello, world.", "", 200, "application/json"},
      {"text/html", whole, Becomes::Whole, "Hello, world.", "", 200, "text/html; charset=utf-8"},
      {"application/octet-stream", whole, Becomes::Whole, "Hello, world.", "", 200,
       "application/octet-stream"},
      {"status 201", whole, Becomes::Whole, "Hello, world.", "", 201},
      {"status 202", whole, Becomes::Whole, "Hello, world.", "", 202},
      {"status 206", whole, Becomes::Whole, "Hello, world.", "", 206},
      {"gzip",
       gzip,
       Becomes::Whole,
       "Hello, world.",
       "",
       200,
       "text/event-stream",
       {{"content-encoding", "gzip"}}},
      {"gzip without a header", gzip, Becomes::Words, "compressed by gzip"},
      {"error packed without a header", gzip_error, Becomes::Words, "compressed by gzip", "", 400},
      // Shapes that are not a stream.
      {"a message", message, Becomes::Whole, "Hello, world.", "", 200, "application/json"},
      {"a message, labelled as a stream", message},
      {"a message, printed for people", replaced(replaced(message, ",\"", ",\n  \""), "{\"", "{\n \""),
       Becomes::Whole, "Hello, world.", "", 200, "application/json"},
      {"a message after blanks", " \r\n\n\t " + message + "\n", Becomes::Whole, "Hello, world.", "", 200,
       "application/json"},
      {"a message after a byte order mark", "\xEF\xBB\xBF" + message, Becomes::Whole, "Hello, world.", "",
       200, "application/json"},
      {"a message whose content is a string",
       replaced(message, R"([{"type":"text","text":"Hello, world."}])", "\"Hello, world.\""), Becomes::Whole,
       "Hello, world.", "", 200, "application/json"},
      {"a message without a stop reason", replaced(message, "\"end_turn\"", "null"), Becomes::Whole,
       "Hello, world.", "", 200, "application/json"},
      {"a message without a type", replaced(message, "\"type\":\"message\",", ""), Becomes::Whole,
       "Hello, world.", "", 200, "application/json"},
      {"a message as the data of an event", bare(message)},
      {"an array of events",
       "[" + start_data + ",\n" + text_start_data + "," + hello_data + "," + world_data + "," + reason_data +
           "," + stop_data + "]",
       Becomes::Whole, "Hello, world.", "", 200, "application/json"},
      {"an event a line",
       start_data + "\n" + text_start_data + "\n" + hello_data + "\r\n\n" + world_data + "\n" + reason_data +
           "\n" + stop_data,
       Becomes::Whole, "Hello, world.", "", 200, "application/x-ndjson"},
      {"an event a line, no stop",
       start_data + "\n" + text_start_data + "\n" + hello_data + "\n" + world_data + "\n", Becomes::Kept,
       "Hello, world.", "", 200, "application/x-ndjson"},
      {"chat completion chunks",
       bare(
           R"({"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})") +
           bare(R"({"object":"chat.completion.chunk","choices":[{"delta":{"content":"Hello, "}}]})") +
           bare(
               R"({"object":"chat.completion.chunk","choices":[{"delta":{"content":"world."},"finish_reason":null}]})") +
           bare(R"({"object":"chat.completion.chunk","choices":[{"delta":{},"finish_reason":"stop"}]})") +
           bare("[DONE]")},
      {"a chat completion",
       R"({"object":"chat.completion","model":"m","choices":[{"message":{"role":"assistant","content":"Hello, world."},"finish_reason":"stop"}]})",
       Becomes::Whole, "Hello, world.", "", 200, "application/json"},
      // Shapes of errors.
      {"error event",
       error(R"({"type":"error","error":{"type":"invalid_request_error","message":"Out of credit"}})"),
       Becomes::Words, "Out of credit"},
      {"error event without a type", error(R"({"error":{"message":"Out of credit"}})"), Becomes::Words,
       "Out of credit"},
      {"error without name or type", start + bare(R"({"error":{"message":"Out of credit"}})"), Becomes::Words,
       "Out of credit"},
      {"error a string", bare(R"({"error":"Out of credit"})"), Becomes::Words, "Out of credit"},
      {"error event of plain words", error("Out of credit"), Becomes::Words, "Out of credit"},
      {"error named by its type", bare(R"({"type":"billing_error","message":"Out of credit"})"),
       Becomes::Words, "Out of credit"},
      {"error after text",
       start + text_start + hello + named("error", R"({"error":{"message":"Out of credit"}})"), Becomes::Kept,
       "Hello, "},
      {"error as JSON",
       R"({"type":"error","error":{"type":"invalid_request_error","message":"Out of credit"}})",
       Becomes::Words, "Out of credit", "", 200, "application/json"},
      {"error as JSON without a type", R"({"error":{"message":"Out of credit"}})", Becomes::Words,
       "Out of credit", "", 200, "application/json"},
      {"detail as JSON", R"({"detail":"Out of credit"})", Becomes::Words, "Out of credit", "", 200,
       "application/json"},
      {"message as JSON",
       "\n"
       R"({"message":"Out of credit"})"
       "\n",
       Becomes::Words, "Out of credit", "", 200, "application/json"},
      {"plain words", "Out of credit", Becomes::Words, "Out of credit", "", 200, "text/plain"},
      {"plain words as data", bare("Out of credit"), Becomes::Words, "Out of credit"},
      {"a page", "<html><body>Out of credit</body></html>", Becomes::Words, "text/html", "", 200,
       "text/html"},
      {"nothing", "", Becomes::Words, "before a reply began"},
      {"blanks", "\n\n  \n", Becomes::Words, "before a reply began"},
      {"a message of nothing", R"({"type":"message","content":[]})", Becomes::Words, "application/json", "",
       200, "application/json"},
      {"data that is not JSON",
       start + named("content_block_delta", R"({"type":"content_block_delta","index)"), Becomes::Words,
       "not JSON"},
      {"data that is not JSON after text",
       start + text_start + hello + named("content_block_delta", R"({"type":"content_block_delta","index)") +
           world + end,
       Becomes::Kept, "Hello, "},
      {"error packed",
       gzip_error,
       Becomes::Words,
       "Out of credit",
       "",
       400,
       "application/json",
       {{"content-encoding", "gzip"}}},
      {"status 400", R"({"type":"error","error":{"type":"invalid_request_error","message":"Out of credit"}})",
       Becomes::Words, "Out of credit", "", 400, "application/json"},
  };
}

}  // namespace

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = [] {
    std::vector<Shape> shapes = of_events();
    for (Shape& shape : of_the_stream()) shapes.push_back(std::move(shape));
    return shapes;
  }();
  return all;
}

const Shape* find_shape(std::string_view name) {
  const auto found = std::find_if(shapes().begin(), shapes().end(),
                                  [name](const Shape& shape) { return shape.name == name; });
  return found == shapes().end() ? nullptr : &*found;
}

Script Shape::script() const {
  Script script;
  script.status = status;
  script.body = body;
  script.headers = headers;
  script.headers.emplace_back("content-type", type);
  return script;
}

}  // namespace aside::test
