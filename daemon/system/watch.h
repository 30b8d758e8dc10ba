// Reports when a file has been touched, by this process or another one. The store uses this to wake the processes
// that follow a conversation: the writer touches a file, and the followers watch it.
//
// On Linux the kernel reports touches (inotify), and nothing runs until then. A timer checks the files instead in
// three cases: on network file systems, where the kernel doesn't see what other machines write; if the kernel allows
// no further watch; and on other systems. If a file is deleted or moved away, it is made again and counts as touched.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace aside {

// Touches the file. Does nothing if there is no such file.
void touch(const std::string& path);

class Watch {
 public:
  enum class Means { Events, Timer };
  static constexpr std::chrono::milliseconds interval{100};  // the timer's interval

  // A file that is watched as long as this object lives. A default-constructed File watches nothing.
  class File {
   public:
    File() = default;
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();
    const std::string& path() const { return path_; }

   private:
    friend class Watch;
    File(Watch& watch, std::uint64_t number, std::string path);
    Watch* watch_ = nullptr;
    std::uint64_t number_ = 0;
    std::string path_;
  };

  // With `Timer`, the kernel is never asked.
  explicit Watch(asio::io_context& io, Means means = Means::Events);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Watches a file. A missing file is made, and so is its folder, both accessible to their owner only. `touched` is
  // called from the loop, once for several touches in quick succession. A touch before this function returns may be
  // missed. While no file is watched, no descriptor is open.
  File file(const std::string& path, std::function<void()> touched);

 private:
  struct Stamp {
    std::uint64_t file = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Watched {
    std::string path;
    std::function<void()> touched;
    int descriptor = -1;  // the kernel's number of the watch; -1: the timer checks the file
    Stamp stamp = {};     // the file's stamp when the timer last checked it
  };

  static Stamp stamp(const std::string& path);
  void ask_kernel(Watched& file);
  void wait();
  void take();
  void look_later();
  void look();
  void tell(std::uint64_t number);
  void forget(std::uint64_t number);

  asio::io_context& io_;
  const Means means_;
  std::map<std::uint64_t, Watched> files_;
  std::uint64_t last_ = 0;
  asio::posix::stream_descriptor events_;
  unsigned opened_ = 0;  // how often `events_` was opened
  asio::steady_timer timer_;
  bool looking_ = false;
};

}  // namespace aside
