#include "daemon/store/conversations.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "daemon/store/subscription.h"
#include "daemon/store/turns.h"
#include "daemon/system/spelling.h"

namespace aside {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_candidates = 20;
constexpr std::size_t least_distinctive_bytes = 512;  // smaller files often have the same content

// Whether the file is missing, or now has this name with other upper and lower case.
bool gone(const std::string& path) {
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return errno == ENOENT || errno == ENOTDIR;
  return own_spelling(path) != path;
}

// Whether the path now leads to that file through a link.
bool leads_to(const std::string& path, const std::string& file) {
  std::error_code failed;
  return path != file && fs::canonical(path, failed).string() == file && !failed;
}

// Whether an identity has the creation time of its file. The system reuses the inode of a deleted file, so an
// identity without the time may belong to a newer file.
bool knows_birth(std::string_view identity) {
  return !identity.ends_with(":0");
}

bool distinctive(const std::string& fingerprint) {
  std::size_t size = 0;
  const std::size_t colon = std::min(fingerprint.find(':'), fingerprint.size() - 1);
  std::from_chars(fingerprint.data() + colon + 1, fingerprint.data() + fingerprint.size(), size);
  return size >= least_distinctive_bytes;
}

fs::path repository_of(const fs::path& file) {
  std::error_code ignored;
  for (fs::path folder = file.parent_path(); folder.has_relative_path(); folder = folder.parent_path())
    if (fs::exists(folder / ".git", ignored)) return folder;
  return {};
}

bool of_one_project(const fs::path& a, const fs::path& b) {
  const fs::path repository = repository_of(a);
  if (repository != repository_of(b)) return false;
  if (!repository.empty()) return true;
  const auto holds = [](const fs::path& folder, const fs::path& file) {
    return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
  };
  return holds(a.parent_path(), b) || holds(b.parent_path(), a);
}

bool surely_moved(const fs::path& from, const Document& to) {
  std::error_code ignored;
  return from.filename() == fs::path(to.path).filename() && distinctive(to.fingerprint) &&
         fs::is_directory(from.parent_path(), ignored) && of_one_project(from, to.path);
}

std::vector<KnownDocument> gone_documents(Rows documents, const Document& sought, bool by_content) {
  std::vector<KnownDocument> found;
  while (documents.next() && found.size() < max_candidates) {
    const std::string path = documents.text(1), fingerprint = documents.text(2);
    const bool same_content = !fingerprint.empty() && fingerprint == sought.fingerprint;
    if (!by_content && !knows_birth(sought.identity) && !(same_content && distinctive(fingerprint))) continue;
    const std::int64_t thread = documents.number(3);
    const auto shows_it = [thread](const KnownDocument& known) { return known.thread == thread; };
    if (std::any_of(found.begin(), found.end(), shows_it)) continue;
    const bool leads = leads_to(path, sought.path);
    if (!leads && !gone(path)) continue;
    found.push_back(
        {documents.text(0), thread, by_content, false, by_content && !leads && !surely_moved(path, sought)});
  }
  return found;
}

// Records the document's path, identity and fingerprint. A deleted file has no identity: the stored identity is then
// kept, since the file may come back.
void identify(Transaction& work, const Document& document) {
  if (document.identity.empty()) return;
  work.run(
      "UPDATE documents SET path = ?2, identity = ?3, fingerprint = ?4 "
      "WHERE uri = ?1 AND (path, identity, fingerprint) IS NOT (?2, ?3, ?4)",
      {document.uri, document.path, document.identity, document.fingerprint});
}

}  // namespace

std::optional<std::int64_t> find_conversation(Transaction& work, const std::string& id) {
  return work.number("SELECT number FROM threads WHERE id = ?", {id});
}

std::int64_t conversation_number(Transaction& work, const std::string& id) {
  const auto number = find_conversation(work, id);
  if (!number) {
    work.reject({ErrorCode::InvalidParams,
                 "there is no conversation " + id,
                 {.hint = "Get the conversation of the file again."}});
  }
  return number.value_or(0);
}

Conversation read_conversation(Transaction& work, std::int64_t number) {
  Conversation conversation;
  Rows row = work.rows(
      "SELECT id, uri, title, model, effort, system, head, revision, updated, "
      "CASE WHEN head IS NULL THEN visited ELSE (SELECT visited FROM turns WHERE turns.number = head) END, "
      "instructions FROM threads WHERE number = ?",
      {number});
  if (!row.next()) return conversation;
  conversation.id = row.text(0);
  conversation.uri = row.text(1);
  conversation.title = row.text(2);
  conversation.model = row.text(3);
  conversation.effort = row.text(4);
  conversation.system = row.text(5);
  if (!row.null(6)) conversation.head = turn_id(row.number(6));
  conversation.revision = row.number(7);
  conversation.updated = row.number(8);
  if (!row.null(9)) conversation.redo = turn_id(row.number(9));
  conversation.instructions = row.text(10);
  conversation.stored = true;
  return conversation;
}

std::string fork_title(Transaction& work, const std::string& title) {
  constexpr std::string_view mark = " (fork";
  if (title.empty()) return title;
  std::string_view name = title;
  const std::size_t at = name.rfind(mark);
  if (at != name.npos && at > 0 && name.back() == ')' &&
      name.find_first_not_of(" 0123456789", at + mark.size()) == name.size() - 1)
    name = name.substr(0, at);  // the fork of a fork is named after the original
  for (int count = 1;; ++count) {
    std::string made =
        std::string(name).append(mark) + (count == 1 ? ")" : " " + std::to_string(count) + ")");
    if (work.rejected() || !work.number("SELECT 1 FROM threads WHERE title = ? LIMIT 1", {made})) return made;
  }
}

std::int64_t insert_conversation(Transaction& work, const Conversation& proposal, const std::string& uri) {
  work.run(
      "INSERT INTO threads(id, uri, title, model, effort, system, instructions, revision, updated) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, 1, ?)",
      {proposal.id, uri, proposal.title, proposal.model, proposal.effort, proposal.system,
       proposal.instructions, now_milliseconds()});
  return work.inserted();
}

void hide_conversation(Transaction& work, std::int64_t thread) {
  {
    Rows shows_it = work.rows("SELECT uri FROM documents WHERE thread = ?", {thread});
    while (shows_it.next()) work.wake(followers_of(shows_it.text(0)));
  }
  work.wake(followers_of(thread));
  work.run("UPDATE threads SET deleted = ?2, revision = revision + 1 WHERE number = ?1",
           {thread, now_milliseconds()});
  work.run(
      "UPDATE documents SET thread = coalesce((SELECT number FROM links JOIN threads ON number = "
      "links.thread WHERE links.uri = documents.uri AND deleted IS NULL ORDER BY updated DESC, number DESC "
      "LIMIT 1), thread) WHERE thread = ?",
      {thread});
  work.run("DELETE FROM documents WHERE thread = ?", {thread});
}

int drop_deleted(Transaction& work) {
  const auto dropped = work.number("SELECT count(*) FROM threads WHERE deleted IS NOT NULL");
  work.run("PRAGMA defer_foreign_keys=ON");  // turns and conversations point at each other
  work.run(
      "INSERT INTO search(search, rowid, text) SELECT 'delete', turn, text FROM texts JOIN turns ON number = "
      "turn WHERE status <> 'streaming' AND thread IN (SELECT number FROM threads WHERE deleted IS NOT "
      "NULL)");
  for (const char* table : {"pieces", "attachments", "texts"}) {
    const std::string column = std::string_view(table) == "pieces" ? "reply" : "turn";
    const std::string sql = std::string("DELETE FROM ") + table + " WHERE " + column +
                            " IN (SELECT turns.number FROM turns JOIN threads ON threads.number = thread "
                            "WHERE deleted IS NOT NULL)";
    work.run(sql.c_str());
  }
  work.run("DELETE FROM links WHERE thread IN (SELECT number FROM threads WHERE deleted IS NOT NULL)");
  work.run("DELETE FROM turns WHERE thread IN (SELECT number FROM threads WHERE deleted IS NOT NULL)");
  work.run("DELETE FROM threads WHERE deleted IS NOT NULL");
  return static_cast<int>(dropped.value_or(0));
}

std::vector<KnownDocument> find_documents(Transaction& work, const Document& document) {
  if (const auto shown = work.number("SELECT thread FROM documents WHERE uri = ?", {document.uri})) {
    return {{document.uri, *shown}};
  }
  std::vector<KnownDocument> found;
  if (!document.identity.empty()) {
    found = gone_documents(
        work.rows("SELECT documents.uri, path, fingerprint, thread FROM documents JOIN threads "
                  "ON threads.number = thread WHERE identity = ? AND identity <> '' "
                  "ORDER BY updated DESC",
                  {document.identity}),
        document, false);
  }
  if (found.size() == 1) return found;
  for (const std::string& name : document.names)
    if (const auto shown = work.number("SELECT thread FROM documents WHERE uri = ?", {name}))
      return {{name, *shown, false, true}};
  if (document.fingerprint.empty()) return found;
  auto alike =
      gone_documents(work.rows("SELECT documents.uri, path, fingerprint, thread FROM documents JOIN threads "
                               "ON threads.number = thread WHERE fingerprint = ? AND fingerprint <> '' "
                               "ORDER BY updated DESC",
                               {document.fingerprint}),
                     document, true);
  const bool common =
      work.number("SELECT count(*) FROM documents WHERE fingerprint = ?", {document.fingerprint})
          .value_or(0) > 1;
  for (KnownDocument& known : alike) {
    const auto is_it = [&known](const KnownDocument& other) { return other.uri == known.uri; };
    const bool identical = std::any_of(found.begin(), found.end(), is_it);
    known.offered = (known.offered || common) && !identical;
  }
  if (found.empty() || alike.size() == 1) return alike;
  return found;
}

std::optional<KnownDocument> adopt_document(Transaction& work, const Document& document,
                                            std::optional<std::int64_t> chosen) {
  const std::vector<KnownDocument> found = find_documents(work, document);
  const auto known = std::find_if(found.begin(), found.end(), [&](const KnownDocument& one) {
    return (found.size() == 1 && !one.offered) || one.thread == chosen;
  });
  if (known == found.end()) return std::nullopt;
  if (known->uri == document.uri) {
    identify(work, document);
  } else if (known->by_link) {  // both names stay: the link may become a file again
    show_conversation(work, document, known->thread);
    work.run("INSERT OR IGNORE INTO links(uri, thread) SELECT ?2, thread FROM links WHERE uri = ?1",
             {known->uri, document.uri});
  } else {
    move_document(work, known->uri, document);
  }
  return *known;
}

void show_conversation(Transaction& work, const Document& document, std::int64_t thread) {
  work.run(
      "INSERT INTO documents(uri, path, identity, fingerprint, thread) VALUES(?1, ?2, ?3, ?4, ?5) "
      "ON CONFLICT(uri) DO UPDATE SET thread = ?5",
      {document.uri, document.path, document.identity, document.fingerprint, thread});
  work.run("INSERT OR IGNORE INTO links(uri, thread) VALUES(?, ?)", {document.uri, thread});
  work.run(
      "UPDATE threads SET deleted = NULL, revision = revision + 1 WHERE number = ? AND deleted IS NOT NULL",
      {thread});
  work.wake(followers_of(document.uri));
  work.wake(followers_of(thread));
}

void move_document(Transaction& work, const std::string& from, const Document& to) {
  if (from == to.uri) return;
  const auto shown = work.number("SELECT thread FROM documents WHERE uri = ?", {from});
  if (!shown) return;
  work.run(
      "INSERT INTO documents(uri, path, identity, fingerprint, thread) "
      "SELECT ?2, ?3, identity, fingerprint, thread FROM documents WHERE uri = ?1 "
      "ON CONFLICT(uri) DO UPDATE SET path = excluded.path, identity = excluded.identity, "
      "fingerprint = excluded.fingerprint, thread = excluded.thread",
      {from, to.uri, to.path});
  identify(work, to);
  {
    Rows moved = work.rows("SELECT number FROM threads WHERE uri = ?", {from});
    while (moved.next()) work.wake(followers_of(moved.number(0)));
  }
  work.wake(followers_of(from));
  work.wake(followers_of(to.uri));
  work.run("INSERT OR IGNORE INTO links(uri, thread) SELECT ?2, thread FROM links WHERE uri = ?1",
           {from, to.uri});
  work.run("UPDATE threads SET uri = ?2, revision = revision + 1 WHERE uri = ?1", {from, to.uri});
  work.run("DELETE FROM links WHERE uri = ?", {from});
  work.run("DELETE FROM documents WHERE uri = ?", {from});
}

void move_folder(Transaction& work, const std::string& from, const Document& to) {
  std::vector<Document> inside;
  // '0' is the character after '/', so these are all URIs below the folder.
  Rows rows = work.rows("SELECT uri, path FROM documents WHERE uri > ?1 || '/' AND uri < ?1 || '0'", {from});
  while (rows.next()) inside.push_back({rows.text(0), rows.text(1), {}, {}});
  for (const Document& document : inside) {
    const std::string below = document.uri.substr(from.size());
    Document moved{to.uri + below, {}, {}, {}};
    // A path has no escapes, but its URI has them; both have the same number of parts.
    std::size_t start = document.path.size();
    for (auto parts = std::count(below.begin(), below.end(), '/'); parts > 0 && start != 0; --parts) {
      start = document.path.rfind('/', start - 1);
      if (start == std::string::npos) start = 0;
    }
    if (!document.path.empty()) moved.path = to.path + document.path.substr(start);
    move_document(work, document.uri, moved);
  }
}

}  // namespace aside
