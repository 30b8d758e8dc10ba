#include "daemon/system/command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

extern char** environ;

namespace aside {
namespace {

constexpr std::size_t max_complaint_bytes = 300;  // the most of the program's stderr that a message shows

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe(ends) != 0) return;
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    if (read >= 0) ::close(read);
    if (write >= 0) ::close(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read = -1, write = -1;
};

std::string safe_path() {
  const char* set = std::getenv("PATH");
  std::string kept;
  for (std::string_view path = set ? set : "/usr/local/bin:/usr/bin:/bin"; !path.empty();) {
    const std::string_view folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(folder.size() + 1, path.size()));
    if (folder.starts_with('/')) kept.append(kept.empty() ? "" : ":").append(folder);
  }
  return kept;
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> variables;
  if (command.environment) {
    variables = *command.environment;
  } else {
    for (char** variable = environ; *variable; ++variable)
      if (!std::string_view(*variable).starts_with("PATH=")) variables.emplace_back(*variable);
  }
  variables.push_back("PATH=" + safe_path());
  return variables;
}

// A command with pipes for its stdout and stderr, in its own process group, so that the processes that it starts can
// be killed with it. The command inherits none of our descriptors: a key agent that it leaves running must not keep
// the editor's pipe open. It gets no API key either: read_config has removed the keys from the environment.
class Child {
 public:
  Child(asio::io_context& io, const Command& command) : output(io), complaint_(io), endings_(io, SIGCHLD) {
    Pipe out, err;
    if (out.read < 0 || err.read < 0) {
      failure = errno;
      return;
    }
    const auto pointers = [](const std::vector<std::string>& texts) {
      std::vector<char*> pointers;
      for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
      pointers.push_back(nullptr);
      return pointers;
    };
    const std::string program = find_program(command.arguments[0]);
    const std::vector<std::string> environment = environment_of(command);
    const std::vector<char*> arguments = pointers(command.arguments), variables = pointers(environment);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#else
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
#endif
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &set);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, flags);
    failure = program.empty() ? ENOENT
                              : ::posix_spawn(&pid_, program.c_str(), &actions, &attributes, arguments.data(),
                                              variables.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) return;
    running_ = true;
    output.assign(std::exchange(out.read, -1));
    complaint_.assign(std::exchange(err.read, -1));
  }
  ~Child() {
    kill();
    // SIGKILL can't be ignored, so this wait is short.
    while (running_ && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    if (running_) ::kill(-pid_, SIGKILL);
  }
  // The child's status from waitpid, once the child has ended.
  const std::optional<int>& status() {
    int status = 0;
    if (running_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      running_ = false;
      status_ = status;
    }
    return status_;
  }
  // Checks after each SIGCHLD whether this child has ended. If it has ended, nothing waits for its output any more,
  // even if another process keeps the pipe open.
  static void watch(const std::shared_ptr<Child>& child) {
    child->endings_.async_wait([weak = std::weak_ptr(child)](std::error_code error, int) {
      const auto child = weak.lock();
      if (error || !child) return;
      if (child->status()) return child->stop_waiting();
      watch(child);
    });
  }
  void stop_waiting() {
    std::error_code none;
    output.cancel(none);
  }
  // Returns the output that can be read without waiting, at most little more than `most` bytes.
  std::string left(std::size_t most) {
    std::string text;
    std::array<char, 4096> bytes;
    std::error_code none;
    output.non_blocking(true, none);
    while (text.size() < most && !none)
      text.append(bytes.data(), output.read_some(asio::buffer(bytes), none));
    return text;
  }
  // Keeps the beginning of what the child writes to stderr and drops the rest. If nobody read the pipe, a full pipe
  // would block the child.
  static void read_complaint(const std::shared_ptr<Child>& child) {
    child->complaint_.async_wait(asio::posix::descriptor_base::wait_read,
                                 [weak = std::weak_ptr(child)](std::error_code error) {
                                   const auto child = weak.lock();
                                   if (!error && child && child->take_complaint()) read_complaint(child);
                                 });
  }
  // Returns the first line of what the child has written to stderr.
  std::string first_complaint() {
    take_complaint();
    std::string text = complained_;
    text.erase(0, text.find_first_not_of(" \t\r\n"));
    return text.substr(0, text.find_first_of("\r\n"));
  }

  asio::posix::stream_descriptor output;
  int failure = 0;    // the errno, if the child could not be started
  bool late = false;  // the child took longer than its time

 private:
  // Reads what is there without waiting. Returns false if no more will come.
  bool take_complaint() {
    std::array<char, 4096> bytes;
    std::error_code ended;
    complaint_.non_blocking(true, ended);
    const std::size_t size = complaint_.read_some(asio::buffer(bytes), ended);
    complained_.append(bytes.data(), std::min(size, max_complaint_bytes - complained_.size()));
    return !ended || ended == asio::error::would_block;
  }

  asio::posix::stream_descriptor complaint_;
  std::string complained_;
  asio::signal_set endings_;
  pid_t pid_ = 0;
  bool running_ = false;
  std::optional<int> status_;
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

Error failed(std::string how) {
  return {ErrorCode::InternalError, std::move(how)};
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != name.npos) return name;
  const std::string folders = safe_path();
  for (std::string_view path = folders; !path.empty();) {
    const std::string_view folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(folder.size() + 1, path.size()));
    std::string program = std::string(folder) + "/" + name;
    if (::access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

asio::awaitable<Result<std::string>> run(asio::io_context& io, Command command) {
  const auto child = std::make_shared<Child>(io, command);
  if (child->failure) co_return failed(std::string("could not be started: ") + std::strerror(child->failure));
  Child::watch(child);
  Child::read_complaint(child);
  asio::steady_timer limit(io, command.time);
  limit.async_wait([weak = std::weak_ptr(child)](std::error_code error) {
    const auto child = weak.lock();
    if (error || !child) return;
    child->late = true;
    child->kill();
    child->stop_waiting();
  });

  // Reads until the output or the process ends: a process that the command left behind may keep the output open
  // for ever.
  const auto cancelled = [](asio::cancellation_state state) {
    return state.cancelled() != asio::cancellation_type::none;
  };
  const Error was_cancelled{ErrorCode::RequestCancelled, "was ended: cancelled"};
  std::string printed;
  std::array<char, 4096> bytes;
  std::error_code ended;
  while (!ended && !child->late && !child->status() && printed.size() <= command.max_bytes) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (cancelled(state)) co_return was_cancelled;
    const auto buffer = asio::buffer(bytes);
    const std::size_t size =
        co_await child->output.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, ended));
    printed.append(bytes.data(), size);
  }
  if (child->status()) printed += child->left(command.max_bytes + 1);
  if (printed.size() > command.max_bytes)
    co_return failed("printed more than " + std::to_string(command.max_bytes) + " bytes");

  // A process nearly always ends right after it closes its output, so a short poll is enough.
  asio::steady_timer pause(io);
  while (!child->late && !child->status()) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (cancelled(state)) co_return was_cancelled;
    pause.expires_after(std::chrono::milliseconds(5));
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }
  const std::optional<int> status = child->status();
  const std::string complaint = child->first_complaint();
  if (child->late)
    co_return failed("took too long and was ended" + (complaint.empty() ? "" : ": " + complaint));
  if (*status != 0) co_return failed(how_it_ended(*status) + (complaint.empty() ? "" : ": " + complaint));
  co_return printed;
}

}  // namespace aside
