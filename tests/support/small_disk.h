// A real file system of a few megabytes, for tests of a full disk: a tmpfs in a mount namespace of this
// process. The user must be root, or be allowed to make namespaces. The process must have only one thread.
// `mounted` says whether the file system could be made.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace aside::test {

class SmallDisk {
 public:
  SmallDisk(const std::string& folder, const std::string& size) : folder_(folder) {
    std::filesystem::create_directories(folder);
    const std::string user = std::to_string(::geteuid()), group = std::to_string(::getegid());
    if (::unshare(CLONE_NEWNS) != 0) {
      if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return;
      write("/proc/self/setgroups", "deny");
      write("/proc/self/uid_map", user + " " + user + " 1");
      write("/proc/self/gid_map", group + " " + group + " 1");
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    mounted = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Fills the disk.
  void fill() const {
    const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (std::size_t size : {65536, 4096, 1}) {
      const std::string bytes(size, 'x');
      while (::write(file, bytes.data(), size) > 0) {}
    }
    ::close(file);
  }
  void free() const { std::filesystem::remove(filler()); }

  bool mounted = false;

 private:
  std::string filler() const { return folder_ + "/filler"; }
  static void write(const char* path, const std::string& text) { std::ofstream(path) << text; }
  const std::string folder_;
};

}  // namespace aside::test
