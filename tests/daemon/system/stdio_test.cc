#include "daemon/system/stdio.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>

#include "tests/support/folder.h"
#include "tests/support/test.h"

using namespace aside;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// The daemon's ends of the streams (`in`, `out`), and the editor's ends.
struct Ends {
  int in = -1, out = -1, editor_in = -1, editor_out = -1;
};

Ends pipes() {
  int in[2], out[2];
  REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
  return {in[0], out[1], in[1], out[0]};
}

Ends sockets() {
  int in[2], out[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0);
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, out) == 0);
  return {in[0], out[0], in[1], out[1]};
}

// One terminal for both directions, as when a person starts the daemon by hand.
Ends terminal() {
  int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(master >= 0);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  REQUIRE(slave >= 0);
  REQUIRE(std::system(("stty raw -echo < " + std::string(::ptsname(master))).c_str()) == 0);
  return {slave, ::dup(slave), master, ::dup(master)};
}

class Editor {
 public:
  explicit Editor(Ends ends) : ends_(ends), stdio_(std::make_unique<Stdio>(io_, ends.in, ends.out)) {
    std::signal(SIGPIPE, SIG_IGN);
    Stdio::Events events;
    events.message = [this](std::string body) {
      messages.push_back(std::move(body));
      if (on_message) on_message();
    };
    events.unreadable = [this](Error error, std::string_view) { skipped.push_back(error.message); };
    events.drained = [this] { ++drained; };
    events.ended = [this](Result<void> how) {
      ++ended;
      if (!how) failure = how.error().message;
      if (on_end) on_end();
    };
    stdio_->start(std::move(events));
  }
  ~Editor() {
    hang_up();
    stop_reading();
  }

  Stdio& stdio() { return *stdio_; }
  void drop() { stdio_.reset(); }

  // Writes bytes to the daemon, and lets the daemon read while it writes.
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t written = ::write(ends_.editor_in, bytes.data(), std::min<std::size_t>(bytes.size(), 4096));
      REQUIRE(written > 0);
      bytes.remove_prefix(static_cast<std::size_t>(written));
      turn();
    }
  }
  // Reads at most `most` bytes of the daemon's output; returns '' at the end of the output.
  std::string read(std::size_t most) {
    std::string bytes(most, '\0');
    ssize_t count = ::read(ends_.editor_out, bytes.data(), bytes.size());
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  std::string read_to(std::size_t bytes, std::size_t step) {
    std::string all;
    while (all.size() < bytes) {
      turn();
      std::string more = read(step);
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  void hang_up() {
    if (ends_.editor_in >= 0) ::close(ends_.editor_in);
    ends_.editor_in = -1;
  }
  void stop_reading() {
    if (ends_.editor_out >= 0) ::close(ends_.editor_out);
    ends_.editor_out = -1;
  }

  // Runs everything that is ready now.
  void turn() {
    io_.restart();
    io_.poll();
  }
  template <class Condition>
  bool wait(Condition condition) {
    auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      io_.restart();
      io_.run_one_until(deadline);
    }
    return condition();
  }
  // Runs until nothing is left to do.
  void run() {
    io_.restart();
    io_.run_for(20s);
    CHECK(io_.stopped());
  }

  std::vector<std::string> messages, skipped;
  std::function<void()> on_message, on_end;
  int drained = 0, ended = 0;
  std::string failure;

 private:
  asio::io_context io_{1};
  Ends ends_;
  std::unique_ptr<Stdio> stdio_;
};

int flags_of(int descriptor) {
  return ::fcntl(descriptor, F_GETFL) & O_NONBLOCK;
}

}  // namespace

TEST_CASE("frames go both ways, through pipes, sockets and a terminal") {
  const std::string kind = GENERATE("pipes", "sockets", "terminal");
  INFO(kind);
  Editor editor(kind == "pipes" ? pipes() : kind == "sockets" ? sockets() : terminal());
  editor.write(frame("one") + frame("two") + frame("three").substr(0, 7));
  REQUIRE(editor.wait([&] { return editor.messages.size() == 2; }));
  editor.write(frame("three").substr(7));
  REQUIRE(editor.wait([&] { return editor.messages.size() == 3; }));
  CHECK(editor.messages == std::vector<std::string>{"one", "two", "three"});

  const std::string expected = frame("a") + frame("") + frame("c");
  for (const char* body : {"a", "", "c"}) editor.stdio().send(body);
  CHECK(editor.read_to(expected.size(), 4096) == expected);
  CHECK(editor.ended == 0);
}

TEST_CASE("files can stand in for both ends") {
  const aside::test::Folder folder;
  const std::string in = folder / "in", out = folder / "out", large(300'000, 'x');
  std::ofstream(in) << frame("one") << frame(large);
  Ends ends;
  ends.in = ::open(in.c_str(), O_RDONLY);
  ends.out = ::open(out.c_str(), O_WRONLY | O_CREAT, 0600);
  {
    Editor editor(ends);
    REQUIRE(editor.wait([&] { return editor.ended == 1; }));
    CHECK(editor.messages == std::vector<std::string>{"one", large});
    CHECK(editor.failure.empty());
    for (int i = 0; i < 200; ++i) editor.stdio().send(large);
    editor.stdio().close(10s);
    editor.run();
  }
  std::ifstream written(out);
  std::string text{std::istreambuf_iterator<char>(written), {}}, expected;
  for (int i = 0; i < 200; ++i) expected += frame(large);
  CHECK(text == expected);
}

TEST_CASE("the end of the input is reported once, and messages that are sent after it are still written") {
  Editor editor(pipes());
  editor.write(frame("last") + "Content-Le");
  editor.hang_up();
  REQUIRE(editor.wait([&] { return editor.ended > 0; }));
  editor.stdio().send("answer");
  CHECK(editor.read_to(frame("answer").size(), 64) == frame("answer"));
  editor.stdio().close(10s);
  editor.run();
  CHECK(editor.messages == std::vector<std::string>{"last"});
  CHECK(editor.ended == 1);
  CHECK(editor.failure.empty());
  CHECK(editor.read(64).empty());
}

TEST_CASE("a frame that is too large is reported, one without a readable header ends the input") {
  Editor editor(pipes());
  editor.write("Content-Length: 70000000\r\n\r\n");
  editor.write(std::string(70'000'000, 'x') + frame("next"));
  REQUIRE(editor.wait([&] { return editor.messages.size() == 1; }));
  CHECK(editor.messages[0] == "next");
  CHECK(editor.skipped.size() == 1);
  CHECK(editor.ended == 0);

  editor.write("Content-Length: many\r\n\r\n" + frame("never seen"));
  REQUIRE(editor.wait([&] { return editor.ended > 0; }));
  CHECK_FALSE(editor.failure.empty());
  editor.turn();
  CHECK(editor.messages.size() == 1);
  CHECK(editor.ended == 1);
}

TEST_CASE("after an exception the next message is read, and the end of the input is still reported") {
  Editor editor(pipes());
  const auto fails = [&](auto act) {
    CHECK_THROWS_AS(act(), std::bad_alloc);
    editor.stdio().resume();
  };
  editor.on_message = [&] {
    if (editor.messages.back() == "bad") throw std::bad_alloc();
  };
  fails([&] { editor.write(frame("bad") + frame("same read")); });
  CHECK(editor.messages == std::vector<std::string>{"bad", "same read"});
  editor.write(frame("later"));
  CHECK(editor.messages.back() == "later");

  editor.on_end = [&] {
    if (editor.ended == 1) throw std::bad_alloc();
  };
  editor.hang_up();
  fails([&] { editor.turn(); });
  REQUIRE(editor.wait([&] { return editor.ended == 2; }));
  editor.turn();
  CHECK(editor.ended == 2);
  int closed = 0;
  fails([&] {
    editor.stdio().close(10s, [&] {
      if (++closed == 1) throw std::bad_alloc();
    });
  });
  CHECK(closed == 2);
}

TEST_CASE("a descriptor that can't be read says why") {
  Ends ends = pipes();
  ::close(ends.in);
  ends.in = ::open("/", O_RDONLY | O_DIRECTORY);
  Editor editor(ends);
  REQUIRE(editor.wait([&] { return editor.ended > 0; }));
  CHECK(editor.failure == "reading from the editor: Is a directory");
}

TEST_CASE("ten megabytes reach a slow reader, who is congested and then drained, once") {
  Editor editor(GENERATE(0, 1) == 0 ? pipes() : sockets());
  const std::string body(10'000'000, 'x');
  CHECK_FALSE(editor.stdio().congested());
  editor.stdio().send("first");
  editor.stdio().send(body);
  editor.stdio().send("last");
  CHECK(editor.stdio().congested());
  const std::string expected = frame("first") + frame(body) + frame("last");
  std::string begin = editor.read_to(1'000'000, 1000);
  CHECK(editor.stdio().congested());
  CHECK(editor.drained == 0);
  CHECK((begin + editor.read_to(expected.size() - begin.size(), 50'000) == expected));
  editor.turn();
  CHECK_FALSE(editor.stdio().congested());
  CHECK(editor.drained == 1);
}

TEST_CASE("many small frames go out in their order") {
  Editor editor(pipes());
  std::string expected;
  for (int i = 0; i < 50'000; ++i) {
    editor.stdio().send(std::to_string(i));
    expected += frame(std::to_string(i));
  }
  CHECK((editor.read_to(expected.size(), 65'536) == expected));
}

TEST_CASE("a reader that is gone ends the connection without an error") {
  Editor editor(GENERATE(0, 1) == 0 ? pipes() : sockets());
  editor.stdio().send(std::string(1'000'000, 'x'));
  editor.turn();
  CHECK(editor.ended == 0);
  editor.stop_reading();
  REQUIRE(editor.wait([&] { return editor.ended > 0; }));
  CHECK(editor.failure.empty());
  editor.stdio().send("nobody hears this");
  CHECK_FALSE(editor.stdio().congested());
  editor.stdio().close(10s);
  editor.run();
  CHECK(editor.ended == 1);
  CHECK(editor.drained == 0);
}

TEST_CASE("if an editor closes its pipes one after the other, its end is reported once") {
  Editor editor(pipes());
  editor.stdio().send(std::string(2'000'000, 'x'));
  editor.hang_up();
  REQUIRE(editor.wait([&] { return editor.ended > 0; }));
  editor.stop_reading();
  REQUIRE(editor.wait([&] { return !editor.stdio().congested(); }));
  editor.turn();
  CHECK(editor.ended == 1);
}

TEST_CASE("an editor that never reads counts as gone when too much is waiting") {
  Editor editor(pipes());
  const std::string body(32 * 1024 * 1024, 'x');
  for (std::size_t sent = 0; sent <= Stdio::max_outbox_bytes; sent += body.size()) {
    CHECK(editor.ended == 0);
    editor.stdio().send(body);
  }
  CHECK(editor.ended == 0);  // the callback isn't called inside `send`
  REQUIRE(editor.wait([&] { return editor.ended > 0; }));
  CHECK(editor.failure.empty());
  CHECK_FALSE(editor.stdio().congested());
}

TEST_CASE("closing sends what is queued, within a time limit, and calls no callback") {
  const std::string body(1'000'000, 'x');
  SECTION("a reader who reads gets everything") {
    Editor editor(pipes());
    editor.stdio().send(body);
    editor.stdio().close(20s);
    editor.stdio().send("too late");
    CHECK((editor.read_to(frame(body).size(), 100'000) == frame(body)));
    editor.run();
    CHECK(editor.read(64).empty());
    CHECK(editor.ended == 0);
  }
  SECTION("one who doesn't is not waited for") {
    Editor editor(pipes());
    editor.stdio().send(body);
    editor.stdio().close(20ms);
    editor.run();
    CHECK(editor.ended == 0);
    std::string got;
    for (std::string more = "x"; !more.empty(); got += more) more = editor.read(100'000);
    CHECK(got.size() < body.size());
  }
  SECTION("while a message is being handled, the next one is not delivered") {
    Editor editor(pipes());
    editor.on_message = [&] {
      editor.stdio().send(body);
      editor.stdio().close(20s);
    };
    editor.write(frame("one") + frame("two"));
    CHECK((editor.read_to(frame(body).size(), 100'000) == frame(body)));
    editor.run();
    CHECK(editor.messages == std::vector<std::string>{"one"});
    CHECK(editor.ended == 0);
  }
}

TEST_CASE("descriptors that others share are left as they were") {
  Ends ends = GENERATE(0, 1) == 0 ? pipes() : terminal();
  int in = ::dup(ends.in), out = ::dup(ends.out);
  REQUIRE(flags_of(in) == 0);
  {
    Editor editor(ends);
    editor.stdio().send("x");
    editor.turn();
    SECTION("when closed") {
      editor.stdio().close(10s);
      editor.run();
    }
    SECTION("when destroyed") {
      editor.drop();
    }
    CHECK(flags_of(in) == 0);
    CHECK(flags_of(out) == 0);
  }
  ::close(in);
  ::close(out);
}
