#include "tests/bench/clients.h"

#include <sys/resource.h>
#include <time.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace aside::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};

Clock::time_point soon() {
  return Clock::now() + patience;
}

double milliseconds(Nanoseconds time) {
  return static_cast<double>(time) / 1e6;
}

std::vector<std::string> environment(const std::filesystem::path& home, const std::string& url) {
  const char* path = std::getenv("PATH");
  return {std::string("PATH=") + (path ? path : "/usr/bin:/bin"),
          "HOME=" + home.string(),
          "XDG_STATE_HOME=" + home.string() + "/state",
          "XDG_CONFIG_HOME=" + home.string() + "/config",
          "NO_PROXY=127.0.0.1",
          "ANTHROPIC_API_KEY=key",
          "ANTHROPIC_BASE_URL=" + url};
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

double resident_mib(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atof(line.c_str() + line.find(':') + 1) / 1024;
  }
  return 0;
}

Asided::Asided(const std::string& program, const std::filesystem::path& home, const std::string& url)
    : begun_(now()), program_({program}, environment(home, url), home / "errors") {
  call("initialize", {{"processId", nullptr},
                      {"rootUri", nullptr},
                      {"capabilities", {{"general", {{"positionEncodings", {"utf-8"}}}}}}});
  milliseconds_to_ready_ = milliseconds(now() - begun_);
  notify("initialized", json::object());
  call("model/list", json::object());  // when the answer arrives, the store has been opened
}

json Asided::call(const std::string& method, const json& params) {
  return request(method, {params}).answers.front().at("result");
}

void Asided::notify(const std::string& method, const json& params) {
  const json message = {{"jsonrpc", "2.0"}, {"method", method}, {"params", params}};
  decoder_.feed(program_.write(frame(message.dump()), soon()));
}

Outcome Asided::ask(const std::vector<json>& asks) {
  const double cpu_before = cpu_seconds();
  Outcome outcome = request("conversation/ask", asks);
  outcome.cpu_seconds = cpu_seconds() - cpu_before;
  outcome.resident_mib = resident_mib();
  return outcome;
}

Outcome Asided::request(const std::string& method, const std::vector<json>& all) {
  std::string requests;
  for (const json& params : all) {
    const json request = {{"jsonrpc", "2.0"}, {"id", ++last_id_}, {"method", method}, {"params", params}};
    requests += frame(request.dump());
  }
  Outcome outcome;
  outcome.called = now();
  std::string bytes = program_.write(requests, soon());
  while (outcome.answers.size() < all.size()) {
    if (bytes.empty()) bytes = program_.read(soon());
    const Nanoseconds at = now();
    if (bytes.empty()) throw std::runtime_error("asided has ended");
    decoder_.feed(std::exchange(bytes, {}));
    for (auto body = decoder_.next(); body && *body; body = decoder_.next()) {
      json message = json::parse(**body);
      if (message.contains("id")) {
        outcome.answers.push_back(std::move(message));
      } else if (message["method"] == "conversation/delta") {
        outcome.came.push_back({at, std::move(**body)});
      }
    }
  }
  return outcome;
}

std::vector<Came> Asided::follow() {
  std::vector<Came> came;
  while (true) {
    for (auto body = decoder_.next(); body && *body; body = decoder_.next()) {
      const json message = json::parse(**body);
      const std::string method = message.value("method", "");
      if (method == "conversation/delta") came.push_back({now(), std::move(**body)});
      if (method == "conversation/status" && message["params"]["state"] == "ended") return came;
    }
    const std::string bytes = program_.read(soon());
    if (bytes.empty()) throw std::runtime_error("asided has ended");
    decoder_.feed(bytes);
  }
}

double Asided::cpu_seconds() const {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(program_.pid(), &clock) != 0 || clock_gettime(clock, &time) != 0)
    throw std::runtime_error("no CPU time of asided");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Outcome run(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  const double cpu_before = cpu_seconds_of_children();
  Outcome outcome;
  outcome.called = now();
  Program program(argv, environment, "/dev/null");
  program.close_input();
  while (true) {
    std::string bytes = program.read(soon());
    const Nanoseconds at = outcome.ended = now();
    if (bytes.empty()) break;
    if (outcome.came.empty()) outcome.resident_mib = resident_mib(program.pid());
    outcome.came.push_back({at, std::move(bytes)});
  }
  if (program.exit_status(soon()) != 0) throw std::runtime_error(argv[0] + " failed");
  outcome.cpu_seconds = cpu_seconds_of_children() - cpu_before;
  return outcome;
}

Outcome curl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "curl");
  return run(arguments, {"NO_PROXY=127.0.0.1"});
}

Sdk::Sdk(const std::string& script, const std::string& url, const std::vector<Step>& steps) {
  const Home home;
  const std::string file = home.path() / "steps.json";
  std::ofstream(file) << json(steps);
  const Nanoseconds begun = now();
  const std::string errors = home.path() / "errors";
  Program program({"node", script, file}, environment(home.path(), url), errors);
  std::string said;
  for (std::string more = program.read(soon()); !more.empty(); more = program.read(soon())) said += more;
  if (program.exit_status(soon()) != 0) {
    std::ostringstream why;
    why << std::ifstream(errors).rdbuf();
    throw std::runtime_error("the SDK failed: " + why.str());
  }
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const json told = json::parse(line);
    if (told.contains("ready")) {
      milliseconds_to_ready = milliseconds(told["ready"].get<Nanoseconds>() - begun);
      mib_when_ready = told["mib"];
      continue;
    }
    Outcome outcome{.called = told["called"], .cpu_seconds = told["cpu"], .resident_mib = told["mib"]};
    for (const json& delta : told["came"]) outcome.came.push_back({delta[0], delta[1]});
    outcomes.push_back(std::move(outcome));
  }
}

Socket::Socket(unsigned short port) : socket_(io_) {
  socket_.connect({asio::ip::address_v4::loopback(), port});
  socket_.set_option(asio::ip::tcp::no_delay(true));
}

Nanoseconds Socket::post(const std::string& body) {
  const std::string head =
      "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n";
  const Nanoseconds begun = now();
  const std::array<asio::const_buffer, 2> request = {asio::buffer(head), asio::buffer(body)};
  asio::write(socket_, request);
  std::string answer;
  asio::read_until(socket_, asio::dynamic_buffer(answer), "\r\n0\r\n\r\n");
  return begun;
}

}  // namespace aside::bench
