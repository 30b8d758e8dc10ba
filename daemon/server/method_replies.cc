#include "daemon/server/method_replies.h"

#include <nlohmann/json.hpp>

#include "daemon/context/documents.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/transcript.h"
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

UsageReply usage_reply(const Usage& usage) {
  return {usage.input, usage.cache_read, usage.cache_write, usage.output, usage.thinking};
}

std::optional<UsageReply> usage_reply(const std::optional<Usage>& usage) {
  return usage ? std::optional(usage_reply(*usage)) : std::nullopt;
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
  if (forecast.cost) sentence += ", " + dollars_text(*forecast.cost) + " before the reply";
  sentence += ". The reply may have " + with_thousands(preview.output_limit) + " tokens.";
  if (preview.window && !preview.fits())
    sentence += " That does not fit into the model's window of " + with_thousands(*preview.window) + ".";
  return sentence;
}

AttachmentReply attachment_reply(const Attachment& attachment) {
  return {attachment.uri,   attachment.range, attachment.language,
          attachment.name,  attachment.text,  std::string(name(attachment.kind)),
          attachment.media, attachment.bytes};
}

// The question as the transcript will show it, then the request itself.
std::string preview_text(const Preview& preview) {
  std::string text = "# What would be sent\n\n" + forecast_sentence(preview) + "\n\n";
  for (const std::string& doubt : preview.reasons) text += "- You would be asked first: " + doubt + ".\n";
  if (!preview.reasons.empty()) text += "\n";
  text += preview.before == 0
              ? "This is the first question of the conversation.\n\n"
              : "Before it: " + std::to_string(preview.before) +
                    (preview.before == 1 ? " exchange" : " exchanges") + " of this conversation.\n\n";
  text += transcript({preview.question}).text;
  text += "\n## The request\n\n";
  if (preview.request.size() > longest_shown_request)
    return text + "Its JSON has " + std::to_string(preview.request.size() >> 20) +
           " MiB, too many to be shown here.\n";
  return text + "```json\n" + nlohmann::ordered_json::parse(preview.request).dump(2) + "\n```\n";
}

TurnReply turn_reply(const Turn& turn) {
  TurnReply reply;
  reply.id = turn.id;
  reply.parent = turn.parent;
  reply.role = name(turn.role);
  reply.text = turn.text;
  if (!turn.thinking.empty()) reply.thinking = turn.thinking;
  if (turn.compaction) reply.kind = "compaction";
  reply.summed_up = turn.summed_up;
  for (const Attachment& attachment : turn.attachments)
    reply.attachments.push_back(attachment_reply(attachment));
  reply.system = turn.system;
  reply.status = name(turn.status);
  reply.sent = turn.sent;
  reply.stop_reason = turn.stop_reason;
  reply.error = turn.error;
  reply.model = turn.model;
  reply.usage = usage_reply(turn.usage);
  if (reply.usage) reply.usage->estimated = turn.estimated;
  reply.cost = turn.cost;
  reply.created = iso_time(turn.created);
  reply.variants = turn.variants;
  return reply;
}

std::optional<GuidanceReply> guidance_reply(const Guidance& guidance) {
  GuidanceReply reply{guidance.names, {}, guidance.notice};
  for (const InstructionFile& file : guidance.files)
    if (file.state == InstructionFile::State::Unanswered)
      reply.offer = GuidanceReply::Offer{file.name, file_uri(file.folder)};
  const bool is_empty = reply.files.empty() && !reply.offer && reply.notice.empty();
  return is_empty ? std::nullopt : std::optional(std::move(reply));
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

GetReply about(const View& view) {
  GetReply reply;
  reply.conversation = view.thread.id;
  reply.title = view.thread.title;
  reply.uri = view.uri;
  reply.model = view.thread.model;
  reply.effort = view.thread.effort;
  reply.head = view.thread.head;
  reply.redo = view.thread.redo;
  reply.earlier = view.earlier;
  reply.shared = view.shared;
  reply.notice = view.notice;
  for (const Thread& candidate : view.candidates)
    reply.candidates.push_back({candidate.id, candidate.title, candidate.uri});
  reply.total_usage = usage_reply(view.totals.usage);
  reply.total_cost = view.totals.cost;
  reply.instructions = guidance_reply(view.guidance);
  if (const auto& context = view.context)
    reply.context = ContextReply{context->tokens, context->cached, context->window, context->full()};
  return reply;
}

PriceReply price_reply(const Price& price) {
  return {price.input, price.output, price.read, price.write_5m, price.write_1h};
}

ModelsReply::Row model_row(const Model& model) {
  ModelsReply::Row row{model.id, model.name, model.context_window, model.max_output, model.efforts};
  if (model.price) {
    row.price = price_reply(*model.price);
    row.prices_as_of = model.price_as_of;
  }
  if (model.long_prompt) {
    row.long_above = model.long_prompt->above;
    row.long_price = price_reply(model.long_prompt->price);
  }
  row.deprecated = model.deprecated;
  row.retires = model.retires;
  row.successor = model.successor;
  row.system = model.system;
  row.compaction = model.compaction;
  return row;
}

UsageReportReply::Row usage_row(const UsageRow& row) {
  UsageReportReply::Row reply{row.day, row.month, row.uri, "", row.model, row.conversation};
  if (!row.conversation.empty()) reply.title = row.title;
  reply.replies = row.replies;
  reply.usage = usage_reply(row.usage);
  reply.cost = row.cost;
  reply.unpriced = row.unpriced;
  return reply;
}

}  // namespace

GetReply get_reply(const View& view) {
  GetReply reply = about(view);
  for (const Turn& turn : view.turns) reply.turns.push_back(turn_reply(turn));
  return reply;
}

AskReply ask_reply(const Answer& answer) {
  const Turn& turn = answer.reply;
  AskReply reply{
      answer.conversation,     turn.id,  std::string(name(turn.status)), turn.stop_reason, turn.text,
      usage_reply(turn.usage), turn.cost};
  if (reply.usage) reply.usage->estimated = turn.estimated;
  return reply;
}

TranscriptReply transcript_reply(const View& view) {
  Transcript transcript = aside::transcript(view.turns);
  TranscriptReply reply{about(view), std::move(transcript.text), {}};
  for (const Section& section : transcript.sections)
    reply.sections.push_back({section.turn, word(section.kind), section.start_line, section.end_line});
  return reply;
}

ExportReply markdown_reply(const View& view) {
  const std::string& title = view.thread.title;
  return {"# " + (title.empty() ? "A conversation with Claude" : plain_line(title)) + "\n\n" +
          transcript(view.turns).text};
}

PreviewReply preview_reply(const Preview& preview) {
  PreviewReply reply;
  reply.input_tokens = preview.forecast.tokens;
  reply.cached_tokens = preview.forecast.cached;
  reply.output_limit = preview.output_limit;
  reply.estimate = preview.estimated;
  reply.context_window = preview.window;
  reply.fits = preview.fits();
  reply.cost = preview.forecast.cost;
  for (const Attachment& attachment : preview.question.attachments)
    reply.attachments.push_back(attachment_reply(attachment));
  reply.reasons = preview.reasons;
  reply.request = json::parse(preview.request);
  reply.text = preview_text(preview);
  return reply;
}

CheckReply check_reply(const std::vector<Sharing::Checked>& checked, const Along* along) {
  CheckReply reply;
  const auto fill = [](CheckReply::Row& row, const Attachment& attachment,
                       const std::vector<Reason>& reasons) {
    row.kind = attachment.kind == Attachment::Kind::Text ? "text" : aside::name(attachment.kind);
    row.lines = shown_lines(attachment);
    row.bytes =
        attachment.base64.empty() ? static_cast<std::int64_t>(attachment.text.size()) : attachment.bytes;
    row.tokens = estimated_tokens(attachment);
    for (const Reason& reason : reasons) row.reasons.push_back(reason.text);
    row.guessed = attachment.guessed;
  };
  for (const auto& [name, attachment, refused, reasons] : checked) {
    CheckReply::Row& row = reply.attachments.emplace_back(CheckReply::Row{name});
    if (refused) {
      row.refused = refused->message + (refused->data.hint.empty() ? "" : ". " + refused->data.hint);
    } else {
      fill(row, attachment, reasons);
    }
  }
  if (!along) return reply;
  reply.along = CheckReply::Along{{}, along->tokens, along->cost};
  for (const auto& [update, reasons] : along->updates) {
    CheckReply::Row& row = reply.along->updates.emplace_back(CheckReply::Row{update.name});
    fill(row, update, reasons);
    row.uri = update.uri;
  }
  return reply;
}

ListReply list_reply(const Page& page) {
  ListReply reply;
  for (const Summary& row : page.rows)
    reply.conversations.push_back(
        {row.thread.id, row.thread.title, row.thread.uri, iso_time(row.thread.updated), row.turns, row.cost});
  reply.next = page.next;
  return reply;
}

InstructionsReply instructions_reply(const Guidance& guidance) {
  InstructionsReply reply{{}, guidance.text, guidance.notice};
  for (const InstructionFile& file : guidance.files)
    reply.files.push_back({file_uri(file.path), file.name, file.folder.empty() ? "user" : "folder",
                           file.folder.empty() ? "" : file_uri(file.folder), word(file.state), file.problem});
  return reply;
}

PromptsReply prompts_reply(const std::vector<NamedPrompt>& prompts) {
  PromptsReply reply;
  for (const NamedPrompt& prompt : prompts)
    reply.prompts.push_back({prompt.name, prompt.description, prompt.text, prompt.problem});
  return reply;
}

SearchReply search_reply(const std::vector<Hit>& hits) {
  SearchReply reply;
  for (const Hit& hit : hits)
    reply.hits.push_back(
        {hit.conversation, hit.turn, hit.reply, hit.uri, hit.title, hit.snippet, iso_time(hit.created)});
  return reply;
}

ModelsReply models_reply(const ModelList& list, const std::string& default_model) {
  ModelsReply reply;
  for (const Model& model : list.models) reply.models.push_back(model_row(model));
  reply.default_model = default_model;
  reply.from_api = list.from_api;
  reply.as_of = list.as_of;
  return reply;
}

UsageReportReply usage_report_reply(const UsageReport& report, const DocumentName& name) {
  UsageReportReply reply;
  for (const UsageRow& row : report.rows) {
    reply.rows.push_back(usage_row(row));
    if (!row.uri.empty()) reply.rows.back().name = name(row.uri);
  }
  reply.total = usage_row(report.total);
  reply.omitted = report.omitted;
  return reply;
}

}  // namespace aside
