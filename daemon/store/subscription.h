// How a process learns that another one has written something. Each thing that can be followed has a place in
// the store's lock file and a file of the same number in a folder beside the store. Who follows holds a lock
// on the place and watches the file; who has committed something looks whether another process holds the
// place, and only then touches the file. So nobody is woken for nothing, a process that dies follows nothing,
// and a commit that nobody follows costs one system call.
//
// The places: 0 is held by who makes a backup; a conversation's number, by who writes a reply in it; as far
// behind `follower_places`, by those who follow that conversation; from `document_places` on, by those who
// show a document.
//
// Following begins before the state is read that it is to keep up to date: else what is committed in between
// is missed.
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
// By a hash: of two documents that meet there, each is woken for the other now and then.
std::int64_t followers_of(const std::string& uri);

// Lasts as long as the object. The file goes with the last that follows it; what a killed process leaves
// behind goes with the next, or with `drop_unfollowed`.
class Subscription {
 public:
  // `mark`: what tells others that this place is followed; nullopt: they know it without that, by the lease.
  Subscription(std::optional<LockFile::Lock> mark, Watch::File file);
  Subscription(Subscription&& other) noexcept = default;
  Subscription& operator=(Subscription&& other) = delete;
  ~Subscription();

 private:
  std::optional<LockFile::Lock> mark_;
  Watch::File file_;
};

// Of the store at this path.
std::string followed_file(const std::string& store, std::int64_t place);
void drop_unfollowed(const std::string& store, const LockFile& locks);

}  // namespace aside
