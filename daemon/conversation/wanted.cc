#include "daemon/conversation/wanted.h"

#include <filesystem>

#include "daemon/context/documents.h"
#include "daemon/context/file_name.h"
#include "daemon/text/wanted_files.h"

namespace aside {
namespace {

// Returns the URI of a path and its name for people; nullopt if the path is relative and `known` has no folder for it.
// Links are not followed.
std::optional<Wanted> at(const std::string& path, const KnownFiles& known) {
  if (const auto shared = known.shared.find(path); shared != known.shared.end())
    return Wanted{shared->second, path};
  std::string whole = path;
  if (path.starts_with("~/") && !known.home.empty())
    whole = known.home + path.substr(1);
  else if (!path.starts_with('/') && known.folder.empty())
    return std::nullopt;
  else if (!path.starts_with('/'))
    whole = known.folder + "/" + path;
  whole = std::filesystem::path(whole).lexically_normal().string();
  const bool below = !known.folder.empty() && whole.starts_with(known.folder + "/");
  return Wanted{file_uri(whole), printable_name(below ? whole.substr(known.folder.size() + 1) : whole)};
}

}  // namespace

void KnownFiles::add(const std::vector<Turn>& turns) {
  for (const Turn& turn : turns)
    for (const Attachment& attachment : turn.attachments)
      if (attachment.agreed) shared[attachment.name] = attachment.uri;
}

std::vector<Wanted> wanted(const Turn& reply, const KnownFiles& known) {
  std::vector<Wanted> all;
  if (reply.role != Role::Assistant || reply.status != Status::Complete || reply.compaction) return all;
  for (const WantedFile& file : wanted_files(reply.text)) {
    auto one = at(file.path, known);
    if (!one) continue;
    one->line = file.line;
    if (file.first > 0) one->range = Range{{file.first - 1, 0}, {file.last, 0}};
    all.push_back(*std::move(one));
  }
  return all;
}

}  // namespace aside
