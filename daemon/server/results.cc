#include "daemon/server/results.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "daemon/context/documents.h"
#include "daemon/context/file_name.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/transcript.h"
#include "daemon/server/attachment_texts.h"
#include "daemon/text/figures.h"
#include "protocol/iso_time.h"
#include "protocol/plain_text.h"

namespace aside {

namespace {

const char* word(Section::Kind kind) {
  switch (kind) {
    case Section::Kind::Question:
      return "question";
    case Section::Kind::Attachment:
      return "attachment";
    case Section::Kind::Thinking:
      return "thinking";
    case Section::Kind::Reply:
      return "reply";
    case Section::Kind::Note:
      return "note";
  }
  return "note";
}

const char* word(Placement::State state) {
  switch (state) {
    case Placement::State::Placed:
      return "placed";
    case Placement::State::Merged:
      return "merged";
    case Placement::State::Conflict:
      return "conflict";
    case Placement::State::Unplaced:
      return "unplaced";
  }
  return "unplaced";
}

UsageResult usage_result(const Usage& usage) {
  return {usage.input, usage.cache_read, usage.cache_write, usage.output, usage.thinking};
}

std::optional<UsageResult> usage_result(const std::optional<Usage>& usage) {
  return usage ? std::optional(usage_result(*usage)) : std::nullopt;
}

constexpr std::size_t longest_shown_request = 1024 * 1024;

std::string with_thousands(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string forecast_sentence(const Preview& preview) {
  const Forecast& forecast = preview.forecast;
  std::string sentence = "To " + preview.model + ": " + (preview.estimated ? "about " : "") +
                         with_thousands(forecast.tokens) + " tokens";
  if (preview.estimated) sentence += " (an estimate: the server doesn't count)";
  if (forecast.cached > 0)
    sentence += ", " + with_thousands(forecast.cached) + " of them probably from the cache";
  if (forecast.cost) sentence += ", " + dollars_text(*forecast.cost) + " without the reply";
  sentence += ". The reply may have " + with_thousands(preview.output_limit) + " tokens.";
  if (preview.window && !preview.fits())
    sentence += " Question and reply together don't fit into the model's window of " +
                with_thousands(*preview.window) + ".";
  return sentence;
}

// "Cache: an hour, because …"
std::string cache_sentence(const CacheChoice& cache) {
  const char* kept = cache.kept == "1h" ? "an hour" : cache.kept == "5m" ? "5 minutes" : "none";
  return std::string("Cache: ") + kept + ", because " + cache.reason + ".";
}

AttachmentResult attachment_result(const Attachment& attachment) {
  return {attachment.uri,   attachment.range, attachment.language,
          attachment.name,  attachment.text,  std::string(name(attachment.kind)),
          attachment.media, attachment.bytes};
}

// A sentence about tokens and price, the question as the transcript will show it, then the request itself.
std::string preview_text(const Preview& preview) {
  std::string text = "# What would be sent\n\n" + forecast_sentence(preview) + "\n\n" +
                     cache_sentence(preview.cache) + "\n\n";
  for (const std::string& doubt : preview.reasons)
    text += "- You would be asked before this is sent: " + doubt + ".\n";
  if (!preview.reasons.empty()) text += "\n";
  text += preview.before == 0
              ? "This is the first question of the conversation.\n\n"
              : "Before it: " + std::to_string(preview.before) +
                    (preview.before == 1 ? " exchange" : " exchanges") + " of this conversation.\n\n";
  text += transcript({preview.question}).text;
  text += "\n## The request\n\n";
  if (preview.request.size() > longest_shown_request)
    return text + "Its JSON has " + std::to_string(preview.request.size() >> 20) +
           " MiB, which is too much to be shown here.\n";
  return text + "```json\n" + nlohmann::ordered_json::parse(preview.request).dump(2) + "\n```\n";
}

std::vector<WantedResult> wanted_result(const View& view, const std::string& turn) {
  std::vector<WantedResult> result;
  if (const auto found = view.wanted.find(turn); found != view.wanted.end())
    for (const auto& [uri, name, range, line] : found->second)
      result.push_back({uri, name, range, static_cast<int>(line)});
  return result;
}

TurnResult turn_result(const View& view, const Turn& turn) {
  TurnResult result;
  result.id = turn.id;
  result.parent = turn.parent;
  result.role = name(turn.role);
  result.text = turn.text;
  if (!turn.thinking.empty()) result.thinking = turn.thinking;
  if (turn.compaction) result.kind = "compaction";
  result.side = turn.side;
  if (const Attachment* lines = rewritten_lines(turn)) result.rewrite = {lines->uri, *lines->range};
  result.wanted = wanted_result(view, turn.id);
  result.summed_up = turn.summed_up;
  for (const Attachment& attachment : turn.attachments)
    result.attachments.push_back(attachment_result(attachment));
  result.system = turn.system;
  result.status = name(turn.status);
  result.sent = turn.sent;
  result.stop_reason = turn.stop_reason;
  result.error = turn.error;
  result.model = turn.model;
  result.usage = usage_result(turn.usage);
  if (result.usage) result.usage->estimated = turn.estimated;
  result.cost = turn.cost;
  result.created = iso_time(turn.created);
  result.variants = turn.variants;
  return result;
}

std::optional<GuidanceResult> guidance_result(const Guidance& guidance) {
  GuidanceResult result{guidance.names, {}, guidance.notice};
  for (const InstructionFile& file : guidance.files)
    if (file.state == InstructionFile::State::Unanswered)
      result.offer = GuidanceResult::Offer{file.name, file_uri(file.folder)};
  const bool is_empty = result.files.empty() && !result.offer && result.notice.empty();
  return is_empty ? std::nullopt : std::optional(std::move(result));
}

const char* word(InstructionFile::State state) {
  switch (state) {
    case InstructionFile::State::Used:
      return "used";
    case InstructionFile::State::Unanswered:
      return "unanswered";
    case InstructionFile::State::Refused:
      break;
  }
  return "refused";
}

GetResult about(const View& view) {
  GetResult result;
  result.conversation = view.conversation.id;
  result.title = view.conversation.title;
  result.uri = view.uri;
  result.model = view.conversation.model;
  result.effort = view.conversation.effort;
  result.head = view.conversation.head;
  result.redo = view.conversation.redo;
  result.earlier = view.earlier;
  result.shared = view.shared;
  result.notice = view.notice;
  for (const Conversation& candidate : view.candidates)
    result.candidates.push_back({candidate.id, candidate.title, candidate.uri});
  result.total_usage = usage_result(view.totals.usage);
  result.total_cost = view.totals.cost;
  result.instructions = guidance_result(view.guidance);
  if (const auto& context = view.context)
    result.context = ContextResult{context->tokens, context->cached, context->window, context->full()};
  return result;
}

// Price, size and model of a conversation, for a status line.
std::vector<std::string> figures(const View& view) {
  std::vector<std::string> figures;
  if (view.totals.cost > 0) figures.push_back(dollars_text(*view.totals.cost));
  if (const auto& context = view.context; context && context->tokens > 0) {
    const std::int64_t cached = context->cached * 100 / context->tokens;
    figures.push_back(tokens_text(context->tokens) + " tokens" +
                      (context->full() ? ", nearly full"
                       : cached > 0    ? ", " + std::to_string(cached) + " % cached"
                                       : ""));
  }
  std::string model = view.conversation.model;
  if (constexpr std::string_view family = "claude-"; model.starts_with(family)) model.erase(0, family.size());
  if (!view.conversation.effort.empty()) model += " " + view.conversation.effort;
  figures.push_back(std::move(model));
  return figures;
}

PriceResult price_result(const Price& price) {
  return {price.input, price.output, price.read, price.write_5m, price.write_1h};
}

ModelsResult::Row model_row(const Model& model) {
  ModelsResult::Row row{model.id, model.name, model.context_window, model.max_output, model.efforts};
  if (model.price) {
    row.price = price_result(*model.price);
    row.prices_as_of = model.price_as_of;
  }
  if (model.long_prompt) {
    row.long_above = model.long_prompt->above;
    row.long_price = price_result(model.long_prompt->price);
  }
  row.deprecated = model.deprecated;
  row.retires = model.retires;
  row.successor = model.successor;
  row.system = model.system;
  row.compaction = model.compaction;
  return row;
}

UsageReportResult::Row usage_row(const UsageRow& row) {
  UsageReportResult::Row reply{row.day, row.month, row.uri, "", row.model, row.conversation};
  if (!row.conversation.empty()) reply.title = row.title;
  reply.replies = row.replies;
  reply.usage = usage_result(row.usage);
  reply.cost = row.cost;
  reply.unpriced = row.unpriced;
  return reply;
}

}  // namespace

GetResult get_result(const View& view) {
  GetResult result = about(view);
  for (const Turn& turn : view.turns) result.turns.push_back(turn_result(view, turn));
  for (const Turn& turn : view.sides) result.sides.push_back(turn_result(view, turn));
  return result;
}

AskResult ask_result(const Answer& answer) {
  const Turn& turn = answer.reply;
  AskResult result{
      answer.conversation,      turn.id,  std::string(name(turn.status)), turn.stop_reason, turn.text,
      usage_result(turn.usage), turn.cost};
  if (result.usage) result.usage->estimated = turn.estimated;
  return result;
}

TranscriptResult transcript_result(const View& view) {
  Transcript transcript = aside::transcript(view.turns, view.sides);
  TranscriptResult result{.about = about(view), .text = std::move(transcript.text), .figures = figures(view)};
  for (const Section& section : transcript.sections) {
    auto& row = result.sections.emplace_back(
        SectionResult{section.turn, word(section.kind), section.start_line, section.end_line, section.side});
    const bool is_heading = result.sections.size() < 2 || (&row)[-1].turn != section.turn;
    if (section.kind == Section::Kind::Reply && !is_heading) row.wanted = wanted_result(view, section.turn);
  }
  for (Fold& fold : transcript.folds)
    result.folds.push_back({fold.start_line, fold.end_line, std::move(fold.text)});
  if (transcript.growing) {
    const Section& last = transcript.sections.back();
    result.growing = {last.turn, last.kind == Section::Kind::Thinking ? "thinking" : "text"};
  }
  return result;
}

ExportResult markdown_result(const View& view) {
  const std::string& title = view.conversation.title;
  return {"# " + (title.empty() ? "A conversation with Claude" : plain_line(title)) + "\n\n" +
          transcript(view.turns, view.sides).text};
}

EditsResult edits_result(const std::vector<Proposal>& proposals) {
  EditsResult result;
  for (const Proposal& proposal : proposals) {
    auto& row = result.proposals.emplace_back(
        EditsResult::Proposal{static_cast<int>(proposal.block), static_cast<int>(proposal.start_line),
                              static_cast<int>(proposal.end_line), word(proposal.state), proposal.reason,
                              proposal.uri, proposal.name, proposal.version});
    for (const auto& [range, text] : proposal.edits) row.edits.push_back({range, text});
  }
  return result;
}

MarksResult marks_result(const DocumentMarks& marks) {
  MarksResult result{marks.conversation, marks.version, {}};
  for (const auto& [turn, text, range, side] : marks.marks) result.marks.push_back({turn, text, range, side});
  return result;
}

PreviewResult preview_result(const Preview& preview) {
  PreviewResult result;
  result.input_tokens = preview.forecast.tokens;
  result.cached_tokens = preview.forecast.cached;
  result.output_limit = preview.output_limit;
  result.estimate = preview.estimated;
  result.context_window = preview.window;
  result.fits = preview.fits();
  result.cost = preview.forecast.cost;
  result.cache = preview.cache.kept;
  result.cache_reason = preview.cache.reason;
  for (const Attachment& attachment : preview.question.attachments)
    result.attachments.push_back(attachment_result(attachment));
  result.reasons = preview.reasons;
  result.request = json::parse(preview.request);
  result.text = preview_text(preview);
  return result;
}

namespace {

void fill(CheckResult::Row& row, const Attachment& attachment, const std::vector<Reason>& reasons) {
  row.kind = attachment.kind == Attachment::Kind::Text ? "text" : aside::name(attachment.kind);
  row.lines = shown_lines(attachment);
  row.bytes =
      attachment.base64.empty() ? static_cast<std::int64_t>(attachment.text.size()) : attachment.bytes;
  row.tokens = estimated_tokens(attachment);
  for (const Reason& reason : reasons) row.reasons.push_back(reason.text);
  row.guessed = attachment.guessed;
}

CheckResult::Row checked_row(const Sharing::Checked& checked, std::optional<double> cost) {
  CheckResult::Row row{checked.name};
  row.cost = cost;
  if (const auto& refused = checked.refused) {
    row.refused = refused->message + (refused->data.hint.empty() ? "" : ". " + refused->data.hint);
  } else {
    fill(row, checked.attachment, checked.reasons);
  }
  return row;
}

}  // namespace

FindResult find_result(const WorkspaceFiles::Files& found) {
  FindResult result{{}, found.cut};
  for (const auto& [uri, name] : found.files) result.files.push_back({uri, name});
  return result;
}

NamedResult named_result(const std::vector<NamedFiles::Named>& names) {
  NamedResult result;
  for (const auto& [word, what] : names) {
    NamedResult::Name& name = result.names.emplace_back();
    name.word = word;
    if (const auto* file = std::get_if<NamedFiles::File>(&what)) {
      name.name = file->name;
      name.uri = file->uri;
      name.range = file->range;
    } else {
      const auto& group = std::get<NamedFiles::Group>(what);
      name.group = NamedResult::Group{group.folder, group.pattern};
    }
  }
  return result;
}

ExpandResult expand_result(const FileGroup& group) {
  ExpandResult result{{}, group.bytes, group.tokens, group.cost};
  for (const Attachable& file : group.files)
    result.files.push_back({file.share.uri, checked_row(file.checked, file.cost)});
  add_texts(result);
  return result;
}

SuggestResult suggest_result(const std::vector<Suggestion>& suggestions) {
  SuggestResult result;
  for (const auto& [reason, what] : suggestions) {
    const Share& share = what.share;
    const bool problems = share.kind == Attachment::Kind::Diagnostics;
    result.suggestions.push_back({std::string(aside::name(reason)), share.uri, share.range,
                                  problems ? std::string(aside::name(share.kind)) : "", share.text,
                                  checked_row(what.checked, what.cost)});
  }
  add_texts(result);
  return result;
}

static CheckResult::Along along_result(const Along& along) {
  const Forecast& next = along.next;
  CheckResult::Along result{{},          {},          along.tokens, along.cost,
                            next.tokens, next.cached, next.cost,    along.cache_cost};
  for (const Attachment& known : along.known)
    result.known.push_back({known.uri, known.name, shown_lines(known), known.range});
  for (const auto& [update, reasons, cost] : along.updates) {
    CheckResult::Row& row = result.updates.emplace_back(CheckResult::Row{update.name});
    fill(row, update, reasons);
    row.uri = update.uri;
    row.cost = cost;
  }
  return result;
}

CheckResult check_result(const CheckedShares& checked) {
  CheckResult result;
  const auto& along = checked.along;
  for (std::size_t i = 0; i < checked.shares.size(); ++i)
    result.attachments.push_back(
        checked_row(checked.shares[i], along ? along->costs[i] : std::optional<double>()));
  if (along) result.along = along_result(*along);
  add_texts(result);
  return result;
}

ListResult list_result(const Page& page) {
  ListResult result;
  for (const Summary& row : page.rows)
    result.conversations.push_back({row.conversation.id, row.conversation.title, row.conversation.uri,
                                    iso_time(row.conversation.updated), row.turns, row.cost,
                                    row.cost ? dollars_text(*row.cost) : ""});
  result.next = page.next;
  return result;
}

InstructionsResult instructions_result(const Guidance& guidance) {
  InstructionsResult result{{}, guidance.text, guidance.notice};
  for (const InstructionFile& file : guidance.files)
    result.files.push_back({file_uri(file.path), file.name, file.folder.empty() ? "user" : "folder",
                            file.folder.empty() ? "" : file_uri(file.folder), word(file.state),
                            file.problem});
  return result;
}

PromptsResult prompts_result(const std::vector<NamedPrompt>& prompts) {
  PromptsResult result;
  for (const NamedPrompt& prompt : prompts)
    result.prompts.push_back(
        {prompt.name, prompt.description, prompt.text, prompt.problem, needs_code(prompt)});
  return result;
}

SearchResult search_result(const std::vector<Hit>& hits) {
  SearchResult result;
  for (const Hit& hit : hits)
    result.hits.push_back({hit.conversation, hit.turn, hit.reply, hit.uri, hit.title, hit.snippet,
                           iso_time(hit.created), hit.side});
  return result;
}

ModelsResult models_result(const ModelList& list, const std::string& default_model) {
  ModelsResult result;
  for (const Model& model : list.models) result.models.push_back(model_row(model));
  result.default_model = default_model;
  result.from_api = list.from_api;
  result.as_of = list.as_of;
  return result;
}

UsageReportResult usage_report_result(const UsageReport& report, const DocumentName& name) {
  UsageReportResult result;
  for (const UsageRow& row : report.rows) {
    result.rows.push_back(usage_row(row));
    if (!row.uri.empty()) result.rows.back().name = name(row.uri);
  }
  result.total = usage_row(report.total);
  result.omitted = report.omitted;
  return result;
}

}  // namespace aside
