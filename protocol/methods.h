// The protocol as types. This file has the name of each method. The files of methods/ have the structs; these files
// follow the chapters of protocol.md. The protocol's camelCase names occur only in all these files. Params are read
// with `from`, and results are written with `to_json`. `to_json` leaves out absent optionals, and other fields where a
// comment says so. protocol.md describes each method with a worked example.
#pragma once

#include "protocol/methods/asking.h"
#include "protocol/methods/attachments.h"
#include "protocol/methods/changing.h"
#include "protocol/methods/lsp.h"
#include "protocol/methods/reading.h"
#include "protocol/methods/setup.h"
#include "protocol/methods/turn.h"

namespace aside {

namespace method {
inline constexpr const char* initialize = "initialize";
inline constexpr const char* initialized = "initialized";
inline constexpr const char* shutdown = "shutdown";
inline constexpr const char* exit = "exit";
inline constexpr const char* cancel = "$/cancelRequest";
inline constexpr const char* set_trace = "$/setTrace";
inline constexpr const char* did_open = "textDocument/didOpen";
inline constexpr const char* did_change = "textDocument/didChange";
inline constexpr const char* did_save = "textDocument/didSave";
inline constexpr const char* did_close = "textDocument/didClose";
inline constexpr const char* did_rename_files = "workspace/didRenameFiles";
inline constexpr const char* did_change_configuration = "workspace/didChangeConfiguration";
inline constexpr const char* did_change_workspace_folders = "workspace/didChangeWorkspaceFolders";
inline constexpr const char* ask = "conversation/ask";
inline constexpr const char* retry = "conversation/retry";
inline constexpr const char* resume = "conversation/continue";
inline constexpr const char* stop = "conversation/stop";
inline constexpr const char* get = "conversation/get";
inline constexpr const char* transcript = "conversation/transcript";
inline constexpr const char* create = "conversation/new";
inline constexpr const char* list = "conversation/list";
inline constexpr const char* open = "conversation/open";
inline constexpr const char* select = "conversation/select";
inline constexpr const char* configure = "conversation/configure";
inline constexpr const char* search = "conversation/search";
inline constexpr const char* fork = "conversation/fork";
inline constexpr const char* remove = "conversation/delete";
inline constexpr const char* archive = "conversation/export";
inline constexpr const char* restore = "conversation/import";
inline constexpr const char* prepare = "conversation/prepare";
inline constexpr const char* preview = "conversation/preview";
inline constexpr const char* edits = "conversation/edits";
inline constexpr const char* marks = "conversation/marks";
inline constexpr const char* compact = "conversation/compact";
inline constexpr const char* check_attachments = "attachment/check";
inline constexpr const char* find_files = "attachment/find";
inline constexpr const char* named = "attachment/named";
inline constexpr const char* expand = "attachment/expand";
inline constexpr const char* suggest = "attachment/suggest";
inline constexpr const char* models = "model/list";
inline constexpr const char* instructions = "instructions/list";
inline constexpr const char* allow = "instructions/allow";
inline constexpr const char* prompts = "prompt/list";
inline constexpr const char* usage = "usage/report";
inline constexpr const char* check_credential = "credential/check";
inline constexpr const char* set_credential = "credential/set";
inline constexpr const char* delta = "conversation/delta";
inline constexpr const char* status = "conversation/status";
inline constexpr const char* changed = "conversation/changed";
inline constexpr const char* show_message = "window/showMessage";
}  // namespace method

}  // namespace aside
