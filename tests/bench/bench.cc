// Measures the time and memory that Aside needs: bench ASIDED SDK_SCRIPT [--quick] prints the table "Time and
// memory" of README.md. asided and the programs with which it is compared take turns. All get the same
// streams from the same server, and their output is read in the same way. A slow result is no failure.
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/clients.h"
#include "tests/bench/streams.h"
#include "tests/bench/table.h"

namespace {

using namespace aside::bench;

constexpr int conversation_exchanges = 100;
// How many deltas of 32 bytes each reply of the large conversation has.
constexpr int reply_deltas = 160;
constexpr std::size_t question_bytes = 5120;  // the size of each question in the large conversation
constexpr int files = 100;

struct Setup {
  std::string asided, sdk_script;
  bool quick = false;
  int rounds(int usual) const { return quick ? 1 : usual; }
};

std::string filler(std::size_t size) {
  const std::string line = "for (size_t i = 0; i < strlen(s); i++) n += s[i] == c;\n";
  std::string text;
  while (text.size() < size) text += line;
  return text.substr(0, size);
}

json message(const char* role, const std::string& text) {
  return {{"role", role}, {"content", text}};
}

// Returns the body of a request, as curl and the SDK send it.
json body(const Wish& wish) {
  return {{"model", "claude-opus-5-5"},
          {"max_tokens", 32000},
          {"messages", json::array({message("user", word(wish))})}};
}

json large_body(const Wish& wish) {
  json request = body(wish);
  json messages = json::array();
  for (int i = 0; i < conversation_exchanges; ++i) {
    messages.push_back(message("user", filler(question_bytes)));
    messages.push_back(message("assistant", filler(32 * reply_deltas)));
  }
  messages.push_back(request["messages"][0]);
  request["messages"] = std::move(messages);
  return request;
}

json ask(const Wish& wish) {
  const std::string file = "file:///bench/" + std::to_string(wish.label) + ".c";
  return {{"textDocument", {{"uri", file}}}, {"question", word(wish)}};
}

double milliseconds(Nanoseconds time) {
  return static_cast<double>(time) / 1e6;
}

Samples latencies(const Outcome& outcome) {  // the latencies in milliseconds
  Samples samples;
  for (const Delta& delta : deltas_in(outcome.came)) samples.push_back(milliseconds(delta.came - delta.sent));
  return samples;
}

class Bench {
 public:
  explicit Bench(Setup setup) : setup_(std::move(setup)) { make_large_conversation(); }

  void start();
  void memory();
  void pace(int per_second, int deltas, const std::string& goal);
  void unpaced();
  void request();
  void many_files();
  std::vector<Figure> figures() const { return figures_; }
  Samples late() const { return server_.late(); }

 private:
  Asided asided() const { return Asided(setup_.asided, home_.path(), server_.url()); }
  Sdk sdk(const std::vector<Step>& steps) const { return Sdk(setup_.sdk_script, server_.url(), steps); }
  Outcome curl_stream(const json& request) const;
  void make_large_conversation();
  json ask_large(const Wish& wish) const;
  double texts_that_differ(const Outcome& outcome) const;
  void add(Figure figure) {
    std::cerr << figure.what << "\n";
    figures_.push_back(std::move(figure));
  }

  Setup setup_;
  StreamServer server_;
  aside::Home home_;  // the home of all daemons, which run one after the other
  std::string large_head_;
  std::vector<Figure> figures_;
};

Outcome Bench::curl_stream(const json& request) const {
  const std::string file = home_.path() / "body.json";
  std::ofstream(file) << request;
  return curl({"-sN", "--data-binary", "@" + file, "-H", "content-type: application/json", "-H",
               "Expect:", server_.url() + "/v1/messages"});
}

void Bench::make_large_conversation() {
  Asided daemon = asided();
  for (int i = 0; i < conversation_exchanges; ++i) {
    const json question = {{"textDocument", {{"uri", "file:///bench/large.c"}}},
                           {"question", filler(question_bytes) + word({0, reply_deltas, 0})}};
    large_head_ = daemon.ask({question}).answers.front().at("result").at("turn");
  }
}

// Returns the parameters of a question in the large conversation. The question always follows the same reply,
// so that the path doesn't get longer from round to round.
json Bench::ask_large(const Wish& wish) const {
  return {{"textDocument", {{"uri", "file:///bench/large.c"}}},
          {"question", word(wish)},
          {"parent", large_head_}};
}

void Bench::start() {
  Figure figure{
      "spawn → reply to `initialize`", "ms", "< a whole `curl --version`", "`curl --version`", {}, {}};
  for (int round = 0; round < setup_.rounds(30); ++round) {
    figure.aside.push_back(asided().milliseconds_to_ready());
    const Outcome version = curl({"--version"});
    figure.beside.push_back(milliseconds(version.ended - version.called));
    if (round % 6 == 0) figure.sdk.push_back(sdk({}).milliseconds_to_ready);
  }
  add(std::move(figure));
}

void Bench::memory() {
  Figure idle{"resident, before the first ask", "MiB", "≤ 12 MiB", "`curl -N` of a short request", {}, {}};
  Figure large{"resident, after an ask in a 1 MB conversation",
               "MiB",
               "≤ 25 MiB",
               "`curl -N` of that request",
               {},
               {}};
  const Wish wish{0, 10, 100};
  for (int round = 0; round < setup_.rounds(5); ++round) {
    Asided daemon = asided();
    idle.aside.push_back(daemon.resident_mib());
    large.aside.push_back(daemon.ask({ask_large(wish)}).resident_mib);
    idle.beside.push_back(curl_stream(body(wish)).resident_mib);
    large.beside.push_back(curl_stream(large_body(wish)).resident_mib);
    const Sdk official = sdk({Step{large_body(wish)}});
    idle.sdk.push_back(official.mib_when_ready);
    large.sdk.push_back(official.outcomes[0].resident_mib);
  }
  add(std::move(idle));
  add(std::move(large));
}

void Bench::pace(int per_second, int deltas, const std::string& cpu_goal) {
  const std::string pace = std::to_string(per_second) + " deltas/s: ";
  Figure middle{pace + "server's send → receipt, median", "ms", "≤ curl's + 0.1 ms", "`curl -N`", {}, {}};
  Figure worst{pace + "the same, p99", "ms", "", "`curl -N`", {}, {}};
  Figure cpu{pace + "CPU for 10,000", "s", cpu_goal, "`curl -N`", {}, {}};
  // Returns the CPU time for 10,000 deltas: the difference between a long stream and a stream with one delta.
  const auto cost = [deltas](const Outcome& one, const Outcome& many) {
    return (many.cpu_seconds - one.cpu_seconds) * 10000 / deltas;
  };
  const auto take = [](Samples& middles, Samples& worsts, const Outcome& outcome) {
    const Samples samples = latencies(outcome);
    middles.push_back(quantile(samples, 0.5));
    worsts.push_back(quantile(samples, 0.99));
  };
  const Wish single{0, 1, per_second}, stream{0, deltas, per_second};
  for (int round = 0; round < setup_.rounds(5); ++round) {
    Asided daemon = asided();
    // The first question makes the connection and everything else that is made only once.
    daemon.ask({ask(single)});
    const Outcome one = daemon.ask({ask(single)}), many = daemon.ask({ask(stream)});
    take(middle.aside, worst.aside, many);
    cpu.aside.push_back(cost(one, many));
    const Outcome curl_one = curl_stream(body(single)), curl_many = curl_stream(body(stream));
    take(middle.beside, worst.beside, curl_many);
    cpu.beside.push_back(cost(curl_one, curl_many));
    const Sdk official = sdk({Step{body(single)}, Step{body(single)}, Step{body(stream)}});
    take(middle.sdk, worst.sdk, official.outcomes[2]);
    cpu.sdk.push_back(cost(official.outcomes[1], official.outcomes[2]));
  }
  add(std::move(middle));
  add(std::move(worst));
  add(std::move(cpu));
}

void Bench::unpaced() {
  Figure cpu{"as fast as it goes: CPU for 10,000 deltas", "s", "≤ 0.1 s", "`curl -N`", {}, {}};
  const Wish single{0, 1, 0}, stream{0, 10000, 0};
  for (int round = 0; round < setup_.rounds(9); ++round) {
    Asided daemon = asided();
    daemon.ask({ask(single)});
    const double one = daemon.ask({ask(single)}).cpu_seconds;
    cpu.aside.push_back(daemon.ask({ask(stream)}).cpu_seconds - one);
    const double curl_one = curl_stream(body(single)).cpu_seconds;
    cpu.beside.push_back(curl_stream(body(stream)).cpu_seconds - curl_one);
    if (round % 2 != 0) continue;
    const Sdk official = sdk({Step{body(single)}, Step{body(single)}, Step{body(stream)}});
    cpu.sdk.push_back(official.outcomes[2].cpu_seconds - official.outcomes[1].cpu_seconds);
  }
  add(std::move(cpu));
}

void Bench::request() {
  Figure figure{"`ask` in a conversation of 200 messages, 1 MB → last byte at the server",
                "ms",
                "≤ 2 ms",
                "a bare socket",
                {},
                {}};
  const Wish wish{0, 1, 0};
  const std::string bytes = large_body(wish).dump();
  for (int round = 0; round < setup_.rounds(5); ++round) {
    Asided daemon = asided();
    Socket socket(server_.port());
    daemon.ask({ask_large(wish)});
    socket.post(bytes);
    for (int i = 0; i < 5; ++i) {
      const Nanoseconds asked = daemon.ask({ask_large(wish)}).called;
      figure.aside.push_back(milliseconds(server_.arrived(0) - asked));
      const Nanoseconds posted = socket.post(bytes);
      figure.beside.push_back(milliseconds(server_.arrived(0) - posted));
    }
    const Sdk official = sdk({Step{large_body(wish)}, Step{large_body(wish)}});
    figure.sdk.push_back(milliseconds(server_.arrived(0) - official.outcomes[1].called));
  }
  add(std::move(figure));
}

double Bench::texts_that_differ(const Outcome& outcome) const {
  std::map<int, std::string> texts;
  for (const Delta& delta : deltas_in(outcome.came)) texts[delta.label] += delta.text;
  int wrong = 0;
  for (int label = 0; label < files; ++label) wrong += texts[label] == server_.text(label) ? 0 : 1;
  return wrong;
}

void Bench::many_files() {
  const std::string streams = "100 files at 100/s each: ";
  Figure middle{streams + "send → receipt, median", "ms", "", "`curl -NZ`", {}, {}};
  Figure worst{streams + "p99", "ms", "≤ 5 ms", "`curl -NZ`", {}, {}};
  Figure lost{streams + "texts that differ", "", "0", "`curl -NZ`", {}, {}};
  const int deltas = setup_.quick ? 100 : 500;
  std::vector<json> asks;
  Step bodies;
  for (int label = 0; label < files; ++label) {
    asks.push_back(ask({label, deltas, 100}));
    bodies.push_back(body({label, deltas, 100}));
  }
  const std::string all = "[0-" + std::to_string(files - 1) + "]";
  const std::string url =
      server_.url() + "/v1/messages?stream-" + all + "-" + std::to_string(deltas) + "-" + std::to_string(100);
  const auto take = [this, &lost](const Outcome& outcome, Samples& middles, Samples& worsts, Samples& wrong) {
    const Samples samples = latencies(outcome);
    middles.push_back(quantile(samples, 0.5));
    worsts.push_back(quantile(samples, 0.99));
    wrong.push_back(texts_that_differ(outcome));
  };
  for (int round = 0; round < setup_.rounds(3); ++round) {
    take(asided().ask(asks), middle.aside, worst.aside, lost.aside);
    take(curl({"-sNZ", "--parallel-immediate", "--parallel-max", std::to_string(files), "-d", "x", url}),
         middle.beside, worst.beside, lost.beside);
    take(sdk({bodies}).outcomes[0], middle.sdk, worst.sdk, lost.sdk);
  }
  add(std::move(middle));
  add(std::move(worst));
  add(std::move(lost));
}

std::string load() {
  std::string averages;
  std::getline(std::ifstream("/proc/loadavg"), averages);
  return averages;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "usage: bench ASIDED SDK_SCRIPT [--quick]\n";
    return 2;
  }
  const std::string load_before = load();
  Bench bench({argv[1], argv[2], argc > 3 && std::strcmp(argv[3], "--quick") == 0});
  bench.start();
  bench.memory();
  bench.pace(100, 300, "");
  bench.pace(1000, 3000, "< twice curl's");
  bench.unpaced();
  bench.request();
  bench.many_files();
  std::cout << "\n";
  print(std::cout, bench.figures());
  const Samples late = bench.late();
  std::cout << "\nThe server sent its deltas " << quantile(late, 0.5) << " µs late in the median, "
            << quantile(late, 0.99) << " µs at p99. Load before: " << load_before << "; after: " << load()
            << ".\n";
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench: " << failure.what() << "\n";
  return 1;
}
