// What conversations know, in the words of the protocol: each a plain translation, for the server.
#pragma once

#include "daemon/conversation.h"
#include "protocol/methods.h"

namespace aside {

GetReply get_reply(const View& view);
AskReply ask_reply(const Answer& answer);
TranscriptReply transcript_reply(const View& view);
ExportReply markdown_reply(const View& view);  // as GitHub and other readers of Markdown show it
ListReply list_reply(const Page& page);
SearchReply search_reply(const std::vector<Hit>& hits);

}  // namespace aside
