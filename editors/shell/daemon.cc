#include "editors/shell/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "editors/shell/interrupts.h"
#include "protocol/methods.h"
#include "protocol/plain_text.h"
#include "protocol/version.h"

extern char** environ;

namespace aside {
namespace {

struct Pipe {
  int read = -1, write = -1;
};

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return {};
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  return {ends[0], ends[1]};
}

std::string beside_this_program() {
  std::error_code failed;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "" : (own.parent_path() / "asided").string();
}

std::string string_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Error error_of(const json& error) {
  const json data = error.value("data", json::object());
  Error made{static_cast<ErrorCode>(error.value("code", 0)), string_of(error, "message")};
  made.data.hint = string_of(data, "hint");
  made.data.conversation = string_of(data, "conversation");
  made.data.turn = string_of(data, "turn");
  made.data.offer = string_of(data, "offer");
  made.data.retryable = data.value("retryable", false);
  made.data.reasons = data.value("reasons", std::vector<std::string>());
  return made;
}

}  // namespace

Daemon::~Daemon() {
  for (const int end : {in_, out_, complaints_})
    if (end >= 0) ::close(end);
}

// The daemon gets a session of its own, so that a ^C in the terminal reaches only this program. This program then asks
// the daemon to stop the reply.
Result<void> Daemon::launch() {
  const Pipe in = make_pipe(), out = make_pipe(), complaints = make_pipe();
  if (in.read < 0 || out.read < 0 || complaints.read < 0)
    return Error{ErrorCode::InternalError,
                 std::string("asided can't be started: no pipe to it can be made: ") + std::strerror(errno),
                 {.hint = "Raise the limit of open files (ulimit -n), or close other programs."}};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, in.read, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, out.write, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, complaints.write, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t pipe_signal;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);

  const char* const named = std::getenv("ASIDED");
  const std::string beside = beside_this_program();
  std::string program = named && *named ? named : "asided";
  const auto spawn = [&] {
    char* argv[] = {program.data(), nullptr};
    return ::posix_spawnp(&process_, program.c_str(), &files, &attributes, argv, environ);
  };
  int failed = spawn();
  if (failed == ENOENT && !(named && *named) && !beside.empty()) {
    program = beside;
    failed = spawn();
  }
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  for (const int end : {in.read, out.write, complaints.write}) ::close(end);
  in_ = in.write, out_ = out.read, complaints_ = complaints.read;
  if (failed == 0) return {};
  const std::string what = named && *named ? "ASIDED, " + plain_line(named) + "," : std::string("asided");
  return Error{ErrorCode::InternalError,
               what + " can't be started: " + std::strerror(failed),
               {.hint = "Install asided, or set the environment variable ASIDED to its path."}};
}

Result<void> Daemon::start(const std::vector<std::string>& folders) {
  if (auto launched = launch(); !launched) return launched;
  json workspace = json::array();
  for (const std::string& folder : folders)
    workspace.push_back({{"uri", folder}, {"name", folder.substr(folder.rfind('/') + 1)}});
  const auto result =
      request(method::initialize, {{"processId", ::getpid()},
                                   {"clientInfo", {{"name", "aside"}, {"version", version}}},
                                   {"workspaceFolders", workspace},
                                   {"capabilities", {{"general", {{"positionEncodings", {"utf-8"}}}}}}});
  if (!result) return result.error();
  flags_ = result->value(json::json_pointer("/capabilities/experimental/aside"), json::object());
  send({{"method", method::initialized}, {"params", json::object()}});
  if (flags_.value("protocol", 0) == protocol_version) return {};
  return Error{ErrorCode::InternalError,
               "asided speaks another version of the protocol than this program",
               {.hint = "Update asided or aside, whichever is older."}};
}

bool Daemon::can(const char* flag) const {
  return flags_.value(flag, false);
}

// If a write fails, the daemon is dead. No error is needed here, since receive() then finds the end of the daemon's
// output.
void Daemon::send(const json& message) {
  json whole = message;
  whole["jsonrpc"] = "2.0";
  const std::string text = frame(whole.dump(-1, ' ', false, json::error_handler_t::replace));
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t written = ::write(in_, text.data() + sent, text.size() - sent);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) sent += static_cast<std::size_t>(written);
  }
}

Result<json> Daemon::request(const char* method, const json& params) {
  const std::int64_t id = ++requests_;
  answer_ = nullptr;
  send({{"id", id}, {"method", method}, {"params", params}});
  bool cancelled = false;
  while (answer_.is_null()) {
    pollfd ends[] = {{out_, POLLIN, 0},
                     {complaints_, POLLIN, 0},
                     {cancelled ? -1 : interrupt_descriptor(), POLLIN, 0},
                     {cancelled ? -1 : STDOUT_FILENO, 0, 0}};
    if (::poll(ends, std::size(ends), -1) < 0) continue;  // a signal came; the next round handles it
    if (ends[1].revents != 0) read_complaints();
    if (ends[3].revents & (POLLERR | POLLHUP)) interrupt(SIGPIPE);  // nobody reads standard output any more
    if (!cancelled && interrupted() != 0) {
      cancelled = true;
      send({{"method", method::cancel}, {"params", {{"id", id}}}});
    }
    if (ends[0].revents == 0) continue;
    if (auto received = receive(); !received) return received.error();
  }
  if (const auto error = answer_.find("error"); error != answer_.end()) return error_of(*error);
  return answer_.value("result", json());
}

Result<void> Daemon::receive() {
  std::array<char, FrameDecoder::max_fed_bytes> bytes;
  const ssize_t read = ::read(out_, bytes.data(), bytes.size());
  if (read < 0 && errno == EINTR) return {};
  if (read <= 0) return death();
  decoder_.feed({bytes.data(), static_cast<std::size_t>(read)});
  for (;;) {
    const auto body = decoder_.next();
    if (!body) return Error{ErrorCode::InternalError, "asided: " + body.error().message};
    if (!*body) return {};
    const auto parsed = parse_json(**body);
    const json* const message = std::get_if<json>(&parsed);
    if (!message || !message->is_object()) continue;
    const auto method = message->find("method");
    const json id = message->value("id", json());
    if (method != message->end() && method->is_string()) {
      if (!id.is_null())  // a daemon sends no requests; a program such as cat sends back what it has got
        return Error{ErrorCode::InternalError,
                     "the output of the program that was started is not the protocol of asided",
                     {.hint = "Check the environment variable ASIDED."}};
      on_notification_(*method, message->value("params", json::object()));
    } else if (id.is_null() || id == json(requests_)) {  // an error without an id is about what was sent last
      answer_ = *message;
    }
  }
}

void Daemon::read_complaints() {
  std::array<char, 4096> bytes;
  const ssize_t read = ::read(complaints_, bytes.data(), bytes.size());
  if (read <= 0) {
    if (read == 0) ::close(std::exchange(complaints_, -1));
    return;
  }
  complaint_.append(bytes.data(), static_cast<std::size_t>(read));
  const std::size_t end = complaint_.find_last_not_of('\n');
  complaint_.erase(0, end == complaint_.npos ? end : complaint_.rfind('\n', end) + 1);
  if (complaint_.size() > bytes.size()) complaint_.erase(0, complaint_.size() - bytes.size());
}

Error Daemon::death() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
  if (complaints_ >= 0) read_complaints();
  std::string how = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                        : "ended with status " + std::to_string(WEXITSTATUS(status));
  complaint_.erase(complaint_.find_last_not_of('\n') + 1);
  if (!complaint_.empty()) how += "; its last words: " + plain_line(complaint_);
  return {ErrorCode::InternalError, "asided " + how, {.hint = "Run asided --check to look for problems."}};
}

}  // namespace aside
