// Finds out which files a question names after an `@`, as in `@src/list.c:10-24`, so that the editor can attach them.
// Called by the server for attachment/named; lives as long as the session. text/at_words finds the words and knows their
// form; this module looks up which of them are files. Names are data: only a `~/` at the beginning is expanded, nothing is
// given to a shell, and links are not resolved. No file is opened.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/system/cancel.h"
#include "protocol/error.h"
#include "protocol/range.h"

namespace aside {

class NamedFiles {
 public:
  static constexpr std::size_t max_text = 1024 * 1024, max_words = 1000;
  // After this time a search pauses, so that other events get their turn.
  static constexpr std::chrono::milliseconds stretch{1};

  struct Query {
    std::string text;
    std::vector<std::string> folders;  // URIs; relative names of files are looked up in them, in this order
  };
  struct File {
    std::string uri;
    std::string name;  // for people, without the lines
    std::optional<Range> range;
  };
  // Several files, as `folder` (a URI) and `pattern` of attachment/expand. `pattern` is empty if all files of the folder
  // are meant. A relative group has the first of the query's folders; whether it has any files is not looked up.
  struct Group {
    std::string folder, pattern;
  };
  struct Named {
    std::string word;  // as typed, without the `@` and the punctuation of the sentence
    std::variant<File, Group> what;
  };
  explicit NamedFiles(asio::io_context& io) : io_(io) {}

  // Gives the names in the order of the text, each of them once. Words that mean nothing are left out.
  // Errors: InvalidParams for a text that is over a limit; RequestCancelled.
  void find(Query query, const Cancel::Pointer& cancel, std::function<void(Result<std::vector<Named>>)> done);

 private:
  using Answer =
      std::optional<Result<std::vector<Named>>>;  // always has a value; co_spawn needs a default value
  asio::awaitable<Answer> find(Query query);

  asio::io_context& io_;
};

}  // namespace aside
