// Finds out which files a question names after an `@`, as in `@src/list.c:10-24`, so that the editor can attach them.
// Called by the server for attachment/named. The form of such a name is in text/at_words; this module looks which of
// them are files. Names are data: no shell, no environment variable and no link in them is expanded, only a `~/` at
// the beginning. No file is opened.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/system/cancel.h"
#include "protocol/error.h"
#include "protocol/range.h"

namespace aside {

class NamedFiles {
 public:
  static constexpr std::size_t max_text = 1024 * 1024, max_words = 1000;
  // The event loop may be blocked for this time; then other events get their turn.
  static constexpr std::chrono::milliseconds stretch{1};

  struct Query {
    std::string text;
    std::vector<std::string> folders;  // URIs; relative names are looked up in them, in this order
  };
  struct File {
    std::string uri;
    std::string name;  // for people, without the lines
    std::optional<Range> range;
  };
  struct Group {                  // several files: `folder` and `pattern` are for attachment/expand
    std::string folder, pattern;  // `pattern` is empty if all files of the folder are meant
  };
  struct Named {
    std::string word;  // as typed, without the `@` and without punctuation that belongs to the sentence
    std::variant<File, Group> what;
  };
  explicit NamedFiles(asio::io_context& io) : io_(io) {}

  // The names are in the order of the text, each of them once. Words that mean nothing are left out.
  // Errors: InvalidParams for a text that is over a limit; RequestCancelled.
  void find(Query query, const Cancel::Pointer& cancel, std::function<void(Result<std::vector<Named>>)> done);

 private:
  using Answer =
      std::optional<Result<std::vector<Named>>>;  // always has a value; co_spawn needs a default value
  asio::awaitable<Answer> find(Query query);

  asio::io_context& io_;
};

}  // namespace aside
