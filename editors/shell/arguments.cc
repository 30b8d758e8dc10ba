#include "editors/shell/arguments.h"

#include <getopt.h>

#include <charconv>
#include <string_view>

#include "protocol/blank.h"
#include "protocol/plain_text.h"

namespace aside {
namespace {

using Action = Command::Action;

constexpr option options[] = {{"model", required_argument, nullptr, 'm'},
                              {"preview", no_argument, nullptr, 'p'},
                              {"show", no_argument, nullptr, 's'},
                              {"search", required_argument, nullptr, 'S'},
                              {"list", no_argument, nullptr, 'l'},
                              {"usage", no_argument, nullptr, 'u'},
                              {"side", no_argument, nullptr, 'b'},
                              {"continue", no_argument, nullptr, 'c'},
                              {"retry", no_argument, nullptr, 'r'},
                              {"follow", no_argument, nullptr, 'f'},
                              {"yes", no_argument, nullptr, 'y'},
                              {"json", no_argument, nullptr, 'j'},
                              {"help", no_argument, nullptr, 'h'},
                              {"version", no_argument, nullptr, 'V'},
                              {}};

Error wrong(std::string message) {
  return {ErrorCode::InvalidParams, std::move(message)};
}

std::string shown(const std::string& argument) {
  return plain_line(argument);
}

// Whether `word` is a long option with a value that it doesn't take, such as `--yes=1`. `value` is the option's letter.
bool has_needless_value(std::string_view word, int value) {
  const std::size_t end = word.find('=');
  if (!word.starts_with("--") || end == std::string_view::npos) return false;
  for (const option& one : options)
    if (one.name && one.val == value && std::string_view(one.name).starts_with(word.substr(2, end - 2)))
      return true;
  return false;
}

// Reads "10" or "10-24".
std::optional<Lines> lines_of(std::string_view text) {
  Lines lines;
  const char* const end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, lines.first);
  lines.last = lines.first;
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-')
    read = std::from_chars(read.ptr + 1, end, lines.last);
  if (read.ec != std::errc() || read.ptr != end || lines.first < 0 || lines.last < 0) return std::nullopt;
  return lines;
}

// If a file is really named "main.c:10", that file is meant, not line 10 of main.c.
std::optional<Command::File> file_of(const std::string& argument, const Exists& exists) {
  if (exists(argument)) return Command::File{argument, std::nullopt};
  const std::size_t colon = argument.rfind(':');
  if (colon == std::string::npos || !exists(argument.substr(0, colon))) return std::nullopt;
  const auto lines = lines_of(std::string_view(argument).substr(colon + 1));
  if (!lines) return std::nullopt;
  return Command::File{argument.substr(0, colon), lines};
}

// Whether this looks like a mistyped name of a file and not like a question: one word, with a dot or a slash inside.
bool like_a_name(const std::string& argument) {
  if (word_bytes(argument) != argument.size()) return false;
  const std::size_t dot = argument.find('.'), slash = argument.find('/', 1);
  return slash != std::string::npos || (dot != std::string::npos && dot + 1 < argument.size());
}

bool asks(const Command& command) {
  return command.action == Action::Ask || command.action == Action::Preview;
}

std::optional<Error> read_positional(Command& command, const std::vector<std::string>& arguments,
                                     const Exists& exists) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto file = file_of(argument, exists);
    if (argument == "-") {
      if (command.input) return wrong("standard input can be read only once");
      command.input = true;
    } else if (file) {
      if (file->lines && (file->lines->first < 1 || file->lines->last < file->lines->first))
        return wrong(shown(argument) + ": lines count from 1, and the first comes before the last");
      command.files.push_back(*file);
    } else if (i + 1 < arguments.size() || like_a_name(argument)) {
      const bool may_be_question = i + 1 == arguments.size() && asks(command);
      return wrong("there is no file " + shown(argument) +
                   (may_be_question ? "; if that is the question, put a blank after it" : ""));
    } else if (blank(argument)) {
      return wrong("the question is empty");
    } else {
      command.question = argument;
    }
  }
  return std::nullopt;
}

std::optional<Error> check(const Command& command) {
  const bool asked = asks(command);
  if (!asked && command.side) return wrong("--side goes with a question");
  if (!asked && command.follow) return wrong("--follow goes with a question");
  if (!asked && command.action != Action::Retry && !command.model.empty())
    return wrong("--model goes with a question or --retry");
  if (!asked && command.input) return wrong("standard input goes with a question");
  if (!asked && !command.question.empty())
    return wrong("there is no file " + shown(command.question) + ", and no question goes with this option");
  if (!asked && (command.files.size() > 1 || (command.files.size() == 1 && command.files[0].lines)))
    return wrong("only one file goes with this option, without lines");
  if (command.follow && !command.files.empty())
    return wrong("--follow is for questions without a file: a file's conversation goes on by itself");
  return std::nullopt;
}

}  // namespace

Result<Command> read_arguments(const std::vector<std::string>& arguments, const Exists& exists) {
  std::vector<std::string> words = {"aside"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  Command command;
  std::string chosen;  // the option that gave the action
  opterr = 0;
  optind = 0;  // so that getopt starts again
  for (int found; (found = ::getopt_long(static_cast<int>(words.size()), argv.data(), ":m:yh", options,
                                         nullptr)) != -1;) {
    std::optional<Action> action;
    switch (found) {
      case 'm':
        command.model = optarg;
        break;
      case 'b':
        command.side = true;
        break;
      case 'f':
        command.follow = true;
        break;
      case 'y':
        command.yes = true;
        break;
      case 'j':
        command.json = true;
        break;
      case 'p':
        action = Action::Preview;
        break;
      case 's':
        action = Action::Show;
        break;
      case 'S':
        action = Action::Search, command.words = optarg;
        break;
      case 'l':
        action = Action::List;
        break;
      case 'u':
        action = Action::Usage;
        break;
      case 'c':
        action = Action::Continue;
        break;
      case 'r':
        action = Action::Retry;
        break;
      case 'h':
        action = Action::Help;
        break;
      case 'V':
        action = Action::Version;
        break;
      case ':':
        return wrong(shown(argv[static_cast<std::size_t>(optind) - 1]) + std::string(" needs a value"));
      default:
        if (const std::string word = argv[static_cast<std::size_t>(optind) - 1];
            has_needless_value(word, optopt))
          return wrong(shown(word.substr(0, word.find('='))) + " takes no value");
        return wrong("there is no option " + shown(optopt && optopt < 128 && ::isprint(optopt)
                                                       ? std::string("-") + static_cast<char>(optopt)
                                                       : argv[static_cast<std::size_t>(optind) - 1]));
    }
    if (!action) continue;
    if (!chosen.empty() && *action != command.action) return wrong("these options don't go together");
    command.action = *action;
    chosen = argv[static_cast<std::size_t>(optind) - 1];
  }
  if (command.action == Action::Help || command.action == Action::Version) return command;
  if (command.action == Action::Search && blank(command.words)) return wrong("--search needs words");
  std::vector<std::string> rest;
  for (std::size_t i = static_cast<std::size_t>(optind); i < words.size(); ++i) rest.push_back(argv[i]);
  if (auto error = read_positional(command, rest, exists)) return *error;
  if (auto error = check(command)) return *error;
  return command;
}

std::string usage() {
  return R"(aside [OPTION…] [FILE[:LINES]…] [-] [QUESTION]
asks Claude, and prints the reply as it comes.

  aside main.c:10-24 "Why is this slow?"    asks in the conversation of main.c
  git diff --cached | aside - /commit       begins a conversation of this folder

FILE or FILE:10 or FILE:10-24 is sent with the question, - sends standard input. The last argument is the question unless
it names a file. Without a question, $VISUAL or $EDITOR asks for one.

  -m, --model MODEL   asks this model: haiku, sonnet, opus, or another part of a name
      --preview       shows what would be sent, with its tokens and its price
      --side          asks beside the conversation, and leaves it as it was
      --follow        without a file: goes on in the last conversation of this folder
      --continue      goes on with a reply that was cut or stopped, of FILE or of this folder
      --retry         asks the last question of FILE or of this folder again
      --show          shows the conversation of FILE or of this folder
      --search WORDS  finds what was said, everywhere or about FILE or in a folder
      --list          lists the conversations, all or those of FILE or of a folder
      --usage         adds up tokens and cost, of everything or of FILE
  -y, --yes           agrees to what would be asked, such as a text that may hold a key
      --json          for scripts: JSON instead of text
  -h, --help, --version

The exit status is 0 when answered, 1 when something failed, 2 for wrong usage, 3 if it needs your consent, 130 after ^C.
What came of a reply is kept; --continue goes on. More: man aside
)";
}

}  // namespace aside
