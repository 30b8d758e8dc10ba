#include "daemon/system/lock_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

namespace aside {
namespace {

// Uses locks that belong to the open file, where the system has them. The older kind of locks belongs to the
// process: they exclude other processes, too, but not a second store in the same process.
#ifdef F_OFD_SETLK
constexpr int set_lock = F_OFD_SETLK;
constexpr int get_lock = F_OFD_GETLK;
#else
constexpr int set_lock = F_SETLK;
constexpr int get_lock = F_GETLK;
#endif

struct flock byte_at(std::int64_t place, short type) {
  struct flock range = {};  // l_pid must be 0
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = place;
  range.l_len = 1;
  return range;
}

bool change(int descriptor, std::int64_t place, short type) {
  struct flock range = byte_at(place, type);
  return ::fcntl(descriptor, set_lock, &range) == 0;
}

bool excluded(int descriptor, struct flock range) {
  return ::fcntl(descriptor, get_lock, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace

// Counts the locks of this open file on each place. The system would grant a second lock on the same place, but one
// release would end both.
struct LockFile::File {
  static constexpr int alone = -1;

  explicit File(int opened) : descriptor(opened) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(descriptor); }

  const int descriptor;
  std::map<std::int64_t, int> held;  // place → how many share it, or `alone`
};

Result<LockFile> LockFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Error{ErrorCode::Storage,
                 "opening the lock file " + path + ": " + std::strerror(errno),
                 {.hint = "Make it and its folder readable and writable for you."}};
  }
  auto file = std::make_shared<File>(descriptor);
  // Tests here whether the file system knows locks. A lock that is refused later then always means that somebody has
  // it.
  struct flock range = byte_at(0, F_WRLCK);
  if (::fcntl(descriptor, get_lock, &range) != 0) {
    return Error{ErrorCode::Storage,
                 "locking " + path + ": " + std::strerror(errno),
                 {.hint = "Keep Aside's state on a local disk: its file system must know file locks."}};
  }
  return LockFile(std::move(file));
}

LockFile::LockFile(std::shared_ptr<File> file) : file_(std::move(file)) {}

std::optional<LockFile::Lock> LockFile::exclusive(std::int64_t place) {
  if (file_->held.contains(place) || !change(file_->descriptor, place, F_WRLCK)) return std::nullopt;
  file_->held[place] = File::alone;
  return Lock(file_, place);
}

std::optional<LockFile::Lock> LockFile::shared(std::int64_t place) {
  const auto ours = file_->held.find(place);
  if (ours != file_->held.end()) {
    if (ours->second == File::alone) return std::nullopt;
    ++ours->second;
    return Lock(file_, place);
  }
  if (!change(file_->descriptor, place, F_RDLCK)) return std::nullopt;
  file_->held[place] = 1;
  return Lock(file_, place);
}

bool LockFile::held(std::int64_t place) const {
  return file_->held.contains(place) || held_by_another(place);
}

bool LockFile::held_by_another(std::int64_t place, std::int64_t count) const {
  struct flock range = byte_at(place, F_WRLCK);
  range.l_len = count;
  return excluded(file_->descriptor, range);
}

LockFile::Lock::Lock(std::shared_ptr<File> file, std::int64_t place)
    : file_(std::move(file)), place_(place) {}
LockFile::Lock::Lock(Lock&& other) noexcept = default;

LockFile::Lock& LockFile::Lock::operator=(Lock&& other) noexcept {
  if (this == &other) return *this;
  release();
  file_ = std::move(other.file_);
  place_ = other.place_;
  return *this;
}

bool LockFile::Lock::alone() const {
  return file_->held.at(place_) <= 1 && !excluded(file_->descriptor, byte_at(place_, F_WRLCK));
}

LockFile::Lock::~Lock() {
  release();
}

void LockFile::Lock::release() {
  if (!file_) return;
  const auto ours = file_->held.find(place_);
  if (ours->second > 1) {
    --ours->second;
  } else {
    file_->held.erase(ours);
    change(file_->descriptor, place_, F_UNLCK);
  }
  file_.reset();
}

}  // namespace aside
