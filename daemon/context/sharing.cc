#include "daemon/context/sharing.h"

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/context/file_name.h"
#include "daemon/context/git.h"
#include "daemon/context/secrecy.h"
#include "daemon/context/secret_text.h"
#include "daemon/context/shared_file.h"
#include "daemon/text/diff.h"

namespace aside {
namespace {

Error refused(std::string message, std::string hint) {
  return {ErrorCode::InvalidParams, std::move(message), {.hint = std::move(hint)}};
}

// Clamps the range to the document. A range that begins below the document's end is an error.
Result<Attachment> within(Result<Attachment> attachment, const Share& share) {
  if (!attachment || !attachment->range || share.text) return attachment;
  const std::string& text = attachment->text;
  Range& range = *attachment->range;
  const bool open_end = !text.empty() && text.back() != '\n';
  const int lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + (open_end ? 1 : 0);
  if (lines == 0 && range.start.line > 0 && range.end.line > range.start.line)
    return refused(
        "attachments: " + attachment->name + " has no line " + std::to_string(range.start.line + 1),
        "Share lines that the document has.");
  if (range.end.line > range.start.line + lines) range.end = {range.start.line + lines, 0};
  return attachment;
}

// Whether a file is missing although its folder exists. If the folder is missing too, the disk may not be mounted.
bool missing(const std::filesystem::path& path) {
  std::error_code failed;
  return !std::filesystem::exists(path, failed) && !failed &&
         std::filesystem::is_directory(path.parent_path(), failed);
}

std::string code(const std::string& name) {
  return "`" + name + "`";
}

// Returns a hash that differs for different keys. A private key has several lines; all other keys have one line.
std::size_t about(const Secret& secret) {
  const bool has_lines = secret.what == "a private key";
  return std::hash<std::string_view>()(has_lines ? secret.key : secret.key.substr(0, secret.key.find('\n')));
}

}  // namespace

Sharing::Sharing(asio::io_context& io, const Documents& documents)
    : io_(io), documents_(documents), secret_files_(built_in_secret_files()) {}

void Sharing::make(std::vector<Share> shares, asio::cancellation_slot cancel,
                   std::function<void(Made)> made) const {
  const bool asks_git = std::any_of(shares.begin(), shares.end(), [](const Share& share) {
    return share.kind == Attachment::Kind::GitDiff;
  });
  if (asks_git) {
    auto done = [made = std::move(made)](const std::exception_ptr& failure, Made attachments) {
      if (failure) attachments = {Error{ErrorCode::InternalError, "attachments: an unexpected failure"}};
      made(std::move(attachments));
    };
    return asio::co_spawn(io_, make_with_git(std::move(shares)),
                          asio::bind_cancellation_slot(cancel, std::move(done)));
  }
  Made attachments;
  for (const Share& share : shares) attachments.push_back(attach(share));
  made(std::move(attachments));
}

asio::awaitable<Sharing::Made> Sharing::make_with_git(std::vector<Share> shares) const {
  Made attachments;
  for (const Share& share : shares) {
    if (share.kind == Attachment::Kind::GitDiff) {
      attachments.push_back(co_await git_diff(share));
    } else {
      attachments.push_back(attach(share));
    }
  }
  co_return attachments;
}

void Sharing::attach(std::vector<Share> shares, asio::cancellation_slot cancel, Attached attached) const {
  make(std::move(shares), cancel, [attached = std::move(attached)](Made made) {
    std::vector<Attachment> attachments;
    for (Result<Attachment>& attachment : made) {
      if (!attachment) return attached(attachment.error());
      attachments.push_back(*std::move(attachment));
    }
    attached(std::move(attachments));
  });
}

void Sharing::check(std::vector<Share> shares, asio::cancellation_slot cancel,
                    std::function<void(std::vector<Checked>)> done) const {
  std::vector<std::string> names;
  for (const Share& share : shares) names.push_back(documents_.name(share.uri));
  make(std::move(shares), cancel, [this, names = std::move(names), done = std::move(done)](Made made) {
    std::vector<Checked> checked;
    for (std::size_t i = 0; i < names.size() && i < made.size(); ++i)
      checked.push_back(this->checked(names[i], std::move(made[i])));
    done(std::move(checked));
  });
}

Sharing::Checked Sharing::check(const Share& share) const {
  return checked(documents_.name(share.uri), attach(share));
}

Sharing::Checked Sharing::checked(const std::string& name, Result<Attachment> made) const {
  Checked row{name};
  if (made) {
    row.attachment = *std::move(made);
    row.reasons = reasons(row.attachment);
  } else {
    row.refused = made.error();
  }
  return row;
}

Result<Attachment> Sharing::attach(const Share& share) const {
  if (share.kind == Attachment::Kind::Diagnostics && !share.text)
    return refused("attachments: the problems of " + documents_.name(share.uri) + " have no text",
                   "The editor must send the problems that it shows.");
  if (!share.text && !documents_.find(share.uri) && !file_path(share.uri).empty()) return attach_file(share);
  return within(documents_.attach(share), share);
}

Result<Attachment> Sharing::attach_file(const Share& share) const {
  const std::string name = documents_.name(share.uri);
  auto file = read_shared_file(file_path(canonical(share.uri)), name);
  if (!file) return file.error();
  if (file->kind == SharedFile::Kind::Text) {
    const OpenDocument document{share.language, 0, std::move(file->bytes)};
    auto attachment = within(documents_.attach(share, &document), share);
    if (attachment && file->guessed) attachment->guessed = file->decoded_from;
    return attachment;
  }
  Attachment attachment{share.uri, name};
  attachment.kind = file->kind == SharedFile::Kind::Pdf ? Attachment::Kind::Pdf : Attachment::Kind::Image;
  attachment.media = file->media_type;
  attachment.bytes = static_cast<std::int64_t>(file->bytes.size());
  attachment.tokens = static_cast<std::int64_t>(file->tokens.value_or(0));
  attachment.base64 = base64(file->bytes);
  return attachment;
}

// Git gives the version of HEAD. The difference is computed here, so it includes unsaved edits.
asio::awaitable<Result<Attachment>> Sharing::git_diff(Share share) const {
  const std::string name = documents_.name(share.uri);
  const std::string path = file_path(canonical(share.uri));
  if (path.empty())
    co_return refused("attachments: " + name + " is not a file, so git doesn't know it",
                      "Share its text instead.");
  const auto now = present(share.uri);
  if (!now) co_return now.error();
  const auto committed = co_await aside::committed(io_, path, max_git_bytes);
  if (!committed)
    co_return refused(
        "attachments: " + name + " can't be read from the last commit: git " + committed.error().message,
        "Commit the file first, or share its text instead.");
  const auto before = decode_text(*committed);
  if (!before)
    co_return refused("attachments: " + name + " is a binary file in the last commit",
                      "Share its text instead.");
  const std::string after = *now ? (*now)->text : "";
  Attachment attachment{share.uri, name};
  attachment.kind = Attachment::Kind::GitDiff;
  attachment.language = "diff";
  attachment.text = unified_diff(read_as_known(*before, after).value_or(before->text), after);
  if (attachment.text.empty())
    co_return refused("attachments: " + name + " has not changed since the last commit",
                      "There is no difference to share.");
  co_return attachment;
}

Result<std::optional<DecodedText>> Sharing::present(const std::string& uri) const {
  using Present = std::optional<DecodedText>;
  const OpenDocument* document = documents_.find(uri);
  if (document && !document->certain) return uncertain(documents_.name(uri));
  if (document) return Present(DecodedText{with_plain_line_ends(document->text)});
  const std::string path = file_path(canonical(uri));
  const std::string name = documents_.name(uri);
  if (path.empty()) return refused(name + " isn't open in the editor", "Open it.");
  if (missing(path)) return Present();
  auto file = read_shared_file(path, name);
  if (!file) return file.error();
  if (file->kind != SharedFile::Kind::Text)
    return refused(name + " is no longer a text file", "Share it again.");
  return Present(
      DecodedText{std::move(file->bytes), Encoding::Utf8, file->guessed, std::move(file->raw), file->crlf});
}

Result<Sharing::Whole> Sharing::whole(const std::string& uri) const {
  if (const OpenDocument* document = documents_.find(uri)) {
    if (!document->certain) return uncertain(documents_.name(uri));
    return Whole{document->text, document->version};
  }
  auto present = this->present(uri);
  if (!present) return present.error();
  if (!*present) return refused(documents_.name(uri) + " is gone", "Open the document, or restore its file.");
  if (!(*present)->crlf) return Whole{std::move((*present)->text), std::nullopt};
  std::string text;
  for (const char c : (*present)->text) text += c == '\n' ? "\r\n" : std::string(1, c);
  return Whole{std::move(text), std::nullopt};
}

std::vector<Reason> Sharing::reasons(const Attachment& attachment) const {
  std::vector<Reason> reasons = reasons_by_content(attachment);
  const bool is_update = attachment.kind == Attachment::Kind::Update;
  if (is_update && !attachment.agreed)
    reasons.push_back({code(attachment.name) + " is no longer the file that was shared: it is now " +
                       code(documents_.full_name(attachment.uri))});
  const bool same_file = is_update && attachment.agreed;
  for (const std::string& reason : reasons_by_name(attachment.uri)) {
    if (same_file) {
      const auto& known = attachment.agreed->reasons;
      if (std::find(known.begin(), known.end(), reason) != known.end()) continue;
    }
    reasons.push_back({reason});
  }
  return reasons;
}

Agreed Sharing::agreed(const Attachment& attachment) const {
  return {canonical(attachment.uri), reasons_by_name(attachment.uri)};
}

// One sentence lists all keys, so the user must agree again when a further key is found.
std::vector<Reason> Sharing::reasons_by_content(const Attachment& attachment) const {
  constexpr std::size_t max_named = 4;
  const std::vector<Secret> secrets = secrets_in(attachment.text);
  if (secrets.empty()) return {};
  Reason reason{code(documents_.full_name(attachment.uri)) + " holds "};
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    reason.about = reason.about * 31 + about(secrets[i]);
    if (i < max_named)
      reason.text += (i ? ", " : "") + secrets[i].what + " in line " + std::to_string(secrets[i].line);
  }
  if (secrets.size() > max_named) {
    const bool all = secrets.size() < max_secrets;
    reason.text += " and " + std::to_string(secrets.size() - max_named) + (all ? "" : " or more") + " others";
  }
  reason.text += " of what would be sent";
  return {reason};
}

std::vector<std::string> Sharing::reasons_by_name(const std::string& uri) const {
  std::vector<std::string> reasons;
  const std::string given = file_path(uri);
  const std::string full = documents_.full_name(uri);
  std::string who = code(full);
  const std::string target = std::filesystem::path(file_path(canonical(uri))).filename().string();
  if (const std::string name = std::filesystem::path(given).filename().string(); name != target)
    who = code(printable_name(name)) + ", a link to " + who + ",";
  // A document that isn't a file of this machine is checked only by its name.
  const auto names = given.empty() ? std::vector<std::string>{"/" + full} : names_on_the_way(given);
  std::vector<std::string> patterns;
  for (const std::string& name : names) {
    const auto pattern = given.empty() ? secret_name(full, secret_files_) : secret_pattern(name);
    if (!pattern || std::find(patterns.begin(), patterns.end(), *pattern) != patterns.end()) continue;
    patterns.push_back(*pattern);
    reasons.push_back(who + " may hold secrets, going by its name (" + *pattern + ")");
  }
  if (!given.empty() && !documents_.find(uri) && !documents_.inside(uri))
    reasons.push_back(who + " lies outside of the folders that are open");
  return reasons;
}

// Returns the pattern that matches the file, from the settings or from an `.asideignore` in the folders above the
// file.
std::optional<std::string> Sharing::secret_pattern(const std::string& path) const {
  if (auto pattern = secret_name(std::string_view(path).substr(1), secret_files_)) return pattern;
  const std::string folder = documents_.folder_around(path);
  std::string_view below = std::string_view(path).substr(folder.size());
  while (below.starts_with('/')) below.remove_prefix(1);
  auto ignored = named_by_asideignore(folder, below);
  if (ignored) ignored = ".asideignore: " + *ignored;
  return ignored;
}

}  // namespace aside
