// Measures how long the daemon's loop is busy with long documents: bench_documents ASIDED [ROUNDS] prints the
// table "Long documents" of README.md.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/bench/clients.h"
#include "tests/bench/streams.h"
#include "tests/bench/table.h"

namespace {

using namespace aside::bench;

constexpr int lines = 20'000, edits = 10'000, ranges = 300;  // a line has 50 bytes, so a document has 1 MB

std::string text() {
  std::string text;
  for (int line = 0; line < lines; ++line)
    text += "line " + std::to_string(100'000 + line) + " of a long file, with some words.\n";
  return text;
}

json range(int line) {
  return {{"start", {{"line", line}, {"character", 0}}}, {"end", {{"line", line + 2}, {"character", 0}}}};
}

// Returns how long the daemon takes to handle the messages that `work` sends.
template <class Work>
double milliseconds(Asided& asided, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  asided.call("prompt/list", json::object());
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Figure replace_all(const std::string& program, int rounds) {
  Figure figure{
      "10,000 edits of it in one notification, bottom to top", "ms", "≤ 50 ms", "opening it", {}, {}};
  const json file = {{"uri", "file:///bench/long.c"}, {"version", 2}};
  json changes = json::array();
  for (int line = lines - 2; line >= 0 && static_cast<int>(changes.size()) < edits; line -= 2)
    changes.push_back(
        {{"range",
          {{"start", {{"line", line}, {"character", 0}}}, {"end", {{"line", line}, {"character", 4}}}}},
         {"text", "longer word"}});
  for (int round = 0; round < rounds; ++round) {
    const aside::Home home;
    Asided asided(program, home.path(), "http://127.0.0.1:1");
    figure.beside.push_back(milliseconds(asided, [&] {
      json document = file;
      document["languageId"] = "c";
      document["text"] = text();
      asided.notify("textDocument/didOpen", {{"textDocument", document}});
    }));
    figure.aside.push_back(milliseconds(asided, [&] {
      asided.notify("textDocument/didChange", {{"textDocument", file}, {"contentChanges", changes}});
    }));
  }
  return figure;
}

// Measures attachment/check: the daemon reads the path and compares each shared range with the file.
Figure shared(const std::string& program, int rounds) {
  Figure figure{
      "what has changed in 300 ranges of it that were shared", "ms", "≤ 5 ms more", "in one range", {}, {}};
  const StreamServer server;
  const aside::Home home;
  const std::string path = home.path() / "long.c";
  std::ofstream(path) << text();
  const auto document = [&](const char* name) {
    return json{{"uri", "file://" + (home.path() / name).string()}};
  };
  Asided asided(program, home.path(), server.url());
  const auto share = [&](const char* name, int count) {
    json attachments = json::array();
    for (int i = 0; i < count; ++i)
      attachments.push_back({{"uri", "file://" + path}, {"range", range(i * (lines / ranges))}});
    asided.ask(
        {{{"textDocument", document(name)}, {"question", word({0, 1, 100})}, {"attachments", attachments}}});
  };
  share("many.c", ranges);
  share("one.c", 1);
  const auto look = [&](const char* name) {
    const json params = {{"textDocument", document(name)}, {"attachments", json::array()}};
    return milliseconds(asided, [&] { asided.call("attachment/check", params); });
  };
  for (int round = 0; round < rounds; ++round) {
    figure.aside.push_back(look("many.c"));
    figure.beside.push_back(look("one.c"));
  }
  return figure;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: bench_documents ASIDED [ROUNDS]\n";
    return 2;
  }
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  print(std::cout, {replace_all(argv[1], rounds), shared(argv[1], rounds)});
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench_documents: " << failure.what() << "\n";
  return 1;
}
