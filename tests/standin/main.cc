// The stand-in for the Messages API as a program, for the demo, for scripts and for tests of editors. Its
// first line on stdout has the address on which it listens. It serves until SIGTERM, SIGINT or, with
// --until-eof, until its stdin is closed. server.h says what it does.
#include <unistd.h>

#include <array>
#include <asio.hpp>
#include <charconv>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "tests/standin/server.h"

namespace {

constexpr const char* usage =
    "usage: standin [options]\n"
    "  --port N       listen on port N (default: any free port)\n"
    "  --key KEY      accept only this credential (default: any that is not empty)\n"
    "  --record FILE  append each POST under /v1/messages to FILE, as a line of JSON\n"
    "  --pace MS      wait MS milliseconds between deltas (default: 0)\n"
    "  --window N     accept prompts of at most N tokens (default: the model's window)\n"
    "  --until-eof    end when stdin is closed\n";

struct Arguments {
  aside::test::ApiServerOptions options;
  bool until_eof = false;
  bool help = false;
};

std::optional<long> number(std::string_view text, long most) {
  long value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < 0 || value > most)
    return std::nullopt;
  return value;
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--help") arguments.help = true;
    if (flag == "--until-eof") arguments.until_eof = true;
    if (flag == "--help" || flag == "--until-eof") continue;
    if (i + 1 == argc) return std::nullopt;
    const std::string value = argv[++i];
    const std::optional<long> count = number(value, flag == "--port" ? 65535 : 1000000000);
    if (flag == "--key")
      arguments.options.key = value;
    else if (flag == "--record")
      arguments.options.record = value;
    else if (flag == "--port" && count)
      arguments.options.port = static_cast<std::uint16_t>(*count);
    else if (flag == "--pace" && count)
      arguments.options.pace = std::chrono::milliseconds(*count);
    else if (flag == "--window" && count)
      arguments.options.window = *count;
    else
      return std::nullopt;
  }
  return arguments;
}

asio::awaitable<void> wait_for_eof(asio::io_context& io) {
  asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
  std::array<char, 4096> ignored;
  asio::error_code ended;
  while (!ended)
    co_await input.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, ended));
  io.stop();
}

}  // namespace

int main(int argc, char** argv) try {
  const std::optional<Arguments> arguments = parse(argc, argv);
  if (!arguments || arguments->help) {
    (arguments ? std::cout : std::cerr) << usage;
    return arguments ? 0 : 2;
  }
  asio::io_context io(1);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const asio::error_code&, int) { io.stop(); });
  aside::test::ApiServer server(arguments->options);
  std::cout << "listening on " << server.url() << std::endl;
  if (arguments->until_eof) asio::co_spawn(io, wait_for_eof(io), asio::detached);
  io.run();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "standin: " << error.what() << std::endl;
  return 1;
}
