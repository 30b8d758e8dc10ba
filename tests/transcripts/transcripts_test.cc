// Runs conversations with the real program, over pipes, in a new home. Each file tests/transcripts/*.txt is a
// conversation. The lines of such a file:
//
//   # why                a comment; a line that begins with a space continues the line before it
//   standin              (first line) starts the stand-in for the API; without it no API can be reached
//   → {json}             sends a message, with its header; it need not be valid
//   →raw bytes           sends bytes unchanged, without a header; \r \n \\ and \xHH are escapes
//   →spaces N            sends a message of N spaces
//   ← {json}             expects this message next
//   ←* {json}            expects this message; messages before it are skipped
//   ←text <name>         expects deltas and statuses, up to the status `ended` or an answer; the text of the
//                        deltas is the value of <name>
//   ⊣                    closes the program's input
//   exit N               (last line) expects no more messages and that the program ends with status N
//   stderr ~ text        (after exit) expects this text in the program's stderr
//
// In sent and expected messages, $DIR is the home. In expected messages, the string "<*>" stands for any
// value. "<name>" stands for a string that is the same wherever the name occurs, in sent messages, too.
// "begin…" stands for a string with this beginning. An object with the member "…": true may have other
// members, too.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/framing.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::seconds patience{20};
const std::string ellipsis = "…";

// The exception for an unexpected message or status. It is caught where the test can show the whole
// conversation.
struct Broken : std::runtime_error {
  using runtime_error::runtime_error;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool begins(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string unescaped(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char c = text.at(++i);
    if (c == 'x') {
      bytes += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      bytes += c == 'r' ? '\r' : c == 'n' ? '\n' : c;
    }
  }
  return bytes;
}

// The values of the names in angle brackets in a transcript.
class Names {
 public:
  // Returns where and how a message differs from the expected one; '' if it doesn't differ. Names get values
  // only from a message that matches.
  std::string difference(const json& expected, const json& came) {
    const auto before = bound_;
    auto found = compare(expected, came, "");
    if (!found.empty()) bound_ = before;
    return found;
  }
  std::string in(std::string text) const {
    for (const auto& [name, value] : bound_) text = replaced(text, json(name).dump(), json(value).dump());
    return text;
  }

 private:
  std::string compare(const json& expected, const json& came, const std::string& path) {
    if (expected.is_string()) return compare_text(expected.get<std::string>(), came, path);
    if (expected.is_object() && came.is_object()) return compare_objects(expected, came, path);
    if (expected.is_array() && came.is_array() && expected.size() == came.size()) {
      for (std::size_t i = 0; i < came.size(); ++i) {
        auto found = compare(expected[i], came[i], path + "[" + std::to_string(i) + "]");
        if (!found.empty()) return found;
      }
      return "";
    }
    return expected == came ? "" : differ(path, expected, came);
  }

  std::string compare_objects(const json& expected, const json& came, const std::string& path) {
    const bool open = expected.value(ellipsis, false);
    for (const auto& [name, value] : expected.items()) {
      if (name == ellipsis) continue;
      if (!came.contains(name)) return path + "." + name + " is missing";
      auto found = compare(value, came[name], path + "." + name);
      if (!found.empty()) return found;
    }
    for (const auto& [name, value] : came.items()) {
      if (!open && !expected.contains(name)) return path + "." + name + " was not expected: " + value.dump();
    }
    return "";
  }

  std::string compare_text(const std::string& expected, const json& came, const std::string& path) {
    if (expected == "<*>") return "";
    if (!came.is_string()) return differ(path, expected, came);
    const auto text = came.get<std::string>();
    if (expected.size() > 2 && expected.front() == '<' && expected.back() == '>') {
      const auto& value = bound_.emplace(expected, text).first->second;
      return value == text ? "" : differ(path, value, came);
    }
    const bool cut = expected.size() >= ellipsis.size() && expected.ends_with(ellipsis);
    const bool same =
        cut ? begins(text, expected.substr(0, expected.size() - ellipsis.size())) : text == expected;
    return same ? "" : differ(path, expected, came);
  }

  static std::string differ(const std::string& path, const json& expected, const json& came) {
    return (path.empty() ? "the message" : path) + " is not " + expected.dump() + " but " + came.dump();
  }

  std::map<std::string, std::string> bound_;
};

// A transcript that is being run. The constructor starts the program, the destructor ends it.
class Conversation {
 public:
  explicit Conversation(bool with_api) {
    std::string api = "http://127.0.0.1:9";
    if (with_api) {
      standin_ = std::make_unique<aside::Program>(std::vector<std::string>{STANDIN, "--port", "0"},
                                                  environment(""), home_.path() / "standin.log");
      api = address();
    }
    program_ = std::make_unique<aside::Program>(std::vector<std::string>{ASIDED}, environment(api), errors());
  }

  void take(const std::string& line) {
    story_ += line + "\n";
    const auto text = replaced(line, "$DIR", home_.path().string());
    const auto verb = text.substr(0, text.find(' '));
    const auto rest = text.substr(std::min(text.size(), verb.size() + 1));
    if (verb == "→") return write(aside::frame(names_.in(rest)));
    if (verb == "→raw") return write(unescaped(rest));
    if (verb == "→spaces") return write(aside::frame(std::string(std::stoul(rest), ' ')));
    if (verb == "←") return expect(json::parse(rest));
    if (verb == "←*") return expect_later(json::parse(rest));
    if (verb == "←text") return expect_text(rest);
    if (verb == "⊣") return program_->close_input();
    if (verb == "exit") return expect_exit(std::stoi(rest));
    if (begins(text, "stderr ~ ")) return expect_error(rest.substr(2));
    throw Broken("what is this line?");
  }

  std::string story() const { return story_ + "stderr:\n" + read_file(errors()); }

 private:
  fs::path errors() const { return home_.path() / "stderr"; }

  std::vector<std::string> environment(const std::string& api) const {
    const auto home = home_.path().string();
    std::vector<std::string> environment = {
        "HOME=" + home,       "XDG_STATE_HOME=" + home + "/state", "XDG_CONFIG_HOME=" + home + "/config",
        "PATH=/usr/bin:/bin", "ANTHROPIC_API_KEY=test-key",        "ANTHROPIC_BASE_URL=" + api};
    for (const char* sanitizer : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
      if (const char* options = std::getenv(sanitizer))
        environment.push_back(sanitizer + ("=" + std::string(options)));
    }
    return environment;
  }

  std::string address() {
    std::string line;
    while (line.find('\n') == std::string::npos) {
      const auto more = standin_->read(soon());
      if (more.empty())
        throw Broken("the stand-in did not start:\n" + read_file(home_.path() / "standin.log"));
      line += more;
    }
    return line.substr(line.find("http://"), line.find('\n') - line.find("http://"));
  }

  static std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + patience; }

  void write(const std::string& bytes) { decode(program_->write(bytes, soon())); }

  void decode(const std::string& bytes) {
    decoder_.feed(bytes);
    for (auto body = decoder_.next();; body = decoder_.next()) {
      if (!body) throw Broken(body.error().message);
      if (!*body) return;
      waiting_.push_back(json::parse(**body));
    }
  }

  // Returns the next message without removing it.
  const json& peek() {
    while (waiting_.empty()) {
      const auto bytes = program_->read(soon());
      if (bytes.empty()) throw Broken("the program has ended");
      decode(bytes);
    }
    return waiting_.front();
  }

  void drop() {
    story_ += "    came: " + waiting_.front().dump() + "\n";
    waiting_.pop_front();
  }

  void expect(const json& expected) {
    const auto difference = names_.difference(expected, peek());
    drop();
    if (!difference.empty()) throw Broken(difference);
  }

  void expect_later(const json& expected) {
    while (!names_.difference(expected, peek()).empty()) drop();
    drop();
  }

  void expect_text(const std::string& name) {
    std::string text;
    for (;;) {
      const json& message = peek();
      const auto method = message.value("method", "");
      if (method != "conversation/delta" && method != "conversation/status") break;
      const json& params = message.at("params");
      if (params.value("state", "") == "ended") break;
      if (params.value("kind", "") == "text") text += params.at("text").get<std::string>();
      drop();
    }
    const auto difference = names_.difference(name, text);
    if (!difference.empty()) throw Broken(difference);
  }

  void expect_exit(int status) {
    for (auto bytes = program_->read(soon()); !bytes.empty(); bytes = program_->read(soon())) decode(bytes);
    if (!waiting_.empty()) throw Broken("one message more: " + waiting_.front().dump());
    const auto came = program_->exit_status(soon());
    if (came != status) throw Broken("exit status " + std::to_string(came));
  }

  void expect_error(const std::string& text) const {
    if (read_file(errors()).find(text) == std::string::npos) throw Broken("stderr does not say so");
  }

  aside::Home home_;
  std::unique_ptr<aside::Program> standin_, program_;
  aside::FrameDecoder decoder_;
  std::deque<json> waiting_;
  Names names_;
  std::string story_;
};

// Returns the lines of a file without comments. Continued lines are joined.
std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::istringstream file(read_file(path));
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == ' ') {
      lines.back() += line.substr(line.find_first_not_of(' ') - 1);
    } else {
      lines.push_back(line);
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("the program speaks as its transcripts say") {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(TEST_TRANSCRIPTS)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  REQUIRE(!paths.empty());
  for (const auto& path : paths) {
    SECTION(path.stem().string()) {
      auto lines = lines_of(path);
      const bool with_api = lines.at(0) == "standin";
      if (with_api) lines.erase(lines.begin());
      Conversation conversation(with_api);
      std::string broken;
      try {
        for (const auto& line : lines) conversation.take(line);
      } catch (const std::exception& error) {
        broken = error.what();
      }
      INFO(conversation.story());
      CHECK(broken == "");
    }
  }
}
