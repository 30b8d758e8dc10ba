#include "editors/shell/question.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "protocol/blank.h"

extern char** environ;

namespace aside {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view mark = "---- The question stands above this line. ----";

Error refused(std::string message) {
  return {ErrorCode::InvalidParams, std::move(message)};
}

// How many bytes the character at the beginning of the text has; 0 if it isn't valid UTF-8.
std::size_t character(std::string_view text) {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : 4;
  if (first < 0xC2 || first > 0xF4 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool no_character = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || no_character ? 0 : size;
}

Input as_utf8(const std::string& bytes) {
  Input input;
  input.text.reserve(bytes.size());
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t size = character(rest);
    input.text += size == 0 ? replacement : rest.substr(0, size);
    input.replaced += size == 0;
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return input;
}

// The environment without the API key.
std::vector<char*> without_key() {
  std::vector<char*> kept;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("ANTHROPIC_API_KEY=") && !text.starts_with("ANTHROPIC_AUTH_TOKEN="))
      kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

const char* editor() {
  for (const char* name : {"VISUAL", "EDITOR"})
    if (const char* value = std::getenv(name); value && *value) return value;
  return "vi";
}

// Runs the user's editor command in a shell, as git does, since the command may have options. Meanwhile ^C reaches only
// the editor.
bool edit(int terminal, const std::string& file) {
  std::string command = std::string(editor()) + " \"$1\"", name = "editor", path = file;
  char shell[] = "sh", option[] = "-c";
  char* argv[] = {shell, option, command.data(), name.data(), path.data(), nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_adddup2(&files, terminal, standard);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t interrupts;
  ::sigemptyset(&interrupts);
  for (const int signal : {SIGINT, SIGQUIT}) ::sigaddset(&interrupts, signal);
  ::posix_spawnattr_setsigdefault(&attributes, &interrupts);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  const auto before = std::signal(SIGINT, SIG_IGN), before_quit = std::signal(SIGQUIT, SIG_IGN);
  pid_t process = -1;
  int status = -1;
  const int failed = ::posix_spawnp(&process, shell, &files, &attributes, argv, without_key().data());
  while (failed == 0 && ::waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  std::signal(SIGINT, before);
  std::signal(SIGQUIT, before_quit);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  return failed == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string private_folder() {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* const value = std::getenv(name);
    if (!value || *value != '/') continue;
    std::string folder = std::string(value) + "/aside-XXXXXX";
    if (::mkdtemp(folder.data())) return folder;
  }
  std::string folder = "/tmp/aside-XXXXXX";
  return ::mkdtemp(folder.data()) ? folder : "";
}

}  // namespace

Result<Input> read_input(int descriptor) {
  std::string bytes;
  std::array<char, 64 * 1024> chunk;
  for (;;) {
    const ssize_t read = ::read(descriptor, chunk.data(), chunk.size());
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return refused(std::string("standard input can't be read: ") + std::strerror(errno));
    if (read == 0) break;
    bytes.append(chunk.data(), static_cast<std::size_t>(read));
    if (bytes.size() > max_input_bytes)
      return refused(
          "standard input has more than 16 MiB, the most that can go with a question; nothing was sent");
  }
  if (blank(bytes)) return refused("standard input is empty; nothing was sent");
  Input input = as_utf8(bytes);
  if (bytes.find('\0') != bytes.npos || input.replaced > bytes.size() / 8)
    return refused("standard input is no text; nothing was sent (name the file if it is a picture or a PDF)");
  return input;
}

Draft::~Draft() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string Draft::keep() {
  const std::string folder = std::exchange(folder_, "");
  return folder.empty() ? "" : folder + "/question.md";
}

Result<std::string> Draft::write(int terminal, const std::vector<std::string>& shared) {
  folder_ = private_folder();
  const std::string path = folder_ + "/question.md";
  const int file = folder_.empty() ? -1 : ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return refused(std::string("no file for the question can be made: ") + std::strerror(errno));
  std::string text = "\n" + std::string(mark) + "\nWithout a question, nothing is asked. " +
                     (shared.empty() ? "Nothing is sent with it.\n" : "With it is sent:\n");
  for (const std::string& name : shared) text += "  " + name + "\n";
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  if (!written || !edit(terminal, path))
    return refused(std::string("the editor (") + editor() + ") failed; nothing was asked");
  std::ifstream in(path, std::ios::binary);
  std::string question(std::istreambuf_iterator<char>(in), {});
  question = as_utf8(question.substr(0, question.find(mark))).text;
  return std::string(trimmed(question));
}

}  // namespace aside
