// Starts `asided` as an editor does, and speaks the protocol with it over pipes. A request waits for its answer; the
// notifications that arrive meanwhile are passed to `on_notification`. If the program is interrupted, the request is
// cancelled, and its answer is still waited for. When this object is destroyed, the daemon's input ends, and so the
// daemon ends, too.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
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

  // Starts the daemon and initializes it. The daemon is the program that the environment variable ASIDED names. If
  // ASIDED is not set, it is `asided` in PATH or, if there is none, in the folder of this program. `folders` are
  // workspace folders, as URIs.
  Result<void> start(const std::vector<std::string>& folders);
  // Whether the daemon announces this flag, the name of a feature. The daemon may be older or newer than this program.
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
  json answer_;  // the answer to the last request; null until it arrives
  json flags_;
};

}  // namespace aside
