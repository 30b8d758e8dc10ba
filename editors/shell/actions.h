// What the program does with the daemon, one function for each kind of command. Each returns the exit status.
#pragma once

#include <string>

#include "editors/shell/arguments.h"
#include "editors/shell/daemon.h"
#include "editors/shell/output.h"

namespace aside {

namespace status {
constexpr int answered = 0, failed = 1, wrong_usage = 2, needs_consent = 3;
}

class Actions {
 public:
  Actions(const Command& command, Output& output);

  // Starts the daemon and does what the command says. `input` is the text of standard input, if it is shared.
  int run(const std::string& input);
  // Whether the daemon has stored the question, so that it can't be lost any more.
  bool stored() const { return stored_; }

 private:
  int ask(const std::string& input);
  int reply_again();  // retry and continue
  int preview(const std::string& input);
  int show();
  int list();
  int search();
  int report_usage();

  Result<json> ask_with_consent(json params);
  json question(const std::string& input);
  bool known(const Command::File& file, const json& checked) const;
  int ended(const Result<json>& result);
  int failed(const Error& error);
  int interrupted_status(int otherwise) const;
  bool lacks(const char* flag);
  void notified(const std::string& method, const json& params);
  std::string document() const;
  std::string about() const;

  const Command& command_;
  Output& output_;
  Daemon daemon_;
  std::string folder_;
  bool stored_ = false;
  bool declined_ = false;  // the user was asked for consent, and said no
  bool asked_ = false;     // a reply was requested: the next one that begins is the answer
  std::string turn_;       // the turn of the answer; empty until the answer has begun
};

}  // namespace aside
