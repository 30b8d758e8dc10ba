// What an editor wants to share with a question, made into attachments: text of open documents, what it sends
// itself, files from the disk, pictures, what git says has changed. Driven by the server. Refuses what can't
// be shared, in a sentence for people, and tells what should be asked about first: secrets, by name or
// content, and files outside of the folders that are open.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/context/documents.h"
#include "daemon/core/turn.h"
#include "daemon/text/encoding.h"

namespace aside {

// Why something should not be sent unasked: a sentence that names the file and what was found. `about` tells
// apart what the sentence doesn't: one key from another in the same place.
struct Reason {
  std::string text;
  std::size_t about = 0;
};

class Sharing {
 public:
  using Attached = std::function<void(Result<std::vector<Attachment>>)>;

  static constexpr std::size_t max_git_bytes = Documents::max_attachment_bytes;

  Sharing(asio::io_context& io, const Documents& documents);
  // Patterns of file names that may hold secrets; see secrecy.h.
  void use(std::vector<std::string> secret_files) { secret_files_ = std::move(secret_files); }

  struct Checked {
    std::string name;
    Attachment attachment;
    std::optional<Error> refused;
    std::vector<Reason> reasons;
  };

  // `attached` is called before this returns, unless git has to be asked first. All or nothing.
  void attach(std::vector<Share> shares, Attached attached);
  // The same, one by one: what a prompt lists before anything is sent.
  void check(std::vector<Share> shares, std::function<void(std::vector<Checked>)> told);
  // Why these should not be sent unasked; empty: nothing speaks against it. Each name that leads to the file
  // is looked at. For an update, what was agreed to when the file was shared isn't told again, and all else
  // is where its name leads to another file now (`agreed` is absent).
  std::vector<Reason> reasons(const Attachment& attachment) const;
  // What agreeing to these means.
  Agreed agreed(const Attachment& attachment) const;
  // A document as it is now: its open text, or the file's; nullopt where it is gone.
  Result<std::optional<DecodedText>> present(const std::string& uri) const;

 private:
  std::vector<std::string> reasons_by_name(const std::string& uri) const;
  std::vector<Reason> reasons_by_content(const Attachment& attachment) const;
  std::optional<std::string> secret_pattern(const std::string& path) const;
  Result<Attachment> attach(const Share& share) const;
  Result<Attachment> attach_file(const Share& share) const;
  using Made = std::vector<Result<Attachment>>;
  void make(std::vector<Share> shares, std::function<void(Made)> made);
  asio::awaitable<Made> make_with_git(std::vector<Share> shares) const;
  asio::awaitable<Result<Attachment>> git_diff(Share share) const;

  asio::io_context& io_;
  const Documents& documents_;
  std::vector<std::string> secret_files_;
};

}  // namespace aside
