// Advisory locks on single bytes of a file, kept by the operating system. They decide which process may write. A
// process that dies loses its locks. Process ids are not used, since they mean nothing across containers. Locks
// belong to the open file, so two stores in one process exclude each other like two processes.
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
    bool alone() const;  // nobody else, in this process or another, has a lock on the same place

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

  // Takes a lock. nullopt if another process, or another part of this process, holds a lock on the place that
  // excludes this one.
  std::optional<Lock> exclusive(std::int64_t place);
  std::optional<Lock> shared(std::int64_t place);
  bool held(std::int64_t place) const;  // whether anybody holds a lock of either kind
  // Whether a lock of either kind is held on any of `count` places, starting at `place`. Locks of this object don't count.
  bool held_by_another(std::int64_t place, std::int64_t count = 1) const;

 private:
  explicit LockFile(std::shared_ptr<File> file);
  std::shared_ptr<File> file_;
};

}  // namespace aside
