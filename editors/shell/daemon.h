// The daemon: starts `asided` as an editor does, and speaks the protocol with it over pipes. A request waits for its
// answer; what the daemon tells meanwhile goes to `on_notification`. If the program is interrupted, the request is
// cancelled, and its answer is still waited for. When this object ends, the daemon sees the end of its input and ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"
#include "protocol/framing.h"
#include "protocol/message.h"

namespace aside {

class Daemon {
 public:
  using OnNotification = std::function<void(const std::string& method, const json& params)>;

  explicit Daemon(OnNotification on_notification) : on_notification_(std::move(on_notification)) {}
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Starts the program that the environment variable ASIDED names, else `asided` in PATH, else the one beside this
  // program, and initializes it. `folders` are workspace folders, as URIs.
  Result<void> start(const std::vector<std::string>& folders);
  // Whether this daemon, which may be older or newer than this program, has this flag.
  bool can(const char* flag) const;
  Result<json> request(const char* method, const json& params);

 private:
  Result<void> launch();
  void send(const json& message);
  Result<void> receive();
  void read_complaints();
  Error death();

  OnNotification on_notification_;
  pid_t process_ = -1;
  int in_ = -1, out_ = -1, complaints_ = -1;  // the daemon's standard input, output and error
  std::string complaint_;                     // the last line of its standard error, perhaps incomplete
  FrameDecoder decoder_;
  std::int64_t requests_ = 0;
  json answer_;  // to the last request; null while it is waited for
  json flags_;
};

}  // namespace aside
