#include "editors/shell/actions.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "editors/shell/interrupts.h"
#include "editors/shell/places.h"
#include "protocol/methods.h"
#include "protocol/methods/parts.h"

namespace aside {
namespace {

using Action = Command::Action;

constexpr const char* input_uri = "stdin:standard%20input";

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const json& list_of(const json& object, const char* name) {
  static const json none = json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : none;
}

bool is_folder(const std::string& path) {
  std::error_code failed;
  return std::filesystem::is_directory(path, failed);
}

std::string uri_of(const std::string& path) {
  return file_uri(absolute(path));
}

// Limits a list or a search to the file or the folder of the command, if there is one.
void limit_to(json& params, const Command& command) {
  if (command.files.empty()) return;
  const std::string uri = uri_of(command.files[0].path);
  if (is_folder(command.files[0].path))
    params["folder"] = uri;
  else
    params["textDocument"] = {{"uri", uri}};
}

json error_line(const Error& error) {
  json line = {{"kind", kind(error.code)}, {"message", error.message}, {"retryable", error.data.retryable}};
  const std::pair<const char*, const std::string&> texts[] = {
      {"hint", error.data.hint}, {"conversation", error.data.conversation}, {"turn", error.data.turn}};
  for (const auto& [name, text] : texts)
    if (!text.empty()) line[name] = text;
  if (!error.data.reasons.empty()) line["reasons"] = error.data.reasons;
  return {{"error", line}};
}

}  // namespace

Actions::Actions(const Command& command, Output& output)
    : command_(command),
      output_(output),
      daemon_([this](const std::string& method, const json& params) { notified(method, params); }) {
  std::error_code failed;
  folder_ = std::filesystem::current_path(failed).string();
}

int Actions::run(const std::string& input) {
  // Each file that the user names is inside of a workspace folder, since the daemon asks for consent to send a file from
  // outside. It still asks about a link that leads out of these folders.
  std::vector<std::string> folders = {project_of(folder_)};
  for (const Command::File& file : command_.files) {
    const std::string folder = std::filesystem::path(absolute(file.path)).lexically_normal().parent_path();
    if (folder != folders[0] && !folder.starts_with(folders[0] + "/")) folders.push_back(project_of(folder));
  }
  for (std::string& folder : folders) folder = file_uri(folder);
  if (auto started = daemon_.start(folders); !started) return failed(started.error());
  switch (command_.action) {
    case Action::Retry:
    case Action::Continue:
      return reply_again();
    case Action::Preview:
      return preview(input);
    case Action::Show:
      return show();
    case Action::List:
      return list();
    case Action::Search:
      return search();
    case Action::Usage:
      return report_usage();
    case Action::Ask:
    case Action::Help:  // main has answered these two
    case Action::Version:
      break;
  }
  return ask(input);
}

// The document whose conversation is meant.
std::string Actions::document() const {
  return command_.files.empty() ? file_uri(folder_) : uri_of(command_.files[0].path);
}

// Returns a blank and the file's name, for the end of a suggested command; without a file, the empty text.
std::string Actions::about() const {
  return command_.files.empty() ? "" : " " + shell_word(command_.files[0].path);
}

bool Actions::lacks(const char* flag) {
  if (daemon_.can(flag)) return false;
  output_.complain({ErrorCode::MethodNotFound,
                    "this asided is older than this program and can't do that",
                    {.hint = "Update asided."}});
  return true;
}

// Whether the conversation already has the whole file, so that the file needn't be attached: if it has changed, the
// daemon sends an update. `checked` is a result of attachment/check.
bool Actions::known(const Command::File& file, const json& checked) const {
  std::error_code failed;
  const std::string path = absolute(file.path);
  const std::string real = std::filesystem::canonical(path, failed).string();
  const auto same = [&](const json& row) {
    const std::string uri = text_of(row, "uri");
    return (uri == file_uri(path) || uri == file_uri(real)) && !row.contains("lines");
  };
  const json &unchanged = list_of(checked, "known"), &updates = list_of(checked, "updates");
  return std::any_of(unchanged.begin(), unchanged.end(), same) ||
         std::any_of(updates.begin(), updates.end(), same);
}

// Returns the params of conversation/ask and conversation/preview.
json Actions::question(const std::string& input) {
  json params = {{"textDocument", {{"uri", document()}}}, {"question", command_.question}};
  if (!command_.model.empty()) params["model"] = command_.model;
  if (command_.side) params["side"] = true;
  json checked = json::object();
  const auto whole = [](const Command::File& file) { return !file.lines; };
  if (std::any_of(command_.files.begin(), command_.files.end(), whole)) {
    auto found = daemon_.request(method::check_attachments,
                                 {{"textDocument", {{"uri", document()}}}, {"attachments", json::array()}});
    if (found) checked = *std::move(found);
  }
  json attachments = json::array();
  for (const Command::File& file : command_.files) {
    json attachment = {{"uri", uri_of(file.path)}};
    if (file.lines)
      attachment["range"] = to_json(Range{{file.lines->first - 1, 0}, {file.lines->last, 0}});
    else if (known(file, checked))
      continue;
    attachments.push_back(std::move(attachment));
  }
  if (command_.input) attachments.push_back({{"uri", input_uri}, {"text", input}});
  params["attachments"] = std::move(attachments);
  return params;
}

// Sends the question. If it needs consent and the user agrees to the reasons, sends it again with these reasons. This
// is repeated as long as the daemon names new reasons.
Result<json> Actions::ask_with_consent(json params) {
  std::vector<std::string> agreed;
  for (;;) {
    asked_ = true;
    auto result = daemon_.request(method::ask, params);
    const bool wants_consent =
        !result && result.error().code == ErrorCode::NeedsConsent && interrupted() == 0;
    if (!wants_consent) return result;
    const std::vector<std::string>& reasons = result.error().data.reasons;
    if (!command_.yes) {
      const int terminal = open_terminal();
      if (terminal < 0) return result;
      output_.state("");
      declined_ = !agrees(terminal, reasons);
      ::close(terminal);
      if (declined_) return result;
    }
    agreed.insert(agreed.end(), reasons.begin(), reasons.end());
    params["consent"] = agreed;
  }
}

int Actions::ask(const std::string& input) {
  const bool begins = command_.files.empty() && !command_.follow && !command_.side;
  if (lacks("ask") || (begins && lacks("threads")) || (command_.side && lacks("side"))) return status::failed;
  json params = question(input);
  if (begins) {
    const auto made = daemon_.request(method::create, {{"textDocument", {{"uri", document()}}}});
    if (!made) return failed(made.error());
    params["conversation"] = made->value("conversation", "");
  }
  const auto result = ask_with_consent(params);
  const bool kept = result || !result.error().data.turn.empty();
  stored_ = stored_ || kept;
  // Otherwise --continue would find this empty conversation instead of the folder's last conversation with a reply.
  if (begins && !kept) (void)daemon_.request(method::remove, {{"conversation", params["conversation"]}});
  return ended(result);
}

int Actions::reply_again() {
  const bool retry = command_.action == Action::Retry;
  if (lacks(retry ? "retry" : "continue")) return status::failed;
  const auto shown = daemon_.request(method::get, {{"textDocument", {{"uri", document()}}}, {"limit", 1}});
  if (!shown) return failed(shown.error());
  if (list_of(*shown, "turns").empty())
    return failed(
        {ErrorCode::InvalidParams, "nothing has been asked about " + shown_place(document()) + " yet"});
  json params = {{"conversation", text_of(*shown, "conversation")}};
  if (retry && !command_.model.empty()) params["model"] = command_.model;
  asked_ = true;
  return ended(daemon_.request(retry ? method::retry : method::resume, params));
}

int Actions::interrupted_status(int otherwise) const {
  return interrupted() != 0 ? 128 + interrupted() : otherwise;
}

int Actions::failed(const Error& error) {
  output_.finish();
  const bool cancelled = error.code == ErrorCode::RequestCancelled && interrupted() != 0;
  if (command_.json) output_.print_line(error_line(error));
  if (cancelled) {
    output_.note("stopped; nothing was asked");
  } else if (error.code == ErrorCode::NeedsConsent) {
    if (!declined_)
      for (const std::string& reason : error.data.reasons) output_.note(reason);
    output_.note(declined_ ? "nothing was sent" : "nothing was sent; add --yes to agree and send it");
    return interrupted_status(status::needs_consent);
  } else {
    output_.complain(error);
    if (!error.data.turn.empty() && error.code != ErrorCode::Busy)
      output_.note("the question is kept: aside --retry" + about());
  }
  return interrupted_status(status::failed);
}

int Actions::ended(const Result<json>& result) {
  if (!result) return failed(result.error());
  output_.finish();
  if (command_.json) output_.print_line(*result);
  const std::string how = text_of(*result, "status"),
                    goes_on = ": aside --continue" + about() + " continues it";
  if (const std::string price = price_line(*result); !price.empty()) output_.remark(price);
  if (how == "complete")
    return interrupted() == SIGPIPE ? interrupted_status(status::failed) : status::answered;
  if (how == "cancelled")
    output_.note((interrupted() != 0 ? "stopped" : "stopped by another editor") + goes_on);
  else if (how == "cut")
    output_.note("the reply has reached its limit" + goes_on);
  else if (how == "refused")
    output_.note("the model has declined to answer");
  else
    output_.note("the reply broke off" + goes_on);
  return interrupted_status(status::failed);
}

void Actions::notified(const std::string& method, const json& params) {
  const std::string turn = text_of(params, "turn");
  if (method == method::show_message) {
    output_.note(text_of(params, "message"));
  } else if (method == method::status) {
    const std::string state = text_of(params, "state");
    if (state == "connecting" && asked_ && turn_.empty()) {
      turn_ = turn;
      stored_ = true;
    }
    if (turn != turn_ || turn.empty()) return;
    if (state == "retrying" || state == "storing") {
      const json retry = params.value("retry", json::object());
      const int seconds = static_cast<int>(std::ceil(retry.value("delaySeconds", 0.0)));
      output_.remark((state == "storing" ? "the reply can't be stored yet, " : "") +
                     text_of(retry, "reason") + "; trying again in " + std::to_string(seconds) + " s");
    } else {
      output_.state(state == "ended" || state == "writing" ? "" : state + " …");
    }
  } else if (method == method::delta && turn == turn_ && text_of(params, "kind") == "text" &&
             !command_.json) {
    output_.print(text_of(params, "text"));
  }
}

int Actions::preview(const std::string& input) {
  if (lacks("preview") || (command_.side && lacks("side"))) return status::failed;
  json params = question(input);
  if (command_.files.empty() && !command_.follow && !command_.side) params["parent"] = nullptr;
  if (command_.yes) params["consent"] = true;
  const auto result = daemon_.request(method::preview, params);
  if (!result) return failed(result.error());
  if (command_.json) {
    output_.print_line(*result);
  } else {
    output_.print(text_of(*result, "text"));
    output_.finish();
  }
  return interrupted_status(status::answered);
}

int Actions::show() {
  if (lacks("transcript")) return status::failed;
  const auto result = daemon_.request(command_.json ? method::get : method::transcript,
                                      {{"textDocument", {{"uri", document()}}}});
  if (!result) return failed(result.error());
  if (command_.json) {
    output_.print_line(*result);
  } else if (const std::string text = text_of(*result, "text"); !text.empty()) {
    output_.print(text);
    output_.finish();
  } else {
    output_.note("nothing has been asked about " + shown_place(document()) + " yet");
  }
  return interrupted_status(status::answered);
}

int Actions::list() {
  if (lacks("threads")) return status::failed;
  json params = {{"limit", 500}};
  limit_to(params, command_);
  do {
    const auto result = daemon_.request(method::list, params);
    if (!result) return failed(result.error());
    for (const json& row : list_of(*result, "conversations")) {
      if (command_.json) {
        output_.print_line(row);
        continue;
      }
      const std::string cost = row.contains("cost") ? "  " + dollars(row.value("cost", 0.0)) : "";
      output_.print(local_time(text_of(row, "updated")) + cost + "  " + shown_place(text_of(row, "uri")) +
                    "  " + text_of(row, "title") + "\n");
    }
    params["cursor"] = text_of(*result, "next");
  } while (!text_of(params, "cursor").empty() && interrupted() == 0);
  return interrupted_status(status::answered);
}

int Actions::search() {
  if (lacks("search")) return status::failed;
  json params = {{"query", command_.words}};
  limit_to(params, command_);
  const auto result = daemon_.request(method::search, params);
  if (!result) return failed(result.error());
  for (const json& hit : list_of(*result, "hits")) {
    if (command_.json)
      output_.print_line(hit);
    else
      output_.print(local_time(text_of(hit, "created")) + "  " + shown_place(text_of(hit, "uri")) + "  " +
                    text_of(hit, "title") + "\n    " + text_of(hit, "snippet") + "\n");
  }
  if (list_of(*result, "hits").empty()) output_.note("nothing was found");
  return interrupted_status(status::answered);
}

int Actions::report_usage() {
  if (lacks("usage")) return status::failed;
  json params = json::object();
  if (!command_.files.empty()) params["textDocument"] = {{"uri", document()}};
  const auto result = daemon_.request(method::usage, params);
  if (!result) return failed(result.error());
  if (command_.json)
    output_.print_line(*result);
  else
    output_.print(text_of(*result, "text"));
  return interrupted_status(status::answered);
}

}  // namespace aside
