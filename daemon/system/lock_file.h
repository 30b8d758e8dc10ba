// Advisory locks on single bytes of a file, kept by the operating system; they decide who may write. A process that
// dies loses its locks. Process ids are not used, since they mean nothing across containers. Locks belong to the
// open file, so two stores in one process exclude each other as two processes do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "protocol/error.h"

namespace aside {

class LockFile {
  struct File;

 public:
  // A lock. It is held as long as this object lives, which may be longer than its LockFile.
  class Lock {
   public:
    Lock(Lock&& other) noexcept;
    Lock& operator=(Lock&& other) noexcept;
    ~Lock();
    bool alone() const;  // nobody shares its place, in this process or another

   private:
    friend class LockFile;
    Lock(std::shared_ptr<File> file, std::int64_t place);
    void release();
    std::shared_ptr<File> file_;
    std::int64_t place_ = 0;
  };

  static Result<LockFile> open(const std::string& path);  // created 0600
  LockFile(LockFile&& other) noexcept = default;
  LockFile& operator=(LockFile&& other) noexcept = default;

  // nullopt if another process, or another part of this one, holds the place in a way that excludes this lock.
  std::optional<Lock> exclusive(std::int64_t place);
  std::optional<Lock> shared(std::int64_t place);
  bool held(std::int64_t place) const;  // whether anybody holds a lock of either kind
  // Whether another open file has a lock, of either kind, on any of `count` places from this one on.
  bool held_by_another(std::int64_t place, std::int64_t count = 1) const;

 private:
  explicit LockFile(std::shared_ptr<File> file);
  std::shared_ptr<File> file_;
};

}  // namespace aside
