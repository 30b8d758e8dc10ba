#include "daemon/api/reply.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/sse.h"
#include "tests/support/fake_http.h"
#include "tests/support/test.h"

using aside::Error;
using aside::ErrorCode;
using aside::Piece;
using aside::Reply;
using aside::SseDecoder;
using aside::SseEvent;

namespace {

struct Replay {
  Reply reply;
  std::vector<Piece> pieces;  // the received pieces; adjacent pieces of the same kind are joined
  std::optional<Error> error;
};

void join(std::vector<Piece>& all, std::vector<Piece> more) {
  for (Piece& piece : more) {
    const bool joins = !all.empty() && all.back().kind == piece.kind && piece.kind != Piece::Kind::Block;
    if (joins) {
      all.back().text += piece.text;
    } else {
      all.push_back(std::move(piece));
    }
  }
}

Replay replay(const std::string& bytes, std::size_t step = aside::all_at_once) {
  Replay result;
  SseDecoder decoder;
  for (std::size_t at = 0; at < bytes.size() && !result.error; at += std::min(step, bytes.size() - at)) {
    decoder.feed(std::string_view(bytes).substr(at, step));
    while (const auto event = decoder.next()) {
      if (auto taken = result.reply.add_event(*event); !taken) {
        result.error = taken.error();
        break;
      }
    }
    join(result.pieces, result.reply.take_pieces());
  }
  return result;
}

std::string described(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) {
    text += piece.kind == Piece::Kind::Text ? "T:" : piece.kind == Piece::Kind::Thinking ? "H:" : "B:";
    text += piece.text + "|";
  }
  return text;
}

std::string all_of(const Replay& replayed) {
  const Reply& reply = replayed.reply;
  std::string text = reply.text() + "\n" + reply.thinking() + "\n" + reply.model() + "\n" +
                     reply.stop_reason() + "\n" + reply.refusal() + "\n" + reply.blocks() + "\n" +
                     reply.content() + "\n" + described(replayed.pieces);
  if (reply.usage()) text += std::to_string(reply.usage()->output);
  if (replayed.error) text += replayed.error->message;
  return text + (reply.started() ? "s" : "") + (reply.shown() ? "h" : "") + (reply.finished() ? "f" : "");
}

const std::vector<std::string> files = {"plain",
                                        "thinking",
                                        "omitted_thinking",
                                        "tool_use",
                                        "unknown",
                                        "surrogates",
                                        "refusal",
                                        "max_tokens",
                                        "truncated",
                                        "truncated_thinking",
                                        "error_event",
                                        "citations",
                                        "crlf",
                                        "early_error_event",
                                        "prefilled",
                                        "garbage",
                                        "two_messages",
                                        "no_stop"};

constexpr const char* signed_thinking = R"({"type":"thinking","thinking":"Whole.","signature":"EqQBsig=="})";

SseEvent event(std::string data) {
  return {"", std::move(data)};
}

}  // namespace

TEST_CASE("each recorded stream is read correctly") {
  struct Row {
    std::string file, text, thinking, stop_reason, blocks, content;
    bool finished = true;
  };
  const std::vector<Row> table = {
      {"plain", "Hello, wörld \"✓\"\n", "", "end_turn", R"([{"type":"text","text":"Hello, wörld \"✓\"\n"}])",
       R"([{"type":"text","text":"Hello, wörld \"✓\"\n"}])"},
      {"crlf", "Hello, wörld \"✓\"\n", "", "end_turn", R"([{"type":"text","text":"Hello, wörld \"✓\"\n"}])",
       R"([{"type":"text","text":"Hello, wörld \"✓\"\n"}])"},
      {"thinking", "It is quadratic.", "First, the loop.", "end_turn",
       R"([{"type":"thinking","thinking":"First, the loop.","signature":"EqQBsig=="},{"type":"text","text":"It is quadratic."}])",
       R"([{"type":"thinking","thinking":"First, the loop.","signature":"EqQBsig=="},{"type":"text","text":"It is quadratic."}])"},
      {"omitted_thinking", "Short.", "", "end_turn",
       R"([{"type":"thinking","thinking":"","signature":"EqQBsig=="},{"type":"text","text":"Short."}])",
       R"([{"type":"thinking","thinking":"","signature":"EqQBsig=="},{"type":"text","text":"Short."}])"},
      {"tool_use", "Let me look.", "", "tool_use",
       R"([{"type":"text","text":"Let me look."},{"type":"tool_use","id":"toolu_01","name":"read","input":{"path": "a.c", "n": 1.10}},{"type":"tool_use","id":"toolu_02","name":"list","input":{}}])",
       R"([{"type":"text","text":"Let me look."}])"},
      {"unknown", "Still here.nowhere", "", "because",
       R"([{"type":"hologram","z":1.10,"a":[1e3],"z2":{"b":null}},{"type":"text","text":"Still here.nowhere","mood":"calm"}])",
       R"([{"type":"text","text":"Still here.nowhere"}])"},
      {"surrogates", "a 😀 b \\ud83d c \uFFFDd \uFFFD \uFFFD", "", "end_turn",
       R"([{"type":"text","text":"a 😀 b \\ud83d c �d � �"}])",
       R"([{"type":"text","text":"a 😀 b \\ud83d c �d � �"}])"},
      {"refusal", "I can", "", "refusal", R"([{"type":"text","text":"I can"}])",
       R"([{"type":"text","text":"I can"}])"},
      {"max_tokens", "The first of many", "Long.", "max_tokens",
       R"([{"type":"thinking","thinking":"Long.","signature":"EqQBsig=="},{"type":"text","text":"The first of many"},{"type":"tool_use","id":"toolu_03","name":"read","input":{"INVALID_JSON":"{\"path\": \"a"}}])",
       R"([{"type":"thinking","thinking":"Long.","signature":"EqQBsig=="},{"type":"text","text":"The first of many"}])"},
      {"truncated", "Done. Half a sen", "Whole.", "",
       "[" + std::string(signed_thinking) +
           R"(,{"type":"text","text":"Done. "},{"type":"text","text":"Half a sen"}])",
       "[" + std::string(signed_thinking) +
           R"(,{"type":"text","text":"Done. "},{"type":"text","text":"Half a sen"}])",
       false},
      {"truncated_thinking", "", "I was about to", "",
       R"([{"type":"thinking","thinking":"I was about to","signature":""}])", "", false},
      {"citations", "Cited.", "", "end_turn",
       R"([{"type":"text","text":"Cited.","citations":[{"type":"char_location","cited_text":"x1","document_index":0,"start_char_index":1,"end_char_index":2},{"type":"char_location","cited_text":"x2","document_index":0,"start_char_index":2,"end_char_index":3}]}])",
       R"([{"type":"text","text":"Cited.","citations":[{"type":"char_location","cited_text":"x1","document_index":0,"start_char_index":1,"end_char_index":2},{"type":"char_location","cited_text":"x2","document_index":0,"start_char_index":2,"end_char_index":3}]}])"},
      {"prefilled", "Before. Also.", "", "end_turn",
       R"([{"type":"compaction","content":null,"signature":"c"},{"type":"text","text":"Before. "},{"type":"text","text":"Also."}])",
       R"([{"type":"compaction","content":null,"signature":"c"},{"type":"text","text":"Before. "},{"type":"text","text":"Also."}])"},
      {"no_stop", "Never closed", "", "end_turn", R"([{"type":"text","text":"Never closed"}])",
       R"([{"type":"text","text":"Never closed"}])"},
  };
  for (const Row& row : table) {
    CAPTURE(row.file);
    const Replay replayed = replay(aside::test_data(row.file + ".sse"));
    const Reply& reply = replayed.reply;
    CHECK_FALSE(replayed.error);
    CHECK(reply.text() == row.text);
    CHECK(reply.thinking() == row.thinking);
    CHECK(reply.stop_reason() == row.stop_reason);
    CHECK(reply.blocks() == row.blocks);
    CHECK(reply.content() == row.content);
    CHECK(reply.finished() == row.finished);
    CHECK(reply.started());
    CHECK(reply.shown());
    CHECK(reply.model() == "claude-opus-5-5");
    CHECK(nlohmann::json::accept(reply.blocks()));
  }
}

TEST_CASE("a reply does not depend on where its bytes were cut") {
  for (const std::string& file : files) {
    const std::string bytes = aside::test_data(file + ".sse");
    const std::string whole = all_of(replay(bytes));
    for (const std::size_t step : {1, 2, 3, 7}) {
      CAPTURE(file, step);
      CHECK(all_of(replay(bytes, step)) == whole);
    }
  }
}

TEST_CASE("the pieces of a reply, stored, make the same reply again wherever its process died") {
  for (const std::string& file : files) {
    const std::string bytes = aside::test_data(file + ".sse");
    for (std::size_t length = 0; length <= bytes.size(); length += 13) {
      CAPTURE(file, length);
      const Replay replayed = replay(bytes.substr(0, length));
      const Reply recovered = Reply::recovered(replayed.pieces);
      CHECK(recovered.text() == replayed.reply.text());
      CHECK(recovered.thinking() == replayed.reply.thinking());
      // If a block is unfinished, only its text was stored, not its citations or other fields.
      if (file != "citations" && file != "unknown") CHECK(recovered.content() == replayed.reply.content());
      CHECK(recovered.shown() == replayed.reply.shown());
      CHECK_FALSE(recovered.finished());
    }
  }
}

TEST_CASE(
    "pieces come in the order of the stream, and each block comes after the pieces with its shown text") {
  const Replay replayed = replay(aside::test_data("thinking.sse"));
  CHECK(described(replayed.pieces) ==
        R"(H:First, the loop.|B:{"type":"thinking","thinking":"First, the loop.","signature":"EqQBsig=="}|)"
        R"(T:It is quadratic.|B:{"type":"text","text":"It is quadratic."}|)");
}

TEST_CASE("a reply whose process has died keeps its text and loses unfinished thinking") {
  const std::vector<Piece> pieces = {{Piece::Kind::State, R"({"state":"thinking"})"},
                                     {Piece::Kind::Thinking, "Who"},
                                     {Piece::Kind::Thinking, "le."},
                                     {Piece::Kind::Block, signed_thinking},
                                     {Piece::Kind::Thinking, "More"},
                                     {Piece::Kind::State, R"({"state":"writing"})"},
                                     {Piece::Kind::Text, "Half a "},
                                     {Piece::Kind::Text, "sen"}};
  const Reply reply = Reply::recovered(pieces);
  CHECK(reply.text() == "Half a sen");
  CHECK(reply.thinking() == "Whole.More");
  CHECK(reply.content() == "[" + std::string(signed_thinking) + R"(,{"type":"text","text":"Half a sen"}])");
  CHECK(reply.blocks() == "[" + std::string(signed_thinking) +
                              R"(,{"type":"thinking","thinking":"More","signature":""},)"
                              R"({"type":"text","text":"Half a sen"}])");
  CHECK(Reply::recovered({}).blocks() == "[]");
  CHECK(Reply::recovered({}).content().empty());
  CHECK_FALSE(Reply::recovered({{Piece::Kind::State, "{}"}}).started());
}

TEST_CASE("what can't be sent again is left out of the content, and kept in the blocks") {
  struct Row {
    std::string block;
    bool sent;
  };
  const std::vector<Row> table = {
      {R"({"type":"text","text":" \n\u00a0"})", false},
      {R"({"type":"text","text":""})", false},
      {R"({"type":"thinking","thinking":"t","signature":""})", false},
      {R"({"type":"thinking","thinking":"t"})", false},
      {R"({"type":"thinking","thinking":"t","signature":null})", false},
      {R"({"type":"thinking","thinking":"","signature":"s"})", true},
      {R"({"type":"redacted_thinking","data":"d"})", true},
      {R"({"type":"tool_use","id":"t","name":"n","input":{}})", false},
      {R"({"type":"hologram","x":[1.10]})", false},
  };
  const std::string text = R"({"type":"text","text":"x"})";
  for (const Row& row : table) {
    CAPTURE(row.block);
    const Reply reply = Reply::recovered({{Piece::Kind::Block, row.block}, {Piece::Kind::Block, text}});
    CHECK(reply.blocks() == "[" + row.block + "," + text + "]");
    CHECK(reply.content() == (row.sent ? "[" + row.block + "," + text + "]" : "[" + text + "]"));
    CHECK(Reply::recovered({{Piece::Kind::Block, row.block}}).content().empty());
  }
}

TEST_CASE(
    "if a block has two signatures, the last one counts, and thinking ends where the next block begins") {
  const auto start = [](const std::string& block) {
    return event(R"({"type":"content_block_start","index":0,"content_block":)" + block + "}");
  };
  const auto delta = [](const std::string& delta) {
    return event(R"({"type":"content_block_delta","index":0,"delta":)" + delta + "}");
  };
  Reply reply;
  REQUIRE(reply.add_event(start(R"({"type":"thinking","thinking":"","signature":""})")));
  REQUIRE(reply.add_event(delta(R"({"type":"signature_delta","signature":"one"})")));
  REQUIRE(reply.add_event(delta(R"({"type":"signature_delta","signature":"two"})")));
  CHECK(reply.blocks() == R"([{"type":"thinking","thinking":"","signature":"two"}])");
  REQUIRE(reply.add_event(start(R"({"type":"hologram"})")));
  REQUIRE(reply.add_event(start(R"({"type":"text","text":"x"})")));
  CHECK(reply.content() ==
        R"([{"type":"thinking","thinking":"","signature":"two"},{"type":"text","text":"x"}])");
}

TEST_CASE("usage is cumulative: later counts replace earlier ones, nulls and gaps do not") {
  const Replay replayed = replay(aside::test_data("thinking.sse"));
  REQUIRE(replayed.reply.usage());
  const aside::Usage usage = *replayed.reply.usage();
  CHECK(usage.input == 12);
  CHECK(usage.cache_read == 5000);
  CHECK(usage.cache_write == 300);
  CHECK(usage.cache_write_1h == 200);
  CHECK(usage.output == 340);
  CHECK(usage.thinking == 200);

  Reply reply;
  REQUIRE(reply.add_event(event(R"({"type":"message_start","message":{"model":"m"}})")));
  CHECK_FALSE(reply.usage());
  REQUIRE(reply.add_event(
      event(R"({"type":"message_delta","delta":{},"usage":{"output_tokens":3,"input_tokens":-1}})")));
  REQUIRE(reply.add_event(event(R"({"type":"message_delta","delta":{},"usage":{"output_tokens":9}})")));
  CHECK(reply.usage()->output == 9);
  CHECK(reply.usage()->input == 0);
  CHECK_FALSE(reply.usage()->thinking);
}

TEST_CASE("a refusal is explained in one sentence") {
  CHECK(replay(aside::test_data("refusal.sse")).reply.refusal() ==
        "The model declined to answer (cyber): This asks for malware.");
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"("stop_reason":"refusal")", "The model declined to answer."},
      {R"("stop_reason":"refusal","stop_details":null)", "The model declined to answer."},
      {R"("stop_reason":"refusal","stop_details":{"category":"bio","explanation":null})",
       "The model declined to answer (bio)."},
      {R"("stop_reason":"end_turn","stop_details":{"category":"bio"})", ""},
  };
  for (const auto& [delta, refusal] : table) {
    CAPTURE(delta);
    Reply reply;
    REQUIRE(reply.add_event(event(R"({"type":"message_delta","delta":{)" + delta + "}}")));
    CHECK(reply.refusal() == refusal);
  }
}

TEST_CASE("what ends a stream early is an error, and what came before stays") {
  struct Row {
    std::string file;
    ErrorCode code;
    std::string message, text;
  };
  const std::vector<Row> table = {
      {"error_event", ErrorCode::Overloaded, "Overloaded", "Some"},
      {"early_error_event", ErrorCode::Overloaded, "Overloaded", ""},
      {"garbage", ErrorCode::Upstream, "not JSON", ""},
      {"two_messages", ErrorCode::Upstream, "second message", "One"},
  };
  for (const Row& row : table) {
    CAPTURE(row.file);
    const Replay replayed = replay(aside::test_data(row.file + ".sse"));
    REQUIRE(replayed.error);
    CHECK(replayed.error->code == row.code);
    CHECK(replayed.error->message.find(row.message) != std::string::npos);
    CHECK(replayed.error->data.retryable);
    CHECK(replayed.reply.text() == row.text);
    CHECK_FALSE(replayed.reply.finished());
  }
  CHECK(replay(aside::test_data("error_event.sse")).error->data.request_id == "req_event");
}

TEST_CASE("everything after message_stop is ignored") {
  Replay replayed = replay(aside::test_data("plain.sse"));
  CHECK(replayed.reply.add_event(event("[DONE]")));
  CHECK(replayed.reply.add_event({"error", "{}"}));
  CHECK(replayed.reply.text() == "Hello, wörld \"✓\"\n");
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD in all that is shown and kept") {
  Reply reply;
  REQUIRE(reply.add_event(
      event("{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
            "\"text\":\"\",\"x\":\"\xFF\"}}")));
  REQUIRE(reply.add_event(
      event("{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
            "\"text\":\"a\xC3\"}}")));
  CHECK(reply.text() == "a\uFFFD");
  CHECK(reply.blocks() == "[{\"type\":\"text\",\"text\":\"a\uFFFD\",\"x\":\"\uFFFD\"}]");
}

TEST_CASE("events that make no sense are passed over") {
  Reply reply;
  for (const std::string data :
       {"1", "null", "[]", "{}", R"({"type":7})", R"({"type":"content_block_start","index":0})",
        R"({"type":"content_block_start","index":0,"content_block":[1]})", R"({"type":"content_block_stop"})",
        R"({"type":"message_delta"})", R"({"type":"message_start"})",
        R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":null}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":7}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}})",
        R"({"type":"content_block_delta","index":0})"}) {
    CAPTURE(data);
    CHECK(reply.add_event(event(data)));
  }
  CHECK_FALSE(reply.shown());
  CHECK(reply.content().empty());
  CHECK(nlohmann::json::accept(reply.blocks()));
}

TEST_CASE("a reply has a largest size") {
  Reply reply;
  REQUIRE(reply.add_event(
      event(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})")));
  const SseEvent large =
      event(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" +
            std::string(Reply::max_bytes / 4, 'x') + "\"}}");
  aside::Result<void> taken;
  int events = 0;
  for (; taken && events < 8; ++events) taken = reply.add_event(large);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::Upstream);
  CHECK(events == 4);
  CHECK(reply.text().size() == Reply::max_bytes);
}

TEST_CASE("sums of what servers and imports claim never overflow") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  aside::Usage usage{most, most, most, most, most, most};
  usage += usage;
  CHECK(usage.input == most);
  CHECK(usage.output == most);
  CHECK(usage.thinking == most);
  CHECK(usage.prompt() == most);
}
