#include "daemon/method_replies.h"

#include "daemon/transcript.h"
#include "protocol/iso_time.h"

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

TurnReply turn_reply(const Turn& turn) {
  TurnReply reply;
  reply.id = turn.id;
  reply.parent = turn.parent;
  reply.role = name(turn.role);
  reply.text = turn.text;
  if (!turn.thinking.empty()) reply.thinking = turn.thinking;
  for (const Attachment& attachment : turn.attachments)
    reply.attachments.push_back(
        {attachment.uri, attachment.range, attachment.language, attachment.name, attachment.text});
  reply.status = name(turn.status);
  reply.sent = turn.sent;
  reply.stop_reason = turn.stop_reason;
  reply.error = turn.error;
  reply.model = turn.model;
  reply.usage = usage_reply(turn.usage);
  reply.cost = turn.cost;
  reply.created = iso_time(turn.created);
  reply.variants = turn.variants;
  return reply;
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
  reply.total_usage = usage_reply(view.totals.usage);
  reply.total_cost = view.totals.cost;
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
  return {answer.conversation,     turn.id,  std::string(name(turn.status)), turn.stop_reason, turn.text,
          usage_reply(turn.usage), turn.cost};
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
  return {"# " + (title.empty() ? "A conversation with Claude" : title) + "\n\n" +
          transcript(view.turns).text};
}

ListReply list_reply(const Page& page) {
  ListReply reply;
  for (const Summary& row : page.rows)
    reply.conversations.push_back(
        {row.thread.id, row.thread.title, row.thread.uri, iso_time(row.thread.updated), row.turns, row.cost});
  reply.next = page.next;
  return reply;
}

SearchReply search_reply(const std::vector<Hit>& hits) {
  SearchReply reply;
  for (const Hit& hit : hits)
    reply.hits.push_back(
        {hit.conversation, hit.turn, hit.reply, hit.uri, hit.title, hit.snippet, iso_time(hit.created)});
  return reply;
}

}  // namespace aside
