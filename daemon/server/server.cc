#include "daemon/server/server.h"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <asio/post.hpp>
#include <cstdint>
#include <new>
#include <optional>
#include <unordered_map>

#include "daemon/api/claude.h"
#include "daemon/api/credential.h"
#include "daemon/api/model.h"
#include "daemon/context/file_name.h"
#include "daemon/conversation/named_prompts.h"
#include "daemon/server/archive.h"
#include "daemon/server/results.h"
#include "daemon/server/usage_table.h"
#include "daemon/system/address.h"
#include "daemon/text/local_day.h"
#include "protocol/version.h"

namespace aside {

namespace {

constexpr std::size_t max_usage_rows = 2'000;  // more than people read
constexpr std::size_t max_usage_csv_rows = 100'000;

Subject subject(const SubjectParams& params) {
  return {params.uri, params.conversation};
}

Share share(const ShareParams& params) {
  return {params.uri, params.range, params.text, params.language,
          attachment_kind_named(params.kind).value_or(Attachment::Kind::Text)};
}

std::vector<Share> shares(const std::vector<ShareParams>& params) {
  std::vector<Share> shares;
  for (const ShareParams& one : params) shares.push_back(share(one));
  return shares;
}

Window window(const SubjectParams& params) {
  return {params.limit, params.before};
}

template <class Value, class Reply>
Result<Reply> translated(const Result<Value>& result, Reply (*translate)(const Value&)) {
  if (!result) return result.error();
  return translate(*result);
}

}  // namespace

Server::Server(asio::io_context& io, Session& session, Sharing& sharing, ModelCatalog& catalog,
               Documents& documents, Config& config, Wire wire)
    : io_(io),
      session_(session),
      conversations_(session.conversations),
      asking_(session.asking),
      sharing_(sharing),
      catalog_(catalog),
      documents_(documents),
      config_(config),
      exited_(std::move(wire.exited)),
      outbox_(std::move(wire.send), std::move(wire.congested)),
      requests_([this](std::string body) { outbox_.send(std::move(body)); }) {
  // clang-format off
  requests_.on(method::initialize,                   this, &Server::initialize);
  requests_.on(method::shutdown,                     this, &Server::shutdown);
  requests_.on(method::cancel,                       this, &Server::cancel);
  requests_.on(method::did_open,                     this, &Server::did_open);
  requests_.on(method::did_change,                   this, &Server::did_change);
  requests_.on(method::did_save,                     this, &Server::did_save);
  requests_.on(method::did_close,                    this, &Server::did_close);
  requests_.on(method::did_rename_files,             this, &Server::did_rename_files);
  requests_.on(method::did_change_configuration,     this, &Server::did_change_configuration);
  requests_.on(method::did_change_workspace_folders, this, &Server::did_change_workspace_folders);
  requests_.on(method::ask,                          this, &Server::ask);
  requests_.on(method::retry,                        this, &Server::retry);
  requests_.on(method::resume,                       this, &Server::continue_);
  requests_.on(method::stop,                         this, &Server::stop);
  requests_.on(method::get,                          this, &Server::get);
  requests_.on(method::transcript,                   this, &Server::transcript);
  requests_.on(method::create,                       this, &Server::new_);
  requests_.on(method::list,                         this, &Server::list);
  requests_.on(method::search,                       this, &Server::search);
  requests_.on(method::fork,                         this, &Server::fork);
  requests_.on(method::remove,                       this, &Server::delete_);
  requests_.on(method::archive,                      this, &Server::export_);
  requests_.on(method::restore,                      this, &Server::import_);
  requests_.on(method::open,                         this, &Server::open);
  requests_.on(method::select,                       this, &Server::select);
  requests_.on(method::configure,                    this, &Server::configure);
  requests_.on(method::models,                       this, &Server::models);
  requests_.on(method::instructions,                 this, &Server::instructions);
  requests_.on(method::allow,                        this, &Server::allow);
  requests_.on(method::prompts,                      this, &Server::prompts);
  requests_.on(method::usage,                        this, &Server::usage);
  requests_.on(method::prepare,                      this, &Server::prepare);
  requests_.on(method::preview,                      this, &Server::preview);
  requests_.on(method::edits,                        this, &Server::edits);
  requests_.on(method::marks,                        this, &Server::marks);
  requests_.on(method::compact,                      this, &Server::compact);
  requests_.on(method::check_attachments,            this, &Server::check_attachments);
  requests_.on(method::find_files,                   this, &Server::find_files);
  requests_.on(method::named,                        this, &Server::named);
  requests_.on(method::expand,                       this, &Server::expand);
  requests_.on(method::suggest,                      this, &Server::suggest);
  requests_.on(method::check_credential,             this, &Server::check_credential);
  requests_.on(method::set_credential,               this, &Server::set_credential);
  // clang-format on

  session_.start(events());
}

// Makes the functions that turn what the classes of conversation/ report into notifications to the editor.
ConversationEvents Server::events() {
  ConversationEvents events;
  events.delta = [this](const std::string& conversation, const std::string& turn, Piece::Kind kind,
                        const std::string& text) {
    outbox_.add({conversation, turn, kind == Piece::Kind::Thinking ? "thinking" : "text", text});
  };
  events.status = [this](const std::string& conversation, const std::string& turn, std::string_view state,
                         const std::optional<Retry>& retry) {
    StatusParams params{conversation, turn, std::string(state), std::nullopt};
    if (retry)
      params.retry = StatusParams::Retry{retry->attempt, retry->of, retry->delay_seconds, retry->reason};
    outbox_.send(dump_notification(method::status, to_json(params)));
  };
  events.changed = [this](const std::string& conversation, const std::string& uri) {
    outbox_.send(dump_notification(method::changed, to_json(ChangedParams{conversation, uri})));
  };
  events.taken_over = [this](const std::string& uri, const std::string& former) {
    std::string now = documents_.name(uri), before = documents_.name(former);
    if (now == before) now = file_path(uri), before = file_path(former);
    outbox_.show(Outbox::MessageType::Info,
                 now + " goes on with the conversation of " + before +
                     ", which no longer exists and had the same content. If that is wrong, begin a new "
                     "conversation; the old one stays in the list");
  };
  events.warn = [this](const std::string& message) { warn(message); };
  return events;
}

void Server::receive(std::string_view body) {
  std::optional<Incoming> incoming;
  try {
    incoming = parse(body);
  } catch (const std::bad_alloc&) {
    const std::string problem = "a message of " + std::to_string(body.size()) +
                                " bytes can't be read: there is not enough memory for it";
    const auto id = request_id(body);
    if (id)
      return requests_.refuse(
          id, {ErrorCode::InternalError, problem, {.hint = "Close other programs, then try again."}});
    documents_.distrust();
    return warn(problem);
  }
  if (const auto* unparsed = std::get_if<Unparsed>(&*incoming))
    return requests_.refuse(unparsed->id, unparsed->error);
  if (const auto* notification = std::get_if<Notification>(&*incoming)) return serve(*notification);
  if (const auto* request = std::get_if<Request>(&*incoming)) return serve(*request);
}

void Server::refuse(const Error& error, std::string_view beginning) {
  spdlog::error("{}", error.message);
  const auto id = request_id(beginning);
  if (!id) documents_.distrust();
  requests_.refuse(id, error);
}

void Server::serve(const Request& request) {
  const auto refused = [&](ErrorCode code, std::string message, std::string hint) {
    requests_.refuse(request.id, Error{code, std::move(message), {.hint = std::move(hint)}});
  };
  if (!requests_.known(request.method))
    return refused(ErrorCode::MethodNotFound, "there is no request " + request.method,
                   "See capabilities.experimental.aside.");
  const bool initializes = request.method == method::initialize;
  if (state_ == State::New && !initializes)
    return refused(ErrorCode::NotInitialized, request.method + " came before initialize",
                   "Send initialize first.");
  if (state_ == State::ShutDown)
    return refused(ErrorCode::InvalidRequest, request.method + " came after shutdown",
                   "Send exit, and start the daemon again.");
  if (state_ == State::Running && initializes)
    return refused(ErrorCode::InvalidRequest, "initialize came twice", "Send it once for each process.");
  try {
    requests_.serve(request);
  } catch (const std::exception& failure) {
    spdlog::error("{}: {}", request.method, failure.what());
    refused(ErrorCode::InternalError, request.method + ": an unexpected failure: " + failure.what(),
            "See asided.log in the state folder.");
  }
}

void Server::serve(const Notification& notification) {
  if (notification.method == method::exit) return exited_(state_ == State::ShutDown ? 0 : 1);
  if (state_ != State::Running) return;
  try {
    requests_.serve(notification);
  } catch (const std::exception& failure) {
    documents_.distrust();
    spdlog::error("{}: {}", notification.method, failure.what());
  }
}

void Server::drained() {
  outbox_.release();
}

void Server::warn(const std::string& message) {
  spdlog::warn("{}", message);
  if (state_ == State::Running) outbox_.show(Outbox::MessageType::Warning, message);
}

// ---- lifecycle and documents

Result<json> Server::initialize(const InitializeParams& params) {
  const auto& offered = params.position_encodings;
  const bool utf8 = std::find(offered.begin(), offered.end(), "utf-8") != offered.end();
  documents_.use(utf8 ? PositionEncoding::Utf8 : PositionEncoding::Utf16);
  folders_ = params.workspace_folders;
  use_folders();
  if (!params.options.is_null()) apply(config_, params.options, Source::Editor);
  use_settings();
  state_ = State::Running;
  // The slow work is done later, so that the answer is sent first.
  asio::post(io_, [this, client = params.client] {
    session_.open_store(client.empty() ? "another editor" : client);
    catalog_.recall();
    show_complaints();
  });
  return initialize_result(utf8, version);
}

void Server::use_settings() {
  spdlog::set_level(spdlog::level::from_str(config_.log_level));
  if (auto named = catalog_.name(config_.model); !named)
    config_.complaints.push_back("setting model: " + named.error().message);
  sharing_.use(config_.secret_files);
  use_folders();
  session_.use({config_.model, config_.effort, prompts_folder(), config_.keep_current, config_.confirm_above},
               config_.claude);
}

Result<json> Server::shutdown(const NoParams&) {
  state_ = State::ShutDown;
  return json(nullptr);
}

void Server::cancel(const CancelParams& params) {
  requests_.cancel(params.id);
}

void Server::show_complaints() {
  for (const std::string& complaint : config_.complaints) {
    spdlog::warn("{}", complaint);
    outbox_.show(Outbox::MessageType::Warning, complaint);
  }
  config_.complaints.clear();
}

void Server::did_open(const DidOpenParams& params) {
  documents_.open(params.uri, {params.language, params.version, params.text});
}

void Server::did_change(const DidChangeParams& params) {
  std::vector<Edit> edits;
  for (const auto& change : params.changes) edits.push_back({change.range, change.text});
  if (auto changed = documents_.change(params.uri, params.version, edits); !changed)
    spdlog::warn("{}: {}", method::did_change, changed.error().message);
}

void Server::did_save(const DocumentParams& params) {
  conversations_.saved(params.uri);
}

void Server::did_close(const DocumentParams& params) {
  documents_.close(params.uri);
  conversations_.closed(params.uri);
}

void Server::did_rename_files(const DidRenameFilesParams& params) {
  for (const auto& file : params.files) {
    if (auto renamed = conversations_.renamed(file.from, file.to); !renamed)
      spdlog::warn("{}: {}", method::did_rename_files, renamed.error().message);
  }
}

void Server::did_change_configuration(const DidChangeConfigurationParams& params) {
  if (params.settings.is_null()) return;
  apply(config_, params.settings, Source::EditorWhileRunning);
  use_settings();
  show_complaints();
}

void Server::did_change_workspace_folders(const DidChangeWorkspaceFoldersParams& params) {
  for (const std::string& gone : params.removed)
    folders_.erase(std::remove(folders_.begin(), folders_.end(), gone), folders_.end());
  folders_.insert(folders_.end(), params.added.begin(), params.added.end());
  use_folders();
}

void Server::use_folders() {
  documents_.use(folders_);
  session_.instructions().use(config_folder(config_), folders_, config_.secret_files);
}

// ---- conversations

Result<Question> Server::question(const AskParams& params) {
  std::string model = params.model;
  if (auto named = catalog_.name(model); !named) return named.error();
  return Question{.uri = params.uri,
                  .text = params.question,
                  .conversation = params.conversation,
                  .shares = shares(params.attachments),
                  .rewrite = params.rewrite ? std::optional(share(*params.rewrite)) : std::nullopt,
                  .parent = params.parent,
                  .side = params.side,
                  .model = std::move(model),
                  .effort = params.effort,
                  .current = params.current,
                  .consent = {params.consents, params.consent}};
}

void Server::ask(const Id& id, const AskParams& params, const Cancel::Pointer& cancel) {
  auto question = this->question(params);
  if (!question) return requests_.refuse(id, question.error());
  for (const Share& shared : question->shares) session_.files.record_shared(shared.uri);
  asking_.ask(*std::move(question), cancel, requests_.answering(id, ask_result));
}

void Server::preview(const Id& id, const AskParams& params, const Cancel::Pointer& cancel) {
  auto question = this->question(params);
  if (!question) return requests_.refuse(id, question.error());
  asking_.preview(*std::move(question), cancel, requests_.answering(id, preview_result));
}

void Server::check_attachments(const Id& id, const CheckParams& params, const Cancel::Pointer& cancel) {
  session_.checking.check({shares(params.attachments), params.uri, params.parent, params.current}, cancel,
                          requests_.answering(id, check_result));
}

void Server::find_files(const Id& id, const FindParams& params, const Cancel::Pointer& cancel) {
  WorkspaceFiles::Query query{params.uri, params.folder, params.query,
                              static_cast<std::size_t>(params.limit)};
  session_.files.find(std::move(query), cancel, requests_.answering(id, find_result));
}

void Server::named(const Id& id, const NamedParams& params, const Cancel::Pointer& cancel) {
  session_.names.find({params.text, params.folders}, cancel, requests_.answering(id, named_result));
}

void Server::expand(const Id& id, const ExpandParams& params, const Cancel::Pointer& cancel) {
  session_.groups.expand({params.uri, params.folder, params.pattern}, cancel,
                         requests_.answering(id, expand_result));
}

Result<SuggestResult> Server::suggest(const SuggestParams& params) {
  Suggestions::Situation situation{.uri = params.uri,
                                   .cursor = params.position,
                                   .selection = params.selection,
                                   .block = params.block,
                                   .listed = shares(params.attachments)};
  if (const auto& problems = params.problems)
    situation.problems = Share{.uri = params.uri,
                               .range = problems->range,
                               .text = problems->text,
                               .kind = Attachment::Kind::Diagnostics};
  return translated(session_.suggestions.suggest(situation), suggest_result);
}

void Server::edits(const Id& id, const EditsParams& params, const Cancel::Pointer& cancel) {
  const auto block = params.block ? std::optional(static_cast<std::size_t>(*params.block)) : std::nullopt;
  session_.proposals.edits(params.conversation, params.turn, block, cancel,
                           requests_.answering(id, edits_result));
}

void Server::marks(const Id& id, const DocumentParams& params, const Cancel::Pointer& cancel) {
  session_.marks.marks(params.uri, cancel, requests_.answering(id, marks_result));
}

void Server::compact(const Id& id, const CompactParams& params, const Cancel::Pointer& cancel) {
  asking_.compact(params.conversation, params.instructions, cancel, requests_.answering(id, ask_result));
}

void Server::retry(const Id& id, const RetryParams& params, const Cancel::Pointer& cancel) {
  std::string model = params.model;
  if (auto named = catalog_.name(model); !named) return requests_.refuse(id, named.error());
  asking_.retry(params.conversation, params.turn, model, params.effort, cancel,
                requests_.answering(id, ask_result));
}

void Server::continue_(const Id& id, const ReplyParams& params, const Cancel::Pointer& cancel) {
  asking_.continue_(params.conversation, params.turn, cancel, requests_.answering(id, ask_result));
}

Result<json> Server::stop(const ReplyParams& params) {
  if (auto stopped = asking_.stop(params.conversation, params.turn); !stopped) return stopped.error();
  return json::object();
}

Result<GetResult> Server::get(const SubjectParams& params) {
  return translated(conversations_.get(subject(params), window(params)), get_result);
}

Result<TranscriptResult> Server::transcript(const SubjectParams& params) {
  return translated(conversations_.get(subject(params), window(params)), transcript_result);
}

Result<NewResult> Server::new_(const NewParams& params) {
  auto created = conversations_.new_(params.uri, params.title);
  if (!created) return created.error();
  return NewResult{*created};
}

Result<ListResult> Server::list(const ListParams& params) {
  return translated(conversations_.list({.uri = params.uri,
                                         .folder = params.folder,
                                         .query = params.query,
                                         .limit = params.limit,
                                         .cursor = params.cursor,
                                         .since = params.since.value_or(0),
                                         .before = params.before.value_or(INT64_MAX),
                                         .deleted = params.deleted}),
                    list_result);
}

Result<SearchResult> Server::search(const SearchParams& params) {
  return translated(
      conversations_.search(
          {.uri = params.uri, .folder = params.folder, .query = params.query, .limit = params.limit}),
      search_result);
}

Result<GetResult> Server::fork(const ForkParams& params) {
  return translated(conversations_.fork(params.uri, params.conversation, params.turn, params.title),
                    get_result);
}

Result<json> Server::delete_(const ConversationParams& params) {
  if (auto removed = conversations_.delete_(params.conversation); !removed) return removed.error();
  return json::object();
}

Result<ExportResult> Server::export_(const ExportParams& params) {
  if (params.format == "markdown")
    return translated(conversations_.path(params.conversation), markdown_result);
  const auto tree = conversations_.tree(params.conversation);
  if (!tree) return tree.error();
  auto text = aside::archive(*tree);
  if (!text) return text.error();
  return ExportResult{*std::move(text)};
}

Result<GetResult> Server::import_(const ImportParams& params) {
  const auto tree = read_archive(params.text);
  if (!tree) return tree.error();
  return translated(conversations_.import_(params.uri, *tree), get_result);
}

Result<GetResult> Server::open(const OpenParams& params) {
  return translated(conversations_.open(params.uri, params.conversation), get_result);
}

Result<GetResult> Server::select(const SelectParams& params) {
  const SelectMode mode = params.onward ? SelectMode::ToBranchEnd : SelectMode::Exactly;
  return translated(conversations_.select(params.conversation, params.turn, mode), get_result);
}

Result<GetResult> Server::configure(const ConfigureParams& wanted) {
  ConfigureParams params = wanted;
  if (params.model) {
    if (auto named = catalog_.name(*params.model); !named) return named.error();
  }
  return translated(conversations_.configure(params.conversation, params.model, params.effort, params.title),
                    get_result);
}

void Server::models(const Id& id, const NoParams&, const Cancel::Pointer& cancel) {
  const std::string chosen = config_.model.empty() ? std::string(default_model) : config_.model;
  cancel->when_requested([this, id] {
    requests_.refuse(id, {ErrorCode::RequestCancelled, "cancelled before the list of models arrived"});
  });
  const auto translate = [chosen](const ModelList& list) { return models_result(list, chosen); };
  catalog_.list(chosen, [listed = requests_.answering(id, translate)](ModelList list) {
    listed(Result<ModelList>(std::move(list)));
  });
}

Result<UsageReportResult> Server::usage(const UsageParams& params) {
  const auto by = [&params](std::string_view word) {
    return std::find(params.by.begin(), params.by.end(), word) != params.by.end();
  };
  const UsageFilter filter{.uri = params.uri,
                           .conversation = params.conversation,
                           .since = local_milliseconds(params.since).value_or(0),
                           .before = local_milliseconds(params.before).value_or(INT64_MAX),
                           .limit = params.csv ? max_usage_csv_rows : max_usage_rows,
                           .by_day = by("day"),
                           .by_month = by("month"),
                           .by_file = by("file"),
                           .by_model = by("model"),
                           .by_conversation = by("conversation")};
  const auto report = conversations_.usage(filter);
  if (!report) return report.error();
  // Making a name reads the file system, so each document's name is made only once.
  std::unordered_map<std::string, std::string> names;
  const DocumentName name = [this, &names](const std::string& uri) {
    const auto [entry, is_new] = names.try_emplace(uri);
    if (is_new) entry->second = documents_.name(uri);
    return entry->second;
  };
  UsageReportResult result = usage_report_result(*report, name);
  result.text = params.csv ? usage_csv(*report, filter, name) : usage_table(*report, filter, name);
  if (params.csv) result.rows.clear();  // the rows are in the text
  return result;
}

Result<InstructionsResult> Server::instructions(const DocumentParams& params) {
  auto result = translated(conversations_.guidance(params.uri), instructions_result);
  const std::string own = session_.instructions().own_file();
  if (result && !own.empty()) result->own = file_uri(own);
  return result;
}

Result<json> Server::allow(const AllowParams& params) {
  if (auto allowed = session_.instructions().allow(params.folder, params.allow); !allowed)
    return allowed.error();
  return json::object();
}

std::string Server::prompts_folder() const {
  const std::string folder = config_folder(config_);
  return folder.empty() ? "" : folder + "/prompts";
}

Result<PromptsResult> Server::prompts(const NoParams&) {
  return prompts_result(named_prompts(prompts_folder()));
}

Result<CredentialResult> Server::check_credential(const NoParams&) {
  const ClaudeOptions& options = config_.claude;
  CredentialResult result{.source = source(options.credential)};
  if (options.unusable.empty()) result.server = address_of(options.base_url).origin;
  if (options.credential.style == CredentialStyle::None)
    result.state = "notNeeded";
  else
    result.state = result.source.empty() ? "missing" : "found";
  if (const auto can = ready(options); !can)
    result.problem = CredentialResult::Problem{can.error().message, can.error().data.hint};
  return result;
}

Result<json> Server::set_credential(const SetCredentialParams& params) {
  CredentialOptions credential = config_.claude.credential;
  credential.api_key = params.api_key;
  credential.from_editor = true;
  if (auto fits = usable(credential); !fits)
    return Error{ErrorCode::InvalidParams,
                 "params.apiKey: " + fits.error().message,
                 {.hint = "Copy the whole key again."}};
  config_.claude.credential = std::move(credential);
  use_settings();
  asio::post(io_, [this] { asking_.ask_again(); });
  return json::object();
}

void Server::prepare(const DocumentParams& params) {
  asking_.prepare(params.uri);
}

}  // namespace aside
