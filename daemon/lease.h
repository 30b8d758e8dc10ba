// Who may write: an advisory lock on one byte of a file, kept by the operating system. A process that dies loses its
// locks; ids of processes, which mean nothing across containers, are not used. Locks belong to the open file, so two
// stores in one process exclude each other as two processes do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/error.h"

namespace aside {

class LockFile {
 public:
  // Held while the object lives; the file it came from must outlive it.
  class Lock {
   public:
    Lock(Lock&& other) noexcept;
    Lock& operator=(Lock&& other) noexcept;
    ~Lock();

   private:
    friend class LockFile;
    Lock(int file, std::int64_t place) : file_(file), place_(place) {}
    void release();
    int file_ = -1;
    std::int64_t place_ = 0;
  };

  static Result<LockFile> open(const std::string& path);  // created 0600
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

  // nullopt where somebody else has it in a way that excludes ours.
  std::optional<Lock> exclusive(std::int64_t place);
  std::optional<Lock> shared(std::int64_t place);
  bool held_by_another(std::int64_t place) const;  // in either way; our own locks don't count

 private:
  explicit LockFile(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace aside
