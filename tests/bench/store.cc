// Measures a store with the conversations of many years, and many daemons on one store: bench_store ASIDED
// makes a store of 10,000 conversations with 200,000 turns, one of them with 2,000, and prints a table. A
// slow result is no failure.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/api/cache_policy.h"
#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/conversation/cache_habits.h"
#include "daemon/store/backup.h"
#include "daemon/store/conversations.h"
#include "daemon/store/store.h"
#include "daemon/store/transaction.h"
#include "daemon/store/tree.h"
#include "tests/bench/clients.h"
#include "tests/bench/table.h"

namespace {

using namespace aside;
using namespace aside::bench;

constexpr int conversations = 10'000, turns = 200'000, long_turns = 2'000;
constexpr int daemons = 50, asks = 20, pieces = 4;
constexpr std::int64_t year = 365LL * 24 * 3600 * 1000;
constexpr std::int64_t newest = 1'795'000'000'000;
constexpr const char* newest_month = "2026-10-18";  // a month before `newest`

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

template <class Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return since(start);
}

template <class T>
T sure(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

// Returns random words. As in programs, a few words are very frequent, and many are rare.
std::string words(unsigned& state, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    const unsigned rank = (state >> 8) % 1000 < 700 ? (state >> 20) % 50 : (state >> 12) % 20000;
    text += (i > 0 ? " word" : "word") + std::to_string(rank);
  }
  return text;
}

std::string content(const std::string& text) {
  return R"([{"type":"text","text":")" + text + R"("}])";
}

std::string uri(int conversation) {
  return "file:///home/ann/p" + std::to_string(conversation / 100) + "/f" + std::to_string(conversation) +
         ".c";
}

Tree random_tree(int conversation, unsigned& state) {
  const int size = conversation == 0
                       ? long_turns
                       : (turns - long_turns) / (conversations - 1) / 2 * 2 + (conversation % 5 == 0 ? 2 : 0);
  Tree tree;
  tree.conversation = {.id = "c" + std::to_string(conversation),
                       .uri = uri(conversation),
                       .title = words(state, 6),
                       .system = std::string(400, 's'),
                       .updated = newest - year * 3 / conversations * conversation};
  for (int i = 0; i < size; ++i) {
    Turn turn{.id = "t" + std::to_string(i + 1),
              .parent = i == 0 ? "" : "t" + std::to_string(i),
              .role = i % 2 == 0 ? Role::User : Role::Assistant,
              .text = words(state, i % 2 == 0 ? 12 : 60),
              .created = tree.conversation.updated - (size - i) * 60'000};
    turn.content = content(turn.text);
    if (turn.role == Role::Assistant) {
      turn.blocks = turn.content;
      turn.model = "claude-opus-5-5";
      turn.usage = Usage{8, 640, 96, 96, 200, 40};
      turn.cost = 0.005;
      tree.visited[i == 1 ? "" : "t" + std::to_string(i - 1)] = turn.id;
    }
    tree.turns.push_back(std::move(turn));
  }
  tree.conversation.head = tree.turns.back().id;
  return tree;
}

void make_store(const std::string& path) {
  Database database(path);
  unsigned state = 1;
  for (int first = 0; first < conversations; first += 500) {
    Transaction work(database, Access::Write, "making a store");
    for (int c = first; c < first + 500; ++c) {
      const Tree tree = random_tree(c, state);
      const std::int64_t made = insert_conversation(work, tree.conversation, tree.conversation.uri);
      insert_tree(work, made, tree);
      show_conversation(work, {tree.conversation.uri, "", "", ""}, made);
    }
    // Marks all turns as asked by this user: imported turns say nothing about when the user asks.
    work.run("UPDATE turns SET kind = '' WHERE kind = 'imported'");
    work.run("UPDATE threads SET writing = head WHERE writing IS NULL");
    if (auto done = work.commit(); !done) throw std::runtime_error(done.error().message);
  }
}

Figure figure(const std::string& what, const std::string& goal, const std::string& peer = "an empty store") {
  return {what, "ms", goal, peer, {}, {}, {}};
}

// Sends the same requests to a daemon with the full store, and to a daemon with an empty one.
std::vector<Figure> reading(const std::string& program, const std::filesystem::path& full,
                            const std::filesystem::path& empty) {
  const auto timed = [](Asided& asided, const char* method, const json& params) {
    return milliseconds([&] { asided.call(method, params); });
  };
  struct Row {
    Figure figure;
    const char* method;
    json params;
  };
  const json last = {{"textDocument", {{"uri", uri(0)}}}, {"limit", 50}};
  const json ordinary = {{"textDocument", {{"uri", uri(5000)}}}};
  const json all = {{"textDocument", {{"uri", uri(0)}}}};
  std::vector<Row> rows = {
      {figure("open a file's conversation: 50 turns of 2,000", "< 10 ms"), "conversation/get", last},
      {figure("the same as a transcript", "< 10 ms"), "conversation/transcript", last},
      {figure("open an ordinary conversation, 20 turns", "< 10 ms"), "conversation/get", ordinary},
      {figure("all 2,000 turns", ""), "conversation/get", all},
      {figure("search: two words, everywhere", "< 50 ms"), "conversation/search", {{"query", "word1 word2"}}},
      {figure("search: a rare word", "< 50 ms"), "conversation/search", {{"query", "word19999"}}},
      {figure("search: a phrase", "< 50 ms"), "conversation/search", {{"query", "\"word3 word4 word5\""}}},
      {figure("search: the beginning of many words", "< 50 ms"),
       "conversation/search",
       {{"query", "word1*"}}},
      {figure("search: a rare word, in a folder", "< 50 ms"),
       "conversation/search",
       {{"query", "word1 word77"}, {"folder", "file:///home/ann/p70"}}},
      {figure("search: in one file", "< 50 ms"),
       "conversation/search",
       {{"query", "word1 word2"}, {"textDocument", {{"uri", uri(7000)}}}}},
      {figure("list: the last 50", "< 10 ms"), "conversation/list", json::object()},
      {figure("list: 50 of two years ago", "< 10 ms"), "conversation/list", {{"before", "2024-11-22"}}},
      {figure("list: of a folder", ""), "conversation/list", {{"folder", "file:///home/ann/p70"}}},
      {figure("list: a word in titles", ""), "conversation/list", {{"query", "word19998"}}},
      {figure("usage of the last month, by day, file and model", "< 100 ms"),
       "usage/report",
       {{"since", newest_month}}},
      {figure("usage of all time, by day, file and model", "< 100 ms"), "usage/report", json::object()},
      {figure("usage of all time, by month and model", "< 100 ms"),
       "usage/report",
       {{"by", {"month", "model"}}}},
  };
  Figure start = figure("start → ready", "as without");
  for (int round = 0; round < 5; ++round) {
    Asided with(program, full, "http://127.0.0.1:1"), without(program, empty, "http://127.0.0.1:1");
    start.aside.push_back(with.milliseconds_to_ready());
    start.beside.push_back(without.milliseconds_to_ready());
    for (Row& row : rows) {
      row.figure.aside.push_back(timed(with, row.method, row.params));
      row.figure.beside.push_back(timed(without, row.method, row.params));
    }
  }
  std::vector<Figure> figures = {std::move(start)};
  for (Row& row : rows) figures.push_back(std::move(row.figure));
  return figures;
}

// Measures the time that `cache: auto` needs. Before the first question, it reads the conversations from which it
// learns the user's habits. At each question, it reads what has changed since and computes the choice.
Figure habits(const std::string& path) {
  Figure habits =
      figure("how the last 300 conversations went, before the first question", "", "at each question");
  const Models models;
  for (int round = 0; round < 5; ++round) {
    Store store(path, "bench");
    if (!store.open()) throw std::runtime_error("the store can't be opened");
    PastFilter filter{.conversations = CacheHabits::most_conversations,
                      .questions = CacheHabits::most_questions,
                      .all_questions = CacheHabits::most_questions_of_all,
                      .continuation = continuation_begins};
    std::vector<AskedConversation> asked;
    habits.aside.push_back(milliseconds([&] { asked = sure(store.past(filter)); }));
    std::vector<PastConversation> past;
    for (const AskedConversation& conversation : asked) {
      past.emplace_back();
      for (const AskedQuestion& question : conversation.questions)
        past.back().push_back({question.asked - question.before.value_or(question.asked), question.tokens});
    }
    filter.since = asked.front().updated;
    habits.beside.push_back(milliseconds([&] {
      sure(store.past(filter));
      choose_cache(past, false, 3000, models.find(default_model));
    }));
  }
  return habits;
}

Figure backup(const std::string& path) {
  Figure steps = figure("a backup: what a step of it takes", "", "the whole of it");
  Store store(path, "bench");
  for (const char* day : {"a", "b", "c"}) {
    std::int64_t now = newest + (*day - 'a') * 24LL * 3600 * 1000;
    const auto start = std::chrono::steady_clock::now();
    auto running = sure(Backup::due(store, now));
    for (bool whole = false; !whole;)
      steps.aside.push_back(milliseconds([&] { whole = sure(running->step()); }));
    steps.beside.push_back(since(start));
  }
  return steps;
}

// Measures how long many processes wait for the store. Each process asks all the time about a file of its
// own, and its replies grow at the usual pace.
std::vector<Figure> crowd(const std::string& path, int processes) {
  int told[2];
  if (::pipe(told) != 0) throw std::runtime_error("pipe");
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    ::close(told[0]);
    Store store(path, "daemon " + std::to_string(p));
    // Opens the store before the measurement, since an editor opens it when it starts.
    if (!store.open()) ::_exit(1);
    for (int i = 0; i < asks; ++i) {
      NewExchange next;
      next.conversation.id = "crowd" + std::to_string(p);
      next.document.uri = "file:///crowd/" + std::to_string(p);
      next.question.text = "why?";
      double times[2] = {};
      Exchange begun = [&] {
        const auto start = std::chrono::steady_clock::now();
        Exchange exchange = sure(store.begin(std::move(next)));
        times[0] = since(start);
        return exchange;
      }();
      for (int piece = 0; piece < pieces; ++piece) {
        ::usleep(50'000);  // the usual pace of a reply
        if (!store.append({{begun.reply, {{Piece::Kind::Text, std::string(500, 'x')}}}})) ::_exit(1);
      }
      Turn reply{.id = begun.reply, .role = Role::Assistant, .text = std::string(2000, 'x')};
      times[1] = milliseconds([&] {
        if (!store.finish(reply)) ::_exit(1);
      });
      if (::write(told[1], times, sizeof times) != sizeof times) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(told[1]);
  Samples begins, ends;
  for (double times[2]; ::read(told[0], times, sizeof times) == sizeof times;) {
    begins.push_back(times[0]);
    ends.push_back(times[1]);
  }
  ::close(told[0]);
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error("a process of the crowd failed");
  }
  Store store(path, "bench");
  std::size_t lost = 0;
  for (int p = 0; p < processes; ++p) {
    const auto conversation = sure(store.current({"file:///crowd/" + std::to_string(p), "", "", ""}));
    lost += 2 * asks - sure(store.path(conversation->id, conversation->head)).size();
  }
  const std::string all = std::to_string(processes) + " daemons asking at once: ";
  return {
      {all + "the store's part of an ask, median",
       "ms",
       "",
       "at the end of a reply",
       {quantile(begins, 0.5)},
       {quantile(ends, 0.5)},
       {}},
      {all + "p99", "ms", "", "at the end of a reply", {quantile(begins, 0.99)}, {quantile(ends, 0.99)}, {}},
      {all + "the slowest of " + std::to_string(begins.size()),
       "ms",
       "≤ 50 ms",
       "at the end of a reply",
       {quantile(begins, 1)},
       {quantile(ends, 1)},
       {}},
      {all + "turns lost", "", "0", "", {static_cast<double>(lost)}, {}, {}}};
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: bench_store ASIDED\n";
    return 2;
  }
  const Home full, empty, busy;
  const auto store_in = [](const Home& home) { return (home.path() / "state/aside/aside.sqlite").string(); };
  const double made = milliseconds([&] { make_store(store_in(full)); });
  std::cerr << "a store of " << std::filesystem::file_size(store_in(full)) / 1'000'000 << " MB, made in "
            << made / 1000 << " s\n";
  std::vector<Figure> figures = reading(argv[1], full.path(), empty.path());
  figures.push_back(habits(store_in(full)));
  figures.push_back(backup(store_in(full)));
  for (Figure& figure : crowd(store_in(busy), daemons)) figures.push_back(std::move(figure));
  print(std::cout, figures);
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench_store: " << failure.what() << "\n";
  return 1;
}
