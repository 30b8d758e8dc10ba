// What conversations and the catalog of models know, in the words of the protocol: each a plain translation,
// for the server.
#pragma once

#include "daemon/api/model_catalog.h"
#include "daemon/conversation/conversation.h"
#include "daemon/conversation/named_prompts.h"
#include "daemon/server/usage_table.h"
#include "protocol/methods.h"

namespace aside {

GetReply get_reply(const View& view);
AskReply ask_reply(const Answer& answer);
TranscriptReply transcript_reply(const View& view);
ExportReply markdown_reply(const View& view);  // as GitHub and other readers of Markdown show it
PreviewReply preview_reply(const Preview& preview);
CheckReply check_reply(const std::vector<Sharing::Checked>& checked, const Along* along);
ListReply list_reply(const Page& page);
SearchReply search_reply(const std::vector<Hit>& hits);
InstructionsReply instructions_reply(const Guidance& guidance);
PromptsReply prompts_reply(const std::vector<NamedPrompt>& prompts);
ModelsReply models_reply(const ModelList& list, const std::string& default_model);
UsageReportReply usage_report_reply(const UsageReport& report, const DocumentName& name);

}  // namespace aside
