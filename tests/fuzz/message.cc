// Fuzzes the reading of messages with any text. The text must be recognised as a kind of message or refused.
// Its params must fit each method's struct or be refused with a reason. The answer must be JSON.
#include "protocol/message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "protocol/methods.h"

namespace {

using namespace aside;

void answer(const std::optional<Id>& id, const Error& error) {
  if (error.message.empty()) std::abort();
  const auto text = dump_error(id, error);
  if (!std::holds_alternative<Response>(parse(text))) std::abort();
}

template <class... Params>
void decode_each(const json& params) {
  const auto check = [](const auto& decoded) {
    if (!decoded) answer(std::nullopt, decoded.error());
  };
  (check(decode<Params>(params)), ...);
}

void decode_all(const json& params) {
  decode_each<InitializeParams, CancelParams, DidOpenParams, DidChangeParams, DocumentParams,
              DidRenameFilesParams, DidChangeConfigurationParams, DidChangeWorkspaceFoldersParams, AskParams,
              RetryParams, ConversationParams, SubjectParams, NewParams, ListParams, OpenParams, SelectParams,
              ConfigureParams>(params);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (const auto* request = std::get_if<Request>(&message)) {
    const auto text = dump_result(request->id, request->method);
    const auto back = parse(text);
    if (std::get<Response>(back).id != request->id) std::abort();
    decode_all(request->params);
  } else if (const auto* notification = std::get_if<Notification>(&message)) {
    decode_all(notification->params);
  } else if (const auto* unparsed = std::get_if<Unparsed>(&message)) {
    answer(unparsed->id, unparsed->error);
  }
  return 0;
}
