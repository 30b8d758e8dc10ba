#include "daemon/conversation/proposals.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/api/prompt.h"
#include "daemon/context/file_name.h"
#include "daemon/system/run_cancellable.h"
#include "daemon/text/line_edits.h"

namespace aside {
namespace {

Error invalid(std::string message, std::string hint) {
  return Error{ErrorCode::InvalidParams, std::move(message), {.hint = std::move(hint)}};
}

// Whether `given`, the name of a file in a block, means this document. Models often give only the end of a path.
bool is_named(std::string_view given, const std::string& document, const std::string& name) {
  if (given.starts_with("./")) given.remove_prefix(2);
  if (given == name) return true;
  const std::string path = file_path(document);
  return path == given || path.ends_with("/" + std::string(given));
}

bool left_open(const std::string& text) {
  const auto blocks = code_blocks(text);
  return !blocks.empty() && !blocks.back().closed;
}

std::optional<std::string> unusable(const CodeBlock& block, bool continues_block) {
  if (continues_block)
    return "This reply continues a block that the reply before left open: ask for the whole block once more.";
  if (!block.closed) return "The block has no end: wait for the reply, or ask for the whole block once more.";
  if (block.doubtful)
    return "A fence inside the block may have ended it too early: ask for the block once more, with a longer fence.";
  return std::nullopt;
}

bool overlap(const LineRange& a, const LineRange& b) {
  return a.first_line < b.first_line + b.lines && b.first_line < a.first_line + a.lines;
}

// Returns the blocks of a reply. A reply that failed or was refused has none.
std::vector<CodeBlock> blocks_of(const Turn& reply) {
  const bool has_none = reply.status == Status::Failed || reply.status == Status::Refused;
  return has_none ? std::vector<CodeBlock>() : code_blocks(reply.text);
}

Placement unplaced(std::string why) {
  return {Placement::State::Unplaced, {}, {}, std::move(why)};
}

// Places a block in a document of which the model knows some pieces. If the block belongs to one of these pieces,
// this piece decides the place, so that text that the user has typed over it is noticed.
Placement place_by_pieces(std::string_view block, std::string_view document,
                          const std::vector<SharedText::Known>& pieces) {
  std::optional<Placement> found;
  for (const SharedText::Known& piece : pieces) {
    if (place(block, piece.text, std::nullopt).state == Placement::State::Unplaced) continue;
    Placement placement = place(block, document, SharedLines{piece.text, piece.first_line});
    if (!found)
      found = std::move(placement);
    else if (placement.place != found->place)
      return unplaced(
          "The block fits two parts of the shared text: ask for the block with more of the code around it.");
  }
  if (found) return *std::move(found);
  if (pieces.empty()) return place(block, document, std::nullopt);
  return place(block, document, SharedLines{pieces.front().text, pieces.front().first_line});
}

}  // namespace

Proposals::Proposals(asio::io_context& io, Store& store, Paths& paths, ShownConversations& shown,
                     const Sharing& sharing, const Documents& documents)
    : io_(io),
      store_(store),
      paths_(paths),
      shown_conversations_(shown),
      sharing_(sharing),
      documents_(documents) {}

void Proposals::edits(const std::string& conversation, const std::string& turn,
                      std::optional<std::size_t> block, const Cancel::Pointer& cancel,
                      std::function<void(Result<std::vector<Proposal>>)> done) {
  auto subject = this->subject(conversation, turn);
  if (!subject) return done(subject.error());
  if (block && *block >= blocks_of(subject->reply).size())
    return done(invalid("params.block: the reply has no block " + std::to_string(*block),
                        "Count the fenced blocks of the reply's text, from 0."));
  run_cancellable(io_, place_all(*std::move(subject), block), cancel,
                  {"placing a reply's code", "cancelled before all blocks were placed"}, std::move(done));
}

Result<Proposals::Subject> Proposals::subject(const std::string& id, const std::string& turn) {
  const auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return conversation.error();
  const auto is_reply = store_.turn(conversation->id, turn);
  if (!is_reply) return is_reply.error();
  if (!*is_reply || (*is_reply)->role != Role::Assistant)
    return invalid("params.turn: '" + turn + "' is not a reply of this conversation",
                   "Use the id of a reply from conversation/get.");
  auto path = paths_.to_reply(*conversation, turn);
  if (!path) return path.error();

  Subject subject;
  subject.reply = std::move(path->back());
  path->pop_back();
  Turn& question = path->back();
  question.sent = true;  // the reply knows the question, even if the reply itself isn't sent
  subject.continues_block = path->size() > 1 &&
                            question.text == continuation((*path)[path->size() - 2].text) &&
                            left_open((*path)[path->size() - 2].text);
  const std::string own = shown_conversations_.uri_for_editor(conversation->uri);
  subject.targets.push_back({own, canonical(own), documents_.name(own)});
  for (SharedText::Known& known : SharedText(*path).known()) {
    auto target = std::find_if(subject.targets.begin(), subject.targets.end(),
                               [&known](const Target& one) { return one.document == known.document; });
    if (target == subject.targets.end()) {
      if (subject.targets.size() >= max_documents) continue;
      target = subject.targets.insert(target, {known.uri, known.document, documents_.name(known.uri)});
    }
    target->known.push_back(std::move(known));
  }
  subject.question = std::move(question);
  return subject;
}

asio::awaitable<Proposals::Placed> Proposals::place_block(Subject& subject, const CodeBlock& block,
                                                          const Attachment* rewrite, Pauses& pauses) const {
  const std::string document = rewrite ? canonical(rewrite->uri) : "";
  std::optional<Placed> found, refused;
  bool is_known = false;
  for (Target& target : subject.targets) {
    if (!block.name.empty() && !is_named(block.name, target.document, target.name)) continue;
    is_known = true;
    if (rewrite && target.document != document) continue;
    Placed placed{&target, place_in(target, block.text(), rewrite, subject.question.id)};
    co_await pauses.pause();
    if (placed.placement.state == Placement::State::Unplaced) {
      if (!refused) refused = std::move(placed);
      continue;
    }
    if (found)
      co_return Placed{nullptr,
                       unplaced("The block fits in " + found->target->name + " and in " + target.name +
                                ": ask for the block once more, with the file's name.")};
    found = std::move(placed);
  }
  if (found) co_return *std::move(found);
  if (refused) co_return *std::move(refused);
  if (is_known)
    co_return Placed{nullptr,
                     unplaced("The file name of these lines leads to another file now: share that file, "
                              "and ask once more.")};
  co_return Placed{
      nullptr, unplaced("The block names " + printable_name(block.name) +
                        ", which was not shared in this conversation: share that file, and ask once more.")};
}

// Looks up the lines of a rewrite at the same time as the text, since their numbers are only right for this text.
Placement Proposals::place_in(Target& target, const std::string& block, const Attachment* rewrite,
                              const std::string& question) const {
  if (!target.now) {
    target.now = sharing_.whole(target.uri);
    if (rewrite) target.followed = documents_.followed(target.uri, question);
  }
  if (!*target.now) return unplaced(target.now->error().message + ".");
  const std::string& text = (*target.now)->text;
  if (!rewrite) return place_by_pieces(block, text, target.known);
  std::optional<LineRange> place;
  if (target.followed)
    place = LineRange{static_cast<std::size_t>(target.followed->first),
                      static_cast<std::size_t>(target.followed->count)};
  return place_lines(block, {rewrite->text, static_cast<std::size_t>(rewrite->range->start.line)}, text,
                     place);
}

Proposal Proposals::proposal(std::size_t number, const CodeBlock& block, const Placed& placed) const {
  Proposal proposal{number, block.start_line, block.end_line, placed.placement.state,
                    placed.placement.reason};
  if (!placed.target) return proposal;
  proposal.uri = placed.target->uri;
  proposal.name = placed.target->name;
  if (!placed.target->now || !*placed.target->now) return proposal;
  const auto& [text, version] = **placed.target->now;
  proposal.version = version;
  const SplitText lines(text);
  for (const LineEdit& edit : placed.placement.edits)
    proposal.edits.push_back({documents_.whole_lines(lines, edit.first_line, edit.lines), edit.text});
  return proposal;
}

asio::awaitable<std::vector<Proposal>> Proposals::place_all(Subject subject,
                                                            std::optional<std::size_t> wanted) const {
  std::vector<Proposal> proposals;
  const auto blocks = blocks_of(subject.reply);
  const auto closed =
      std::count_if(blocks.begin(), blocks.end(), [](const CodeBlock& block) { return block.closed; });
  const Attachment* rewrite = closed == 1 ? rewritten_lines(subject.question) : nullptr;
  std::vector<std::pair<const Target*, LineRange>> taken;  // the lines that earlier blocks change
  Pauses pauses(io_, stretch);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (wanted && i != *wanted) continue;
    const CodeBlock& block = blocks[i];
    Placed placed;
    if (i >= max_blocks && !wanted) {
      placed.placement = unplaced("Only the first " + std::to_string(max_blocks) +
                                  " blocks of a reply are placed at once: apply this block alone.");
    } else if (auto reason = unusable(block, subject.continues_block)) {
      placed.placement = unplaced(*std::move(reason));
    } else {
      placed = co_await place_block(subject, block, rewrite, pauses);
    }
    const auto changes_same_lines = [&placed](const auto& before) {
      return before.first == placed.target && overlap(before.second, placed.placement.place);
    };
    if (std::any_of(taken.begin(), taken.end(), changes_same_lines))
      placed.placement =
          unplaced("An earlier block of the reply changes the same lines: apply that block first.");
    if (placed.placement.state != Placement::State::Unplaced)
      taken.emplace_back(placed.target, placed.placement.place);
    proposals.push_back(proposal(i, block, placed));
    co_await pauses.pause();
  }
  co_return proposals;
}

}  // namespace aside
