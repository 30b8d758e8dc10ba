// Computes what a conversation costs: bench_cost ASIDED prints a table. Aside and imitations of other clients
// ask the same 20 questions about a file of 600 lines, which is edited between the questions. The stand-in
// has a prompt cache and prices. Tokens are counted and no time is measured, so each run prints the same
// figures.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/clients.h"
#include "tests/standin/bill.h"
#include "tests/standin/server.h"

namespace {

using namespace aside::bench;
using aside::test::ApiBill;
using aside::test::ApiServer;

constexpr int turns = 20;
constexpr int file_lines = 600;
constexpr int reply_words = 150;
constexpr const char* model = "claude-opus-5-5";
constexpr const char* uri = "untitled:sort.c";
constexpr const char* system_text =
    "You answer a programmer's questions about their code. Be brief and exact.";

std::string code(const std::string& name, int line) {
  return "  int " + name + std::to_string(line) + " = compute(" + std::to_string(line * 7 % 1000) + ");\n";
}

std::string question(int turn) {
  return "Question " + std::to_string(turn) + ": what does this change?";
}

std::string reply(int turn) {
  std::string text = "Answer " + std::to_string(turn) + ".";
  for (int word = 0; word < reply_words; ++word) text += " word" + std::to_string((turn * 31 + word) % 97);
  return text;
}

// An edit of the file: before each question except the first one, three lines replace two lines.
struct Edit {
  int turn;
  int first() const { return turn * 29; }
  std::vector<std::string> lines() const {
    const std::string name = "edit" + std::to_string(turn) + "_";
    return {code(name, 1), code(name, 2), code(name, 3)};
  }
};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::vector<std::string> first_lines() {
  std::vector<std::string> lines;
  for (int line = 0; line < file_lines; ++line) lines.push_back(code("value", line));
  return lines;
}

// A function that asks a question. It is given the number of the question and the present lines of the file.
using Ask = std::function<void(int turn, const std::vector<std::string>& file)>;

ApiBill play(ApiServer& api, const Ask& ask) {
  std::vector<std::string> file = first_lines();
  for (int turn = 0; turn < turns; ++turn) {
    if (turn > 0) {
      const Edit edit{turn};
      const auto at = file.begin() + edit.first();
      const auto lines = edit.lines();
      file.insert(file.erase(at, at + 2), lines.begin(), lines.end());
      api.advance(std::chrono::minutes(2 + turn * 7 % 19));  // between questions, 2 to 20 minutes pass
    }
    api.next({.text = reply(turn)});
    ask(turn, file);
  }
  return api.spent();
}

json position(int line) {
  return {{"line", line}, {"character", 0}};
}

ApiBill as_aside(const std::string& program, const json& settings) {
  ApiServer api;
  const aside::Home home;
  Asided asided(program, home.path(), api.url());
  asided.notify("workspace/didChangeConfiguration", {{"settings", settings}});
  return play(api, [&](int turn, const std::vector<std::string>& file) {
    json params = {{"textDocument", {{"uri", uri}}}, {"question", question(turn)}};
    if (turn == 0) {
      asided.notify(
          "textDocument/didOpen",
          {{"textDocument", {{"uri", uri}, {"languageId", "c"}, {"version", 0}, {"text", joined(file)}}}});
      params["attachments"] = json::array({{{"uri", uri}}});
    } else {
      const Edit edit{turn};
      const json range = {{"start", position(edit.first())}, {"end", position(edit.first() + 2)}};
      asided.notify("textDocument/didChange",
                    {{"textDocument", {{"uri", uri}, {"version", turn}}},
                     {"contentChanges", json::array({{{"range", range}, {"text", joined(edit.lines())}}})}});
    }
    asided.call("conversation/ask", params);
  });
}

// Imitates a client that puts the present file into the system text of each request. If `marked`, requests
// have cache marks of five minutes after the system text and at the end of the conversation.
ApiBill with_the_file_in_the_system_text(bool marked) {
  ApiServer api;
  const aside::Home home;
  json messages = json::array();
  return play(api, [&](int turn, const std::vector<std::string>& file) {
    messages.push_back({{"role", "user"}, {"content", question(turn)}});
    json system = {{"type", "text"}, {"text", std::string(system_text) + "\n\n" + joined(file)}};
    json body = {{"model", model}, {"max_tokens", 32000}, {"stream", true}, {"messages", messages}};
    if (marked) system["cache_control"] = body["cache_control"] = {{"type", "ephemeral"}};
    body["system"] = json::array({system});
    const std::string name = home.path() / "body.json";
    std::ofstream(name) << body;
    curl({"-sN", "--fail-with-body", "--data-binary", "@" + name, "-H", "content-type: application/json",
          "-H", "anthropic-version: 2023-06-01", "-H", "x-api-key: key", api.url() + "/v1/messages"});
    messages.push_back({{"role", "assistant"}, {"content", reply(turn)}});
  });
}

std::string thousands(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string decimals(double number, int places) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", places, number);
  return text;
}

void print(const char* what, const ApiBill& bill, const ApiBill& aside) {
  const std::int64_t written = bill.written_5m + bill.written_1h;
  const std::int64_t input = bill.input + bill.read + written;
  const double share = 100.0 * static_cast<double>(bill.read) / static_cast<double>(input);
  std::cout << "| " << what << " | " << thousands(input) << " | " << decimals(share, 1) << " % | "
            << thousands(written) << " | $" << decimals(bill.spent, 3) << " | "
            << decimals(bill.spent / aside.spent, 2) << " |\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: bench_cost ASIDED\n";
    return 2;
  }
  const ApiBill aside = as_aside(argv[1], json::object());
  std::cout << "| 20 questions about a file that is edited | input tokens | from the cache | written to it | "
               "USD, replies included | to Aside's |\n|---|---|---|---|---|---|\n";
  print("Aside", aside, aside);
  print("Aside, `cache` of 5 minutes", as_aside(argv[1], {{"cache", "5m"}}), aside);
  print("Aside, `cache` off", as_aside(argv[1], {{"cache", "off"}}), aside);
  print("the present file in the system text, no cache", with_the_file_in_the_system_text(false), aside);
  print("the same, cache of 5 minutes", with_the_file_in_the_system_text(true), aside);
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench_cost: " << failure.what() << "\n";
  return 1;
}
