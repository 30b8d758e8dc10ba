#include "protocol/methods.h"

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

// A code block of protocol.md. `method` is the method of its section; `part` says whether the block has
// params, a result or an error.
struct Example {
  std::string method, part, text;
};

std::string protocol_md() {
  std::ifstream file(TEST_TRANSCRIPTS "/../../protocol/protocol.md", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Example> examples() {
  std::vector<Example> examples;
  std::istringstream file(protocol_md());
  std::string method;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("### ", 0) == 0) method = line.substr(4);
    if (line.rfind("```json ", 0) == 0) examples.push_back({method, line.substr(8), ""});
    if (line.rfind("```", 0) == 0) {
      inside = line.rfind("```json ", 0) == 0;
    } else if (inside) {
      examples.back().text += line + "\n";
    }
  }
  return examples;
}

template <class Params>
bool accepted(const json& params) {
  return decode<Params>(params).has_value();
}

}  // namespace

TEST_CASE("the structs read and write the examples of protocol.md exactly") {
  const std::map<std::string, bool (*)(const json&)> requests = {
      {method::initialize, accepted<InitializeParams>},
      {method::ask, accepted<AskParams>},
      {method::retry, accepted<RetryParams>},
      {method::resume, accepted<ReplyParams>},
      {method::stop, accepted<ReplyParams>},
      {method::edits, accepted<EditsParams>},
      {method::prepare, accepted<DocumentParams>},
      {method::marks, accepted<DocumentParams>},
      {method::get, accepted<SubjectParams>},
      {method::transcript, accepted<SubjectParams>},
      {method::list, accepted<ListParams>},
      {method::models, [](const json& params) { return params.empty(); }},
      {method::search, accepted<SearchParams>},
      {method::usage, accepted<UsageParams>},
      {method::fork, accepted<ForkParams>},
      {method::remove, accepted<ConversationParams>},
      {method::archive, accepted<ExportParams>},
      {method::restore, accepted<ImportParams>},
      {method::create, accepted<NewParams>},
      {method::open, accepted<OpenParams>},
      {method::select, accepted<SelectParams>},
      {method::configure, accepted<ConfigureParams>},
      {method::preview, accepted<AskParams>},
      {method::compact, accepted<CompactParams>},
      {method::check_attachments, accepted<CheckParams>},
      {method::find_files, accepted<FindParams>},
      {method::named, accepted<NamedParams>},
      {method::expand, accepted<ExpandParams>},
      {method::suggest, accepted<SuggestParams>},
      {method::instructions, accepted<DocumentParams>},
      {method::allow, accepted<AllowParams>},
      {method::prompts, [](const json& params) { return params.empty(); }},
      {method::check_credential, [](const json& params) { return params.empty(); }},
      {method::set_credential, accepted<SetCredentialParams>},
  };
  auto untold = requests;
  for (const auto& example : examples()) {
    INFO(example.method << " " << example.part << "\n" << example.text);
    const auto value = json::parse(example.text);
    if (example.part == "params") untold.erase(example.method);
    if (example.part == "params" && requests.count(example.method) > 0)
      CHECK(requests.at(example.method)(value));
    if (example.part == "result" && example.method == method::initialize)
      CHECK(value == initialize_result(true, value["serverInfo"]["version"]));
  }
  CHECK(untold.empty());
}

TEST_CASE("protocol.md has each error with its number and kind") {
  const auto text = protocol_md();
  for (const auto code :
       {ErrorCode::ParseError, ErrorCode::InvalidRequest, ErrorCode::MethodNotFound, ErrorCode::InvalidParams,
        ErrorCode::InternalError, ErrorCode::NotInitialized, ErrorCode::RequestCancelled, ErrorCode::Busy,
        ErrorCode::Unauthorized, ErrorCode::RateLimited, ErrorCode::Overloaded, ErrorCode::Offline,
        ErrorCode::ContextFull, ErrorCode::Upstream, ErrorCode::Storage, ErrorCode::NeedsConsent}) {
    const auto row = "| " + std::to_string(static_cast<int>(code)) + " | `" + kind(code) + "` |";
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
  }
}
