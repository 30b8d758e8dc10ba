// Measures how soon another editor sees a reply: bench_following ASIDED [ROUNDS] prints the table "What
// another editor writes" of README.md. Both daemons use the same store. The arrival of the same deltas is
// measured in the editor that asked and in the editor that follows.
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/clients.h"
#include "tests/bench/streams.h"
#include "tests/bench/table.h"

namespace {

using namespace aside::bench;

Samples latencies(const std::vector<Came>& came) {  // the latencies in milliseconds
  Samples samples;
  for (const Delta& delta : deltas_in(came))
    samples.push_back(static_cast<double>(delta.came - delta.sent) / 1e6);
  return samples;
}

void pace(const std::string& asided, int rounds, int per_second, std::vector<Figure>& figures) {
  const std::string pace = std::to_string(per_second) + " deltas/s: ";
  const std::string peer = "the editor that asked";
  Figure middle{pace + "server's send → receipt in another editor, median", "ms", "", peer, {}, {}};
  Figure worst{pace + "the same, p99", "ms", "", peer, {}, {}};
  const StreamServer server;
  const json file = {{"uri", "file:///bench/followed.c"}};
  for (int round = 0; round < rounds; ++round) {
    const aside::Home home;
    Asided writer(asided, home.path(), server.url()), follower(asided, home.path(), server.url());
    const auto ask = [&](int deltas) {
      return writer.ask({{{"textDocument", file}, {"question", word({0, deltas, per_second})}}});
    };
    ask(1);
    follower.call("conversation/get", {{"textDocument", file}});
    auto followed = std::async(std::launch::async, [&follower] { return follower.follow(); });
    const Samples own = latencies(ask(5 * per_second).came), other = latencies(followed.get());
    if (own.size() != other.size()) throw std::runtime_error("deltas were lost");
    middle.aside.push_back(quantile(other, 0.5));
    middle.beside.push_back(quantile(own, 0.5));
    worst.aside.push_back(quantile(other, 0.99));
    worst.beside.push_back(quantile(own, 0.99));
  }
  figures.push_back(std::move(middle));
  figures.push_back(std::move(worst));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: bench_following ASIDED [ROUNDS]\n";
    return 2;
  }
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  std::vector<Figure> figures;
  for (const int per_second : {10, 100}) pace(argv[1], rounds, per_second, figures);
  print(std::cout, figures);
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench_following: " << failure.what() << "\n";
  return 1;
}
