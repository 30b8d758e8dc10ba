// A fresh home, and a program that runs in this home, with its streams connected to the test. For tests of
// whole programs.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

// A temporary folder. It is removed when this object is destroyed.
class Home {
 public:
  Home() {
    std::string name = (std::filesystem::temp_directory_path() / "aside-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = std::filesystem::canonical(name);
  }
  ~Home() { std::filesystem::remove_all(path_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A program with pipes to its stdin and stdout, and its stderr in a file. The program is killed when this
// object is destroyed.
class Program {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Program(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
          const std::filesystem::path& errors) {
    const auto in = pipe(), out = pipe();
    signal(SIGPIPE, SIG_IGN);  // ignored, since the test learns from the exit status that the program is gone
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t its;
    sigemptyset(&its);
    sigaddset(&its, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &its);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_CREAT | O_WRONLY | O_APPEND,
                                     0600);
    const int failed = posix_spawnp(&pid_, argv[0].c_str(), &actions, &attributes, words(argv).data(),
                                    words(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
    fcntl(in_, F_SETFL, O_NONBLOCK);
    if (failed != 0) throw std::runtime_error("can't start " + argv[0]);
  }
  ~Program() {
    if (in_ >= 0) ::close(in_);
    ::close(out_);
    if (!status_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }

  // Reads a part of the program's output; returns '' at the end of the output.
  std::string read(Time until) {
    pollfd ready{out_, POLLIN, 0};
    wait(&ready, 1, until);
    char bytes[65536];
    const auto got = ::read(out_, bytes, sizeof bytes);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

  // Writes to the program and reads its output at the same time, as an editor does. Otherwise a program that
  // is blocked while it writes an answer would never read.
  std::string write(std::string_view bytes, Time until) {
    std::string said;
    while (!bytes.empty()) {
      pollfd ready[] = {{in_, POLLOUT, 0}, {out_, POLLIN, 0}};
      wait(ready, 2, until);
      if (ready[1].revents & POLLIN) said += read(until);
      const auto written = ::write(in_, bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EAGAIN) {
        break;
      }
    }
    return said;
  }

  void close_input() {
    ::close(in_);
    in_ = -1;
  }

  int exit_status(Time until) {
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
      if (Time::clock::now() > until) throw std::runtime_error("the program does not end");
      poll(nullptr, 0, 2);
    }
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return *status_;
  }

 private:
  // Makes a pipe whose ends are closed on exec, so that a second program doesn't inherit the ends of the
  // first program's pipes.
  static std::array<int, 2> pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
    return ends;
  }

  static std::vector<char*> words(const std::vector<std::string>& texts) {
    std::vector<char*> words;
    for (const auto& text : texts) words.push_back(const_cast<char*>(text.c_str()));
    words.push_back(nullptr);
    return words;
  }

  static void wait(pollfd* descriptors, nfds_t count, Time until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Time::clock::now()).count();
    if (left <= 0 || poll(descriptors, count, static_cast<int>(left)) == 0) {
      throw std::runtime_error("nothing comes any more");
    }
  }

  pid_t pid_ = 0;
  int in_ = -1, out_ = -1;
  std::optional<int> status_;
};

}  // namespace aside
