// The JSON-RPC server: the table of methods, LSP's life cycle, and what each method does. The server translates between
// the protocol and the Session, and decides nothing else. main calls the server with each message; everything that the
// server sends goes through the functions of `Wire`, in order (outbox.h). A request is answered exactly once
// (requests.h).
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/model_catalog.h"
#include "daemon/context/documents.h"
#include "daemon/conversation/session.h"
#include "daemon/server/config.h"
#include "daemon/server/outbox.h"
#include "daemon/server/requests.h"
#include "daemon/system/cancel.h"
#include "protocol/message.h"
#include "protocol/methods.h"

namespace aside {

class Server {
 public:
  struct Wire {
    std::function<void(std::string body)> send;
    std::function<bool()> congested;  // whether the editor reads slowly; deltas are then held back and joined
    std::function<void(int status)> exited;  // the message `exit` has come
  };

  Server(asio::io_context& io, Session& session, Sharing& sharing, ModelCatalog& catalog,
         Documents& documents, Config& config, Wire wire);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Handles a message. If there is not enough memory for the message, a request is refused. Any other message is
  // dropped, and documents that it may have changed are not shared until the editor sends their whole text.
  void receive(std::string_view body);
  // Answers a request whose frame was skipped, if the beginning of the frame has the request's id.
  void refuse(const Error& error, std::string_view beginning);
  void drained();                         // call this when the editor has read everything that waited for it
  void warn(const std::string& message);  // logs the message, and shows it if an editor is connected

 private:
  enum class State { New, Running, ShutDown };

  void serve(const Request& request);
  void serve(const Notification& notification);
  ConversationEvents events();
  void show_complaints();
  void use_settings();
  void use_folders();
  std::string prompts_folder() const;
  Result<Question> question(const AskParams& params);

  Result<json> initialize(const InitializeParams& params);
  Result<json> shutdown(const NoParams& params);
  void cancel(const CancelParams& params);
  void did_open(const DidOpenParams& params);
  void did_change(const DidChangeParams& params);
  void did_save(const DocumentParams& params);
  void did_close(const DocumentParams& params);
  void did_rename_files(const DidRenameFilesParams& params);
  void did_change_configuration(const DidChangeConfigurationParams& params);
  void did_change_workspace_folders(const DidChangeWorkspaceFoldersParams& params);

  void ask(const Id& id, const AskParams& params, const Cancel::Pointer& cancel);
  void retry(const Id& id, const RetryParams& params, const Cancel::Pointer& cancel);
  void continue_(const Id& id, const ReplyParams& params, const Cancel::Pointer& cancel);
  Result<json> stop(const ReplyParams& params);
  Result<GetResult> get(const SubjectParams& params);
  Result<TranscriptResult> transcript(const SubjectParams& params);
  Result<NewResult> new_(const NewParams& params);
  Result<ListResult> list(const ListParams& params);
  Result<SearchResult> search(const SearchParams& params);
  Result<GetResult> fork(const ForkParams& params);
  Result<json> delete_(const ConversationParams& params);
  Result<ExportResult> export_(const ExportParams& params);
  Result<GetResult> import_(const ImportParams& params);
  Result<GetResult> open(const OpenParams& params);
  Result<GetResult> select(const SelectParams& params);
  Result<GetResult> configure(const ConfigureParams& params);
  void models(const Id& id, const NoParams& params, const Cancel::Pointer& cancel);
  Result<UsageReportResult> usage(const UsageParams& params);
  Result<InstructionsResult> instructions(const DocumentParams& params);
  Result<json> allow(const AllowParams& params);
  Result<PromptsResult> prompts(const NoParams& params);
  Result<CredentialResult> check_credential(const NoParams& params);
  Result<json> set_credential(const SetCredentialParams& params);
  void prepare(const DocumentParams& params);
  void preview(const Id& id, const AskParams& params, const Cancel::Pointer& cancel);
  void edits(const Id& id, const EditsParams& params, const Cancel::Pointer& cancel);
  void marks(const Id& id, const DocumentParams& params, const Cancel::Pointer& cancel);
  void compact(const Id& id, const CompactParams& params, const Cancel::Pointer& cancel);
  void check_attachments(const Id& id, const CheckParams& params, const Cancel::Pointer& cancel);
  void find_files(const Id& id, const FindParams& params, const Cancel::Pointer& cancel);
  void named(const Id& id, const NamedParams& params, const Cancel::Pointer& cancel);
  void expand(const Id& id, const ExpandParams& params, const Cancel::Pointer& cancel);
  Result<SuggestResult> suggest(const SuggestParams& params);

  asio::io_context& io_;
  Session& session_;
  Conversations& conversations_;  // `conversations_` and `asking_` belong to the session
  Asking& asking_;
  Sharing& sharing_;
  ModelCatalog& catalog_;
  Documents& documents_;
  Config& config_;
  std::function<void(int status)> exited_;
  State state_ = State::New;
  std::vector<std::string> folders_;
  Outbox outbox_;
  Requests requests_;
};

}  // namespace aside
