// Measures how long it takes until a question from a shell is sent: bench_shell ASIDE ASIDED [ROUNDS] prints the table
// "From the shell" of README.md. `aside` starts a daemon for each question; curl sends a request of the same size.
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/clients.h"
#include "tests/bench/streams.h"
#include "tests/bench/table.h"

namespace {

using namespace aside::bench;

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
  const std::string goal = "≤ twice curl's", peer = "`curl -N`",
                    what = " → last byte of the request at the server";
  Figure of_file{"`aside FILE:1 QUESTION`" + what, "ms", goal, peer, {}, {}};
  Figure of_folder{"`aside QUESTION`" + what, "ms", goal, peer, {}, {}};
  const auto took = [&server](const Outcome& outcome, int label) {
    return static_cast<double>(server.arrived(label) - outcome.called) / 1e6;
  };
  for (int round = 0; round <= rounds; ++round) {
    const int label = 3 * round;
    const auto question = [label](int number) { return word({label + number, 1, 0}); };
    const std::string file = folder + "/f" + std::to_string(round);
    std::ofstream(file) << "int one;\n";
    const Outcome about_file = run({argv[1], file + ":1", question(0)}, environment);
    const Outcome about_folder = run({argv[1], question(1)}, environment);
    const json body = {{"model", "claude-opus-5-5"},
                       {"max_tokens", 32000},
                       {"stream", true},
                       {"system", std::string(800, 'x')},
                       {"messages", {{{"role", "user"}, {"content", question(2)}}}}};
    const Outcome floor = curl({"-sN", "-H", "x-api-key: k", "-H", "content-type: application/json", "-d",
                                body.dump(), server.url() + "/v1/messages"});
    if (round == 0) continue;  // the first question makes the store
    of_file.aside.push_back(took(about_file, label));
    of_folder.aside.push_back(took(about_folder, label + 1));
    for (Figure* figure : {&of_file, &of_folder}) figure->beside.push_back(took(floor, label + 2));
  }
  print(std::cout, {of_file, of_folder});
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench_shell: " << failure.what() << "\n";
  return 1;
}
