// Measures how soon a question that is typed in a shell is on its way: bench_shell ASIDE ASIDED [ROUNDS] prints the table
// "From the shell" of README.md. `aside` starts a daemon for each question; curl sends a request of the same size.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/clients.h"
#include "tests/bench/streams.h"
#include "tests/bench/table.h"

namespace {

using namespace aside::bench;

double milliseconds(Nanoseconds time) {
  return static_cast<double>(time) / 1e6;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "usage: bench_shell ASIDE ASIDED [ROUNDS]\n";
    return 2;
  }
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 30;
  const StreamServer server;
  const aside::Home home;
  const std::string folder = home.path().string();
  const std::vector<std::string> environment = {
      "HOME=" + folder,     "ASIDED=" + std::string(argv[2]),      "ANTHROPIC_API_KEY=sk-ant-bench",
      "NO_PROXY=127.0.0.1", "XDG_STATE_HOME=" + folder + "/state", "XDG_CONFIG_HOME=" + folder + "/config",
      "PATH=/usr/bin:/bin", "ANTHROPIC_BASE_URL=" + server.url()};
  Figure request{
      "spawn → last byte of the request at the server", "ms", "≤ twice curl's", "`curl -N`", {}, {}};
  Figure whole{"spawn → end, with a short reply", "ms", "", "`curl -N`", {}, {}};
  const auto take = [&server](const Outcome& outcome, int label, Samples& requests, Samples& wholes) {
    requests.push_back(milliseconds(server.arrived(label) - outcome.called));
    wholes.push_back(milliseconds(outcome.ended - outcome.called));
  };
  for (int round = 0; round <= rounds; ++round) {
    const int label = 2 * round;
    const auto question = [](int number) { return word({number, 1, 0}); };
    const Outcome own = run({argv[1], question(label)}, environment);
    if (round == 0) continue;  // the first question makes the store
    take(own, label, request.aside, whole.aside);
    const json body = {{"model", "claude-opus-5-5"},
                       {"max_tokens", 32000},
                       {"stream", true},
                       {"system", std::string(800, 'x')},
                       {"messages", {{{"role", "user"}, {"content", question(label + 1)}}}}};
    const Outcome floor = curl({"-sN", "-H", "x-api-key: k", "-H", "content-type: application/json", "-d",
                                body.dump(), server.url() + "/v1/messages"});
    take(floor, label + 1, request.beside, whole.beside);
  }
  print(std::cout, {request, whole});
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench_shell: " << failure.what() << "\n";
  return 1;
}
