#include "daemon/store/copy.h"

#include <optional>
#include <utility>

#include "daemon/store/file.h"
#include "daemon/store/schema.h"

namespace aside {

struct Copy::Ends {
  Connection from;
  Connection to;
  std::optional<PageCopy> work;
};

Copy::Copy(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
Copy::Copy(Copy&&) noexcept = default;
Copy& Copy::operator=(Copy&&) noexcept = default;
Copy::~Copy() = default;

// One transaction reads the source from beginning to end: otherwise SQLite would start again whenever another process
// writes. Nobody uses the copy yet, so it needs no journal, and a sync only at the end.
Result<void> Copy::begin() {
  if (auto made = make_file(to_); !made) return made;
  ends_ = std::make_unique<Ends>();
  Connection& from = ends_->from;
  Connection& to = ends_->to;
  if (!from.open(from_, Connection::Mode::ReadOnly) || !from.run(read_damaged_schema) ||
      !from.run("BEGIN; PRAGMA user_version"))
    return error(from.failure());
  if (!to.open(to_, Connection::Mode::ReadWrite) ||
      !to.run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-1024"))
    return error(to.failure());
  ends_->work.emplace(from, to);
  return {};
}

Result<bool> Copy::step() {
  if (!ends_) {
    auto begun = begin();
    if (!begun) return begun.error();
    return false;
  }
  const Step stepped = ends_->work->step(pages_a_step);
  if (stepped == Step::More) {
    begin_writing_out(to_);
    return false;
  }
  if (stepped == Step::Failed) return error(ends_->work->failure());
  ends_.reset();
  if (auto synced = sync_file(to_); !synced) return synced.error();
  return true;
}

Result<void> Copy::all() {
  while (true) {
    const auto whole = step();
    if (!whole) return whole.error();
    if (*whole) return {};
  }
}

Error Copy::error(const SqliteFailure& failure) {
  unreadable_ = failure.cannot_read();
  return failure.error("copying " + from_ + " to " + to_);
}

}  // namespace aside
