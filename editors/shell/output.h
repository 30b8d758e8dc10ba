// Writes what the user sees: the answer on standard output, everything else on standard error. Progress and price are
// written only if standard error is a terminal, since some editors insert a command's standard error into the text. The
// state, such as `waiting`, is a line that is erased later.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "editors/shell/render.h"
#include "protocol/error.h"
#include "protocol/message.h"

namespace aside {

class Output {
 public:
  Output();

  void print(std::string_view text);  // the next part of the answer
  void finish();                      // ends the answer, with a line end if it has none
  void print_line(const json& value);
  void note(const std::string& text);    // what the user must know
  void remark(const std::string& text);  // shown only in a terminal
  void complain(const Error& error);
  void state(const std::string& text);  // empty: erases the state

 private:
  void write(int descriptor, std::string_view text);

  Renderer renderer_;
  bool terminal_;  // whether standard error is a terminal
  bool state_shown_ = false;
  bool in_line_ = false;  // the answer's last line has no line end yet
};

// Opens the terminal on which the user can be asked. Returns -1 if there is none, or if standard error isn't a
// terminal.
int open_terminal();
// Asks on the terminal whether to send the question in spite of the reasons.
bool agrees(int terminal, const std::vector<std::string>& reasons);

// The price of a reply, such as "$0.0052 · 648 tokens in (98 % cached), 96 out". `result` is the result of the request
// for the reply. Empty if the result has no usage.
std::string price_line(const json& result);
std::string dollars(double amount);
// "2026-11-22 15:02", in the time zone of this machine.
std::string local_time(const std::string& iso);

}  // namespace aside
