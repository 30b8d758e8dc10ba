// Translates the results of Conversations and ModelCatalog into the results of the protocol. Called by the server.
#pragma once

#include <string>
#include <vector>

#include "daemon/api/model_catalog.h"
#include "daemon/context/named_files.h"
#include "daemon/context/workspace_files.h"
#include "daemon/conversation/asking.h"
#include "daemon/conversation/checking.h"
#include "daemon/conversation/conversations.h"
#include "daemon/conversation/file_groups.h"
#include "daemon/conversation/marks.h"
#include "daemon/conversation/named_prompts.h"
#include "daemon/conversation/proposals.h"
#include "daemon/conversation/suggestions.h"
#include "daemon/server/usage_table.h"
#include "protocol/methods.h"

namespace aside {

GetResult get_result(const View& view);
AskResult ask_result(const Answer& answer);
TranscriptResult transcript_result(const View& view);
ExportResult markdown_result(const View& view);  // Markdown as GitHub and other programs read it
EditsResult edits_result(const std::vector<Proposal>& proposals);
MarksResult marks_result(const DocumentMarks& marks);
PreviewResult preview_result(const Preview& preview);
CheckResult check_result(const CheckedShares& checked);
FindResult find_result(const WorkspaceFiles::Files& found);
NamedResult named_result(const std::vector<NamedFiles::Named>& names);
ExpandResult expand_result(const FileGroup& group);
SuggestResult suggest_result(const std::vector<Suggestion>& suggestions);
ListResult list_result(const Page& page);
SearchResult search_result(const std::vector<Hit>& hits);
InstructionsResult instructions_result(const Guidance& guidance);
PromptsResult prompts_result(const std::vector<NamedPrompt>& prompts);
ModelsResult models_result(const ModelList& list, const std::string& default_model);
UsageReportResult usage_report_result(const UsageReport& report, const DocumentName& name);

}  // namespace aside
