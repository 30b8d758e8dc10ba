#include "daemon/system/watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#include <sys/vfs.h>
#endif

#include <algorithm>
#include <asio/post.hpp>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

namespace aside {
namespace {

void make(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  ::mkdir(folder.c_str(), 0700);
  // O_NONBLOCK, because opening a pipe that nobody reads would wait.
  const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (made >= 0) ::close(made);
}

#ifdef __linux__
// Whether other machines may write to the file system without this kernel noticing.
bool is_shared(const std::string& path) {
  constexpr std::uint32_t kinds[] = {0x6969,       // NFS
                                     0x517b,       // SMB
                                     0xfe534d42,   // SMB 2
                                     0xff534d42,   // CIFS
                                     0x65735546,   // FUSE
                                     0x01021997,   // 9P
                                     0x00c36400,   // Ceph
                                     0x5346414f,   // AFS
                                     0x0bd00bd0,   // Lustre
                                     0x47504653,   // GPFS
                                     0x7461636f,   // OCFS2
                                     0x786f4256};  // VirtualBox's folders
  struct statfs system = {};
  if (::statfs(path.c_str(), &system) != 0) return true;
  return std::find(std::begin(kinds), std::end(kinds), static_cast<std::uint32_t>(system.f_type)) !=
         std::end(kinds);
}
#endif

}  // namespace

// Sets the exact time. The kernel's default time advances only every few milliseconds, so the timer would miss a
// second touch.
void touch(const std::string& path) {
  timespec now[2] = {};
  ::clock_gettime(CLOCK_REALTIME, &now[0]);
  now[1] = now[0];
  ::utimensat(AT_FDCWD, path.c_str(), now, AT_SYMLINK_NOFOLLOW);
}

Watch::File::File(Watch& watch, std::uint64_t number, std::string path)
    : watch_(&watch), number_(number), path_(std::move(path)) {}

Watch::File::File(File&& other) noexcept
    : watch_(std::exchange(other.watch_, nullptr)),
      number_(other.number_),
      path_(std::exchange(other.path_, {})) {}

Watch::File& Watch::File::operator=(File&& other) noexcept {
  std::swap(watch_, other.watch_);
  std::swap(number_, other.number_);
  std::swap(path_, other.path_);
  return *this;
}

Watch::File::~File() {
  if (watch_) watch_->forget(number_);
}

Watch::Watch(asio::io_context& io, Means means) : io_(io), means_(means), events_(io), timer_(io) {}

Watch::File Watch::file(const std::string& path, std::function<void()> touched) {
  Watched& watched = files_[++last_];
  watched.path = path;
  watched.touched = std::move(touched);
  make(path);
  ask_kernel(watched);
  if (watched.descriptor < 0) {
    watched.stamp = stamp(path);
    look_later();
  }
  return File(*this, last_, path);
}

Watch::Stamp Watch::stamp(const std::string& path) {
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return {};
#ifdef __APPLE__
  const timespec& time = file.st_mtimespec;
#else
  const timespec& time = file.st_mtim;
#endif
  return {file.st_ino, time.tv_sec, time.tv_nsec};
}

void Watch::tell(std::uint64_t number) {
  asio::post(io_, [this, number] {
    const auto file = files_.find(number);
    if (file == files_.end()) return;
    const auto touched = file->second.touched;  // the call may erase `file`
    touched();
  });
}

void Watch::forget(std::uint64_t number) {
  const auto found = files_.find(number);
  if (found == files_.end()) return;
  [[maybe_unused]] const int descriptor = found->second.descriptor;
  files_.erase(found);
  if (files_.empty()) {
    events_.close();
    return;
  }
#ifdef __linux__
  const auto has_it = [descriptor](const auto& entry) { return entry.second.descriptor == descriptor; };
  if (descriptor >= 0 && std::none_of(files_.begin(), files_.end(), has_it))
    ::inotify_rm_watch(events_.native_handle(), descriptor);
#endif
}

// ---- touches that the kernel reports

#ifdef __linux__

void Watch::ask_kernel(Watched& file) {
  if (means_ == Means::Timer || is_shared(file.path)) return;
  if (!events_.is_open()) {
    const int opened = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (opened < 0) return;
    events_.assign(opened);
    ++opened_;
    wait();
  }
  file.descriptor = ::inotify_add_watch(events_.native_handle(), file.path.c_str(),
                                        IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW);
}

void Watch::wait() {
  events_.async_wait(asio::posix::descriptor_base::wait_read,
                     [this, opened = opened_](const asio::error_code& error) {
                       if (error || opened != opened_ || !events_.is_open()) return;
                       take();
                     });
}

void Watch::take() {
  std::set<int> touched, gone;
  bool all = false;
  char bytes[4096];
  for (ssize_t size = 0; (size = ::read(events_.native_handle(), bytes, sizeof bytes)) > 0;) {
    inotify_event event;
    for (const char* at = bytes; at < bytes + size; at += sizeof event + event.len) {
      std::memcpy(&event, at, sizeof event);
      if (event.mask & IN_Q_OVERFLOW) all = true;
      touched.insert(event.wd);
      if (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) gone.insert(event.wd);
    }
  }
  wait();
  for (auto& [number, file] : files_) {
    const int descriptor = file.descriptor;
    if (descriptor < 0 || (!all && !touched.contains(descriptor))) continue;
    if (gone.contains(descriptor)) {
      // The file isn't made again at once, so that a process that is deleting the folder can finish first.
      ::inotify_rm_watch(events_.native_handle(), descriptor);
      file.descriptor = -1;
      file.stamp = {};
      look_later();
    }
    tell(number);
  }
}

#else

void Watch::ask_kernel(Watched&) {}
void Watch::wait() {}
void Watch::take() {}

#endif

// ---- touches that the timer finds

void Watch::look_later() {
  if (std::exchange(looking_, true)) return;
  timer_.expires_after(interval);
  timer_.async_wait([this](const asio::error_code& error) {
    looking_ = false;
    if (!error) look();
  });
}

// A file that can't be made counts as touched at each check, since nobody can touch it.
void Watch::look() {
  bool again = false;
  for (auto& [number, file] : files_) {
    if (file.descriptor >= 0) continue;
    const Stamp before = file.stamp;
    if (before == Stamp{}) make(file.path);
    ask_kernel(file);
    file.stamp = stamp(file.path);
    if (file.descriptor >= 0 || file.stamp == Stamp{} || file.stamp != before) tell(number);
    again = again || file.descriptor < 0;
  }
  if (again) look_later();
}

}  // namespace aside
