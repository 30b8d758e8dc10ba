#include "editors/shell/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "editors/shell/interrupts.h"
#include "protocol/iso_time.h"
#include "protocol/plain_text.h"

namespace aside {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

bool dumb() {
  return variable("TERM").empty() || variable("TERM") == "dumb";
}

Look look() {
  if (!::isatty(STDOUT_FILENO)) return Look::Raw;
  return dumb() || !variable("NO_COLOR").empty() ? Look::Plain : Look::Styled;
}

}  // namespace

Output::Output() : renderer_(look()), terminal_(::isatty(STDERR_FILENO)) {}

// If standard output can't be written any more, stops the reply as after ^C; the exit status is that of SIGPIPE. If the reason
// is another one than that nobody reads it, such as a full disk, says so.
void Output::write(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      if (descriptor != STDOUT_FILENO) return;
      const int failed = errno;
      if (failed != EPIPE && interrupted() == 0)
        note("standard output can't be written: " + std::string(std::strerror(failed)));
      interrupt(SIGPIPE);
      return;
    }
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Output::print(std::string_view text) {
  if (text.empty()) return;
  state("");
  in_line_ = text.back() != '\n';
  write(STDOUT_FILENO, renderer_.feed(text));
}

void Output::finish() {
  state("");
  write(STDOUT_FILENO, renderer_.end() + (in_line_ ? "\n" : ""));
  in_line_ = false;
}

void Output::print_line(const json& value) {
  write(STDOUT_FILENO, value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

void Output::note(const std::string& text) {
  state("");
  const bool breaks_answer = in_line_ && terminal_;
  write(STDERR_FILENO, (breaks_answer ? "\naside: " : "aside: ") + plain_line(text) + "\n");
}

void Output::remark(const std::string& text) {
  if (terminal_) note(text);
}

void Output::complain(const Error& error) {
  note(error.message);
  if (!error.data.hint.empty()) note(error.data.hint);
}

void Output::state(const std::string& text) {
  if (!terminal_ || in_line_ || dumb()) return;
  if (state_shown_ || !text.empty()) write(STDERR_FILENO, "\r\x1b[K" + text);
  state_shown_ = !text.empty();
}

int open_terminal() {
  return ::isatty(STDERR_FILENO) ? ::open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
}

bool agrees(int terminal, const std::vector<std::string>& reasons) {
  std::string question;
  for (const std::string& reason : reasons) question += plain_line(reason) + "\n";
  question += "Send it? [y/N] ";
  (void)!::write(terminal, question.data(), question.size());
  char first = 0, read = 0;
  while (::read(terminal, &read, 1) == 1 && read != '\n')
    if (first == 0) first = read;
  return first == 'y' || first == 'Y';
}

std::string dollars(double amount) {
  if (!(amount > 0)) return "$0";
  if (amount < 0.0001) return "< $0.0001";
  char text[32];
  std::snprintf(text, sizeof text, amount < 0.00995 ? "$%.4f" : amount < 0.9995 ? "$%.3f" : "$%.2f", amount);
  return text;
}

std::string price_line(const json& result) {
  const json usage = result.value("usage", json::object());
  if (usage.empty()) return "";
  const auto tokens = [&usage](const char* name) { return usage.value(name, std::int64_t{0}); };
  std::string line = result.contains("cost") ? dollars(result.value("cost", 0.0)) + " · " : "";
  const std::int64_t cached = tokens("cacheRead"), input = tokens("input") + cached + tokens("cacheWrite");
  line += std::to_string(input) + " tokens in";
  if (cached > 0) line += " (" + std::to_string(cached * 100 / input) + " % cached)";
  line += ", " + std::to_string(tokens("output")) + " out";
  return (usage.value("estimated", false) ? "about " : "") + line;
}

std::string local_time(const std::string& iso) {
  const std::time_t seconds = static_cast<std::time_t>(iso_milliseconds(iso).value_or(0) / 1000);
  std::tm local = {};
  ::localtime_r(&seconds, &local);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
  return text;
}

}  // namespace aside
