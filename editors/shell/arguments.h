// Reads the command line. The function `exists`, which the caller passes, says which names are those of files; nothing
// here looks at the disk. The last argument is the question unless it names a file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

struct Lines {
  int first = 0, last = 0;  // counted from 1; `last` is included
  bool operator==(const Lines&) const = default;
};

struct Command {
  enum class Action { Ask, Retry, Continue, Preview, Show, Search, List, Usage, Help, Version };
  struct File {
    std::string path;
    std::optional<Lines> lines;  // absent: the whole file
    bool operator==(const File&) const = default;
  };

  Action action = Action::Ask;
  std::vector<File> files;
  bool input = false;    // `-`: standard input is shared, too
  std::string question;  // empty: there is none
  std::string words;     // to search for
  std::string model;     // empty: the conversation's own model
  bool side = false, follow = false, yes = false, json = false;
};

using Exists = std::function<bool(const std::string& path)>;

// `arguments` are those after the program's name. The error is a sentence about what is wrong.
Result<Command> read_arguments(const std::vector<std::string>& arguments, const Exists& exists);
std::string usage();

}  // namespace aside
