// Tests of several daemons with one store, and of daemons that die.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using aside::ErrorCode;
using aside::Piece;
using aside::Status;
using aside::Store;

namespace {

// Runs `work` in a child process. A connection must not be used across a fork, so the child opens its own
// store.
pid_t in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("what a process wrote before it was killed is there, and its lease is free") {
  Folder folder;
  const pid_t child = in_child([&] {
    Store store(folder.store(), "vim");
    auto exchange = asking(proposed("c1"), "one");
    exchange.document = document("a.c");
    const auto begun = store.begin(std::move(exchange));
    if (!begun || !store.append({{begun->reply, {{Piece::Kind::Text, "half an ans"}}}})) return 1;
    ::raise(SIGKILL);
    return 2;
  });
  REQUIRE(WTERMSIG(status_of(child)) == SIGKILL);

  Store store(folder.store(), "code");
  const auto conversation = got(store.current(document("a.c"))).value();
  CHECK_FALSE(store.written(conversation.head));
  const auto turns = got(store.path("c1", conversation.head));
  REQUIRE(turns.size() == 2);
  CHECK(turns[0].text == "one");
  CHECK(turns[1].status == Status::Streaming);
  CHECK(got(store.pieces(conversation.head, 0)).at(0).piece.text == "half an ans");
  auto rescued = answer(conversation.head, "half an ans");
  rescued.status = Status::Interrupted;
  done(store.finish(rescued));
  CHECK(got(store.turn("c1", conversation.head))->text == "half an ans");
  CHECK(store.begin(asking(conversation, "two")));
}

TEST_CASE("processes that make the same store at the same moment all get it") {
  constexpr int rounds = 10, processes = 20;
  for (int round = 0; round < rounds; ++round) {
    Folder folder;
    int start[2];
    REQUIRE(::pipe(start) == 0);
    std::vector<pid_t> children;
    for (int p = 0; p < processes; ++p) {
      children.push_back(in_child([&] {
        ::close(start[1]);
        char none = 0;
        if (::read(start[0], &none, 1) != 0) return 1;  // waits until the parent closes its end of the pipe
        return Store(folder.store(), "").open() ? 0 : 2;
      }));
    }
    ::close(start[1]);
    ::close(start[0]);
    for (const pid_t child : children) CHECK(status_of(child) == 0);
  }
}

TEST_CASE("twenty processes that begin at once on a store that isn't there yet lose nothing") {
  constexpr int processes = 20, exchanges = 5;
  Folder folder;
  int latencies[2];
  REQUIRE(::pipe(latencies) == 0);
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    children.push_back(in_child([&] {
      using Clock = std::chrono::steady_clock;
      Store store(folder.store(), "process " + std::to_string(p));
      double worst = 0;
      const auto timed = [&](auto&& work) {
        const auto start = Clock::now();
        auto result = work();
        worst = std::max(worst, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        return result;
      };
      if (!timed([&] { return store.open(); })) return 1;
      for (int e = 0; e < exchanges; ++e) {
        // Each process asks in one file that all share, where only one process can write at a time, and in a
        // file of its own.
        for (const std::string& name : {std::string("shared.c"), "own" + std::to_string(p) + ".c"}) {
          while (true) {
            auto next =
                asking(proposed(name + std::to_string(p)), std::to_string(p) + ":" + std::to_string(e));
            next.document = document(name);
            const auto begun = timed([&] { return store.begin(std::move(next)); });
            if (!begun && begun.error().code == ErrorCode::Busy) {
              ::sched_yield();
              continue;
            }
            if (!begun) return 2;
            for (int piece = 0; piece < 3; ++piece) {
              if (!timed([&] { return store.append({{begun->reply, {{Piece::Kind::Text, "x"}}}}); }))
                return 3;
            }
            if (!timed([&] { return store.finish(answer(begun->reply, "xxx")); })) return 4;
            break;
          }
        }
      }
      return ::write(latencies[1], &worst, sizeof worst) == sizeof worst ? 0 : 5;
    }));
  }
  for (const pid_t child : children) CHECK(status_of(child) == 0);
  double worst = 0, one = 0;
  for (int p = 0; p < processes; ++p) {
    REQUIRE(::read(latencies[0], &one, sizeof one) == sizeof one);
    worst = std::max(worst, one);
  }
  ::close(latencies[0]);
  ::close(latencies[1]);
  WARN("slowest call of " << processes << " processes: " << worst << " ms");

  Store store(folder.store(), "");
  const auto shared = got(store.current(document("shared.c"))).value();
  // The turns of the path, each of which follows the previous one.
  const auto turns = got(store.path(shared.id, shared.head));
  CHECK(turns.size() == 2 * processes * exchanges);
  std::set<std::string> questions;
  for (const auto& turn : turns) {
    CHECK(turn.status == Status::Complete);
    if (turn.role == aside::Role::User) questions.insert(turn.text);
  }
  CHECK(questions.size() == processes * exchanges);
  CHECK(got(store.list({})).rows.size() == processes + 1);
  for (int p = 0; p < processes; ++p) {
    const auto own = got(store.current(document("own" + std::to_string(p) + ".c"))).value();
    CHECK(got(store.path(own.id, own.head)).size() == 2 * exchanges);
  }
}

TEST_CASE("a full disk is an error that can be tried again, and what was stored stays") {
  Folder folder;
  const pid_t child = in_child([&] {
    Store store(folder.store(), "vim");
    const auto conversation = store.create(document("a.c"), proposed("c1"));
    auto begun = store.begin(asking(*conversation, "one"));
    if (!begun || !store.append({{begun->reply, {{Piece::Kind::Text, "kept"}}}})) return 1;
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small = {256 * 1024, RLIM_INFINITY}, large = {RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string much(1024 * 1024, 'x');
    const auto grown = store.append({{begun->reply, {{Piece::Kind::Text, much}}}});
    if (grown || grown.error().code != ErrorCode::Storage || grown.error().data.hint.empty()) return 2;
    if (grown.error().message.find(folder.store()) == std::string::npos) return 3;
    const auto refused = store.finish(answer(begun->reply, much));
    if (refused || refused.error().code != ErrorCode::Storage || !refused.error().data.retryable) return 4;
    if (store.turn("c1", begun->reply)->value().status != Status::Streaming) return 5;
    if (store.pieces(begun->reply, 0)->size() != 1) return 6;
    const auto second = store.begin(asking(*store.create(document("b.c"), proposed("c2")), much));
    if (second || store.conversation("c2")->value().head != "") return 7;
    ::setrlimit(RLIMIT_FSIZE, &large);
    if (!store.begin(asking(*store.conversation("c2").operator*(), much)))
      return 8;  // an error: the lease was not released
    return store.finish(answer(begun->reply, much)) ? 0 : 9;
  });
  CHECK(WEXITSTATUS(status_of(child)) == 0);
  Store store(folder.store(), "");
  CHECK(got(store.turn("c1", conversation_of(store, "c1").head))->text.size() == 1024 * 1024);
}
