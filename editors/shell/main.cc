// aside: asks Claude from the shell. It works as an editor does: it starts the daemon, sends a question, and shows the
// reply. The exit status is 0 when answered, 1 when something failed, 2 for wrong usage, 3 when the user's consent is
// needed, and 128 plus the signal's number after a signal.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "editors/shell/actions.h"
#include "editors/shell/arguments.h"
#include "editors/shell/interrupts.h"
#include "editors/shell/output.h"
#include "editors/shell/places.h"
#include "editors/shell/question.h"
#include "protocol/version.h"

namespace {

using namespace aside;

// Opens /dev/null for each standard descriptor that is closed. Otherwise a pipe to the daemon could get its number.
void open_standard_descriptors() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) descriptor = ::open("/dev/null", O_RDWR);
  ::close(descriptor);
}

std::vector<std::string> shared_with(const Command& command, const Input& input) {
  std::vector<std::string> names;
  for (const Command::File& file : command.files)
    names.push_back(
        shown_place(file_uri(absolute(file.path))) +
        (file.lines ? ":" + std::to_string(file.lines->first) + "-" + std::to_string(file.lines->last) : ""));
  if (command.input) names.push_back("standard input, " + std::to_string(input.text.size()) + " bytes");
  return names;
}

int run(const std::vector<std::string>& arguments) {
  Output output;
  const auto exists = [](const std::string& path) {
    struct stat found = {};
    return ::stat(path.c_str(), &found) == 0;
  };
  auto command = read_arguments(arguments, exists);
  if (!command) {
    output.note(command.error().message + "; aside --help lists the options");
    return status::wrong_usage;
  }
  if (command->action == Command::Action::Help) {
    std::cout << usage();
    return status::answered;
  }
  if (command->action == Command::Action::Version) {
    std::cout << "aside " << version << "\n";
    return status::answered;
  }

  Input input;
  if (command->input) {
    auto read = read_input(STDIN_FILENO);
    if (!read) {
      output.complain(read.error());
      return status::failed;
    }
    input = *std::move(read);
    if (input.replaced > 0)
      output.note("standard input is not UTF-8 throughout; bytes that are sent as U+FFFD: " +
                  std::to_string(input.replaced));
  }
  Draft draft;
  const bool asks = command->action == Command::Action::Ask || command->action == Command::Action::Preview;
  if (asks && command->question.empty()) {
    const int terminal = open_terminal();
    if (terminal < 0) {
      output.note("there is no question; aside --help lists what can be given");
      return status::wrong_usage;
    }
    auto written = draft.write(terminal, shared_with(*command, input));
    ::close(terminal);
    if (!written) {
      output.complain(written.error());
      return status::failed;
    }
    if (written->empty()) {
      output.note("the question is empty; nothing was asked");
      return status::failed;
    }
    command->question = *std::move(written);
  }

  catch_interrupts();
  Actions actions(*command, output);
  const int status = actions.run(input.text);
  if (command->action == Command::Action::Ask && !actions.stored())
    if (const std::string file = draft.keep(); !file.empty()) output.note("your question is kept in " + file);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  try {
    return run({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& failure) {
    std::cerr << "aside: " << failure.what() << "\n";
    return status::failed;
  }
}
