#include "daemon/store/backup.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "daemon/store/file.h"
#include "daemon/store/lost_store.h"
#include "daemon/store/store.h"
#include "protocol/iso_time.h"

namespace aside {
namespace {

std::string unfinished(const std::string& store) {
  return store + "-backup-unfinished";
}

}  // namespace

Backup::Unfinished::~Unfinished() {
  std::error_code ignored;
  if (!path.empty()) std::filesystem::remove(path, ignored);
}

Backup::Unfinished& Backup::Unfinished::operator=(Unfinished&& other) noexcept {
  std::swap(path, other.path);
  return *this;
}

Result<std::optional<Backup>> Backup::due(Store& owner, std::int64_t now) {
  if (owner.file_name().empty()) return std::optional<Backup>();
  auto lock = owner.lock_for_backup();
  if (!lock) return lock.error();
  if (!*lock) return std::optional<Backup>();
  const std::string store = owner.file_name();
  const std::string name = backup_name(store, iso_time(now).substr(0, std::string_view("2026-11-22").size()));
  std::error_code ignored;
  if (std::filesystem::exists(name, ignored)) return std::optional<Backup>();
  std::filesystem::remove(unfinished(store), ignored);  // a process that died may have left it
  std::uintmax_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    const auto size = std::filesystem::file_size(store + suffix, ignored);
    if (!ignored) bytes += size;
  }
  const auto space = std::filesystem::space(std::filesystem::path(store).parent_path(), ignored);
  if (!ignored && space.available < bytes + spare)
    return Error{ErrorCode::Storage,
                 "making today's backup of " + store + ": the disk has no room for another " +
                     std::to_string((bytes >> 20) + 1) + " MiB",
                 {.hint = "Free some space on the disk; Aside tries again each hour.", .retryable = true}};
  return std::optional<Backup>(Backup(store, name, std::move(**lock)));
}

Backup::Backup(std::string store, std::string name, LockFile::Lock lock)
    : store_(std::move(store)),
      name_(std::move(name)),
      lock_(std::move(lock)),
      unfinished_(unfinished(store_)),
      copy_(store_, unfinished(store_)) {}

Result<bool> Backup::step() {
  const auto whole = copy_.step();
  if (!whole || !*whole) return whole;
  if (auto done = give_name(); !done) return done.error();
  return true;
}

Result<void> Backup::give_name() {
  std::error_code failed;
  std::filesystem::rename(unfinished_.path, name_, failed);
  if (failed) return Error{ErrorCode::Storage, "keeping the backup " + name_ + ": " + failed.message()};
  unfinished_.path.clear();
  make_room();
  return {};
}

void Backup::make_room() {
  auto all = backups_of(store_);
  // Today's copy always stays, even if the clock was once wrong and other copies seem newer.
  all.erase(std::remove(all.begin(), all.end(), name_), all.end());
  if (all.size() < kept) return;
  const auto first_kept = all.end() - (kept - 1);
  std::int64_t most_kept = turns_in(name_).value_or(0);
  for (auto backup = first_kept; backup != all.end(); ++backup)
    most_kept = std::max(most_kept, turns_in(*backup).value_or(0));
  // The newer copies may be of a store that was lost and made anew, so an older copy that holds much more is kept.
  std::string fullest, other;
  std::int64_t most = most_kept + most_kept / 3;
  for (auto backup = all.begin(); backup != first_kept; ++backup) {
    const std::int64_t turns = turns_in(*backup).value_or(0);
    if (turns > most) fullest = *backup, most = turns;
    const auto lacks = [&](const std::string& later) { return begun_anew(later, *backup); };
    if (lacks(name_) && std::all_of(first_kept, all.end(), lacks)) other = *backup;
  }
  const bool is_fuller = !fullest.empty();
  if (!is_fuller) fullest = other;
  if (!fullest.empty() && first_kept - all.begin() == 1)  // the notice is given only once
    notice_ = std::string("an old backup holds ") +
              (is_fuller ? "far more than your conversations now, which have " + std::to_string(most_kept) +
                               " questions and replies"
                         : "other conversations than there are now") +
              ", so it is kept in addition to the last " + std::to_string(kept) + " backups. " +
              how_to_restore(store_, fullest) + " If nothing is missing, delete that backup.";
  std::error_code ignored;
  for (auto backup = all.begin(); backup != first_kept; ++backup)
    if (*backup != fullest) std::filesystem::remove(*backup, ignored);
}

Backups::Backups(asio::io_context& io, Store& store, Clock clock,
                 std::function<void(const std::string&)> warn)
    : store_(store), clock_(std::move(clock)), warn_(std::move(warn)), timer_(io) {}

void Backups::start() {
  wait(after_start, [this] { make_if_due([this] { wait(look_again, [this] { start(); }); }); });
}

void Backups::make_if_due(std::function<void()> done) {
  done_ = std::move(done);
  auto due = Backup::due(store_, clock_());
  if (!due) {
    failed(due.error());
  } else {
    running_ = std::move(*due);
  }
  continue_step();
}

void Backups::stop() {
  timer_.cancel();
  running_.reset();
  done_ = nullptr;
}

void Backups::continue_step() {
  if (running_) {
    const auto whole = running_->step();
    if (whole && !*whole) return wait(pause, [this] { continue_step(); });
    if (!whole) {
      failed(whole.error());
    } else {
      warned_.clear();
      if (!running_->notice().empty()) warn_(running_->notice());
    }
    running_.reset();
  }
  if (const auto done = std::exchange(done_, nullptr)) done();
}

void Backups::failed(const Error& why) {
  spdlog::warn("{}", why.message);
  if (std::exchange(warned_, why.message) == why.message) return;
  warn_("today's backup of the conversations could not be made. " + why.message + ". " + why.data.hint);
}

void Backups::wait(std::chrono::milliseconds time, std::function<void()> then) {
  timer_.expires_after(time);
  timer_.async_wait([then = std::move(then)](const asio::error_code& error) {
    if (!error) then();
  });
}

}  // namespace aside
