#include "daemon/conversation/marks.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/context/file_name.h"
#include "daemon/system/pauses.h"
#include "daemon/system/run_cancellable.h"
#include "daemon/text/encoding.h"
#include "daemon/text/line_index.h"
#include "daemon/text/utf8.h"
#include "protocol/blank.h"

namespace aside {
namespace {

std::string short_text(std::string_view question) {
  const std::string_view whole = trimmed(question);
  const std::string_view line = trimmed(whole.substr(0, whole.find_first_of("\r\n")));
  const std::size_t shown = utf8::bytes_of(line, Marks::longest_text);
  return std::string(line.substr(0, shown)) + (shown < line.size() ? "…" : "");
}

std::optional<LineRange> place(const LineIndex& index, const Attachment& lines) {
  const auto& [start, end] = *lines.range;
  std::optional<LineRange> found;
  if (start.character == 0) found = index.find(lines.text, static_cast<std::size_t>(std::max(start.line, 0)));
  const bool whole = start.character == 0 && end.character == 0;
  return found || whole ? found : index.find_part(lines.text);
}

}  // namespace

Marks::Marks(asio::io_context& io, Store& store, ShownConversations& shown, const Sharing& sharing,
             const Documents& documents)
    : io_(io), store_(store), shown_conversations_(shown), sharing_(sharing), documents_(documents) {}

bool Marks::is_gone(const std::string& uri) const {
  const std::string path = file_path(uri);
  std::error_code failed;
  return !documents_.find(uri) && (path.empty() || !std::filesystem::exists(path, failed)) && !failed;
}

void Marks::marks(const std::string& uri, const Cancel::Pointer& cancel,
                  std::function<void(Result<DocumentMarks>)> done) {
  const auto conversation = shown_conversations_.find({.uri = uri});
  if (!conversation) return done(conversation.error());
  DocumentMarks marks{conversation->id};
  if (!conversation->stored) return done(std::move(marks));
  auto questions = store_.about_lines(conversation->id, conversation->head);
  if (!questions) return done(questions.error());

  const std::string document = canonical(uri);
  std::map<std::string, bool>
      is_document;  // by the editor's URI: whether it is, or may have been, this document (costs system calls)
  std::vector<Shared> shared;
  for (Turn& question : *questions) {
    for (Attachment& attachment : question.attachments) {
      if (attachment.kind != Attachment::Kind::Text || !attachment.range || attachment.text.empty()) continue;
      const auto [known, is_new] = is_document.try_emplace(attachment.uri);
      if (is_new) known->second = canonical(attachment.uri) == document || is_gone(attachment.uri);
      if (known->second)
        shared.push_back(
            {{question.id, short_text(question.text), {}, question.side}, std::move(attachment)});
    }
  }
  if (shared.empty()) return done(std::move(marks));
  if (shared.size() > max_marks) shared.erase(shared.begin(), shared.end() - max_marks);
  auto whole = sharing_.whole(uri);
  if (!whole) return done(whole.error());
  marks.version = whole->version;
  run_cancellable(io_, find(std::move(marks), std::move(shared), std::move(whole->text)), cancel,
                  {"finding lines that were asked about", "cancelled before all lines were found"},
                  std::move(done));
}

asio::awaitable<DocumentMarks> Marks::find(DocumentMarks found, std::vector<Shared> shared,
                                           std::string text) const {
  Pauses pauses(io_, stretch);
  const SplitText split(text);
  const std::string plain = with_plain_line_ends(text.substr(split.mark.size()));
  co_await pauses.pause();
  const LineIndex index(plain);
  for (auto& [mark, lines] : shared) {
    co_await pauses.pause();
    const auto place = aside::place(index, lines);
    if (!place) continue;
    mark.range = documents_.whole_lines(split, place->first_line, place->lines);
    found.marks.push_back(std::move(mark));
  }
  std::stable_sort(found.marks.begin(), found.marks.end(),
                   [](const Mark& a, const Mark& b) { return a.range.start.line < b.range.start.line; });
  co_return found;
}

}  // namespace aside
