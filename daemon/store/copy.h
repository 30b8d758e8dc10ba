// Copies a store as it is at one moment, page by page, even if it is damaged. Writers are not disturbed, but the log
// grows until the copy is complete. A step takes less time than a commit. Called by backups, by the doctor, and before
// a store is migrated.
#pragma once

#include <memory>
#include <string>

#include "daemon/store/database.h"
#include "protocol/error.h"

namespace aside {

class Copy {
 public:
  static constexpr int pages_a_step = 64;  // a page has 4 KiB

  Copy(std::string from, std::string to);  // `to` must not exist yet
  Copy(Copy&&) noexcept;
  Copy& operator=(Copy&&) noexcept;
  ~Copy();
  Result<bool> step();  // true: the copy is complete, and on the disk
  Result<void> all();   // all steps at once, for callers outside of the loop
  // Whether copying failed because the source can't be read.
  bool unreadable() const { return unreadable_; }

 private:
  struct Ends;
  Result<void> begin();
  Error error(const SqliteFailure& failure);
  std::string from_, to_;
  std::unique_ptr<Ends> ends_;
  bool unreadable_ = false;
};

}  // namespace aside
