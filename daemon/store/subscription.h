// How a process learns that another one has written something. Each thing that can be followed has a place in the
// store's lock file and a file of the same number in a folder beside the store. A process that follows holds a
// lock on the place and watches the file. A process that has committed something checks whether another one holds
// the place, and touches the file only then. So no process is woken needlessly, a process that dies stops
// following, and a commit that nobody follows costs one system call.
//
// The places: 0 for the process that makes a backup; a reply's number for the process that writes the reply;
// `follower_places` plus a conversation's number for the processes that follow the conversation; `document_places`
// and above for the processes that show a document.
//
// Start to follow before you read the state. Otherwise a change that is committed in between would be missed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/system/lock_file.h"
#include "daemon/system/watch.h"

namespace aside {

inline constexpr std::int64_t backup_place = 0;
inline constexpr std::int64_t follower_places = std::int64_t{1} << 40;
inline constexpr std::int64_t document_places = std::int64_t{1} << 41;
inline std::int64_t followers_of(std::int64_t thread) {
  return follower_places + thread;
}
// The place is a hash, so two documents may share a place. A change of either then wakes the followers of both.
std::int64_t followers_of(const std::string& uri);

// Follows as long as the object lives. The last follower removes the file. The file of a killed process is removed by
// the next follower, or by `drop_unfollowed`.
class Subscription {
 public:
  // `mark` is the lock by which other processes see this follower. nullopt for the writer of a reply, which others see
  // by the reply's lease.
  Subscription(std::optional<LockFile::Lock> mark, Watch::File file);
  Subscription(Subscription&& other) noexcept = default;
  Subscription& operator=(Subscription&& other) = delete;
  ~Subscription();

 private:
  std::optional<LockFile::Lock> mark_;
  Watch::File file_;
};

// The file for a place, in the folder beside the store at this path.
std::string followed_file(const std::string& store, std::int64_t place);
void drop_unfollowed(const std::string& store, const LockFile& locks);

}  // namespace aside
