#include "daemon/system/log_file.h"

#include <fcntl.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "daemon/text/safe.h"

namespace aside {
namespace {

class LogFile : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit LogFile(std::string folder) : folder_(std::move(folder)) {}
  ~LogFile() override { close(); }

  // Refuses a link, which could lead anywhere, and a pipe, which would block the daemon if nobody reads it.
  Result<void> open() {
    close();
    const auto failed = [this](const std::string& why) {
      return Error{ErrorCode::Storage, "opening " + name(0) + ": " + why};
    };
    file_ = ::open(name(0).c_str(),
                   O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (file_ < 0) return failed(std::strerror(errno));
    struct stat ours = {};
    if (::fstat(file_, &ours) == 0 && S_ISREG(ours.st_mode)) return {};
    close();
    return failed("it is not a regular file");
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!is_current() && !open()) return;
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line = redacted({formatted.data(), formatted.size()});
    while (!line.empty() && line.back() == '\n') line.pop_back();
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    line += '\n';
    [[maybe_unused]] const ssize_t written = ::write(file_, line.data(), line.size());
    if (struct stat ours = {}; ::fstat(file_, &ours) == 0 && ours.st_size >= off_t{max_log_bytes}) rotate();
  }
  void flush_() override {}

 private:
  std::string name(int age) const {
    return folder_ + "/asided" + (age == 0 ? "" : "." + std::to_string(age)) + ".log";
  }

  // Whether the log's name still leads to the open file: another daemon may have renamed the file.
  bool is_current() const {
    struct stat ours = {}, named = {};
    return file_ >= 0 && ::fstat(file_, &ours) == 0 && ::lstat(name(0).c_str(), &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
  }

  // Locks the file itself. A daemon that gets the lock later finds that this file is no longer the current log.
  void rotate() {
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) return;  // another process is rotating it
    if (is_current()) {
      for (int age = kept_logs; age > 0; --age) std::rename(name(age - 1).c_str(), name(age).c_str());
    }
    close();
  }

  void close() {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
  }

  std::string folder_;
  int file_ = -1;
};

}  // namespace

Result<std::shared_ptr<spdlog::logger>> log_file(const std::string& folder) {
  const auto sink = std::make_shared<LogFile>(folder);
  if (auto opened = sink->open(); !opened) return opened.error();
  return std::make_shared<spdlog::logger>("asided", sink);
}

}  // namespace aside
