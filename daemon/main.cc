// The program: reads the flags, builds all objects on the stack from the network up to the editor, and runs the loop.
// The process ends when the editor ends (`exit`, end of input, a header that can't be read). A forked copy then
// finishes the replies that are still being written. On SIGTERM, the text so far of these replies is stored; if the
// store can't take it, a forked copy holds the replies until a second SIGTERM.
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/api/claude.h"
#include "daemon/api/model_catalog.h"
#include "daemon/context/documents.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/session.h"
#include "daemon/core/turn.h"
#include "daemon/server/config.h"
#include "daemon/server/flags.h"
#include "daemon/server/server.h"
#include "daemon/store/backup.h"
#include "daemon/store/doctor.h"
#include "daemon/store/file.h"
#include "daemon/store/lost_store.h"
#include "daemon/store/store.h"
#include "daemon/system/detach.h"
#include "daemon/system/http.h"
#include "daemon/system/installed.h"
#include "daemon/system/log_file.h"
#include "daemon/system/proxy.h"
#include "daemon/system/stdio.h"
#include "daemon/text/safe.h"
#include "protocol/methods.h"
#include "protocol/version.h"

namespace {

using namespace aside;

constexpr std::chrono::milliseconds check_time{9500};  // ten seconds, minus half a second for everything else
constexpr std::chrono::milliseconds last_write_time{
    700};  // to write the last messages when the editor leaves

// The key and the conversations are in memory. Therefore this switches off core files, and keeps other processes of
// this user from reading the memory.
void keep_memory_private() {
  ::umask(077);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

// Makes the process keep freed memory. A question in a long conversation needs some megabytes for a few milliseconds.
// Half of the time of such a question went into giving memory back to the kernel and getting it again.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kept = 8 * 1024 * 1024;
  ::mallopt(M_TRIM_THRESHOLD, kept);
  ::mallopt(M_MMAP_THRESHOLD, kept);
#endif
}

// Moves the editor's pipes away from the standard descriptors. Then a stray print goes to stderr, and a file that is
// opened after the pipes are closed never gets the number of a standard descriptor.
struct Wire {
  int in, out;
};

Wire claim_standard_pipes() {
  const Wire wire{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::close(nothing);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return wire;
}

void log_to(const Config& config) {
  std::error_code failed;
  std::filesystem::create_directories(config.state_folder, failed);  // log_file reports a failure
  auto file = log_file(config.state_folder);
  spdlog::set_default_logger(file ? *file : spdlog::stderr_color_mt("asided"));
  if (!file) spdlog::warn("logging to stderr, since the log can't be used: {}", file.error().message);
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %P %l %v");
  spdlog::set_level(spdlog::level::from_str(config.log_level));
}

std::string host() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string store_file(const Config& config) {
  return config.state_folder + "/aside.sqlite";
}

// `--check`: prints what runs and where it is, a line each about settings, key, store and API, and what to do if something
// is wrong. It takes at most ten seconds, even if the command that prints the key, or the server, hangs.
int check(Config config) {
  spdlog::set_level(spdlog::level::off);
  asio::io_context io(1);
  const auto http = curl_http(io);
  config.claude.connect_timeout = std::min(config.claude.connect_timeout, check_time);
  Claude claude(io, *http, config.claude);
  Store store(store_file(config), host());
  bool well = config.complaints.empty();
  const auto print = [](const std::string& what, const std::string& text) {
    std::cout << what << redacted(text) << std::endl;
  };
  const auto line = [&](const char* what, const Result<std::string>& found) {
    print(what, found ? *found : found.error().message);
    if (!found && !found.error().data.hint.empty()) print("           → ", found.error().data.hint);
    well = well && found.has_value();
  };
  const char* path = std::getenv("PATH");
  const Installed here = installed(this_program(), path ? path : "");
  print("asided:    ",
        std::string(version) + ", protocol " + std::to_string(protocol_version) + ", " + build);
  print("program:   ", here.program);
  if (!here.in_path.empty())
    print("           → ",
          here.in_path + " comes first in PATH: editors that name no program start that one.");
  std::string parts;
  for (const std::string& part : here.parts) parts += (parts.empty() ? "" : ", ") + part;
  if (!parts.empty()) print("with it:   ", parts);
  std::error_code unknown;
  const bool has_file = std::filesystem::exists(config.config_file, unknown) || unknown;
  print("settings:  ", config.config_file + (has_file ? "" : " (missing; the built-in values are used)"));
  for (const std::string& complaint : config.complaints) print("           → ", complaint);
  print("model:     ", config.model);
  auto opened = not_lost(store_file(config));
  if (opened) opened = store.open();
  line("store:     ", opened ? Result<std::string>(store_file(config) + ": can be used") : opened.error());
  const std::string source = aside::source(config.claude.credential);
  print("key:       ", source.empty() ? "none" : source);
  if (const auto proxy = proxy_for(config.claude.base_url))
    print("proxy:     ", proxy->address + " (" + proxy->variable + ")");

  const std::string address = shown_address(config.claude.base_url);
  Result<std::string> answer =
      Error{ErrorCode::Offline,
            "asking " + address + ": no answer within " + "ten seconds",
            {.hint = "Check the network, baseUrl and the proxy, and whether apiKeyCommand ends."}};
  const auto ask = [&]() -> asio::awaitable<void> {
    auto found = co_await claude.check();
    answer = found ? Result<std::string>(address + ": " + *found) : found.error();
  };
  asio::co_spawn(io, ask, asio::detached);
  io.run_for(check_time);
  line("API:       ", answer);
  return well ? 0 : 1;
}

// Quotes a word for a command that the user copies.
std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

// `--doctor`: checks the whole store. Returns status 1 if something is wrong.
int doctor(const Config& config) {
  const std::string store = store_file(config);
  const auto diagnosis = examine(store);
  if (!diagnosis) {
    std::cerr << "asided: " << diagnosis.error().message << ". " << diagnosis.error().data.hint << "\n";
    return 1;
  }
  std::cout << store << "\n";
  for (const std::string& sentence : diagnosis->found) std::cout << "  " << sentence << "\n";
  for (const std::string& fault : diagnosis->faults) std::cout << "  ✗ " << fault << "\n";
  for (const std::string& advice : diagnosis->advice) std::cout << "  → " << advice << "\n";
  if (diagnosis->faults.empty()) {
    std::cout << "Nothing is wrong.\n";
    return 0;
  }
  if (diagnosis->repaired.empty() && !diagnosis->advice.empty()) return 1;
  if (diagnosis->repaired.empty()) {
    std::cout << "Nothing in the store can be saved. The file was not changed"
              << (backups_of(store).empty() ? "" : "; a backup can take its place") << ".\n";
    return 1;
  }
  std::cout << "What could be read is in " << diagnosis->repaired << ":\n";
  for (const std::string& sentence : diagnosis->saved) std::cout << "  " << sentence << "\n";
  std::cout << "The store was not changed. To use the repaired one, close all editors, then:\n"
            << "  cd " << shell_word(config.state_folder) << " && mkdir damaged &&\n"
            << "    for f in aside.sqlite aside.sqlite-wal aside.sqlite-shm; do [ ! -e $f ] || mv $f "
               "damaged/; done &&\n"
            << "    mv aside.sqlite-repaired aside.sqlite\n";
  return 1;
}

int compact(const Config& config) {
  Store store(store_file(config), host());
  const auto there = not_lost(store_file(config));
  const auto dropped = there ? store.compact() : there.error();
  if (!dropped) {
    std::cerr << "asided: " << dropped.error().message << ". " << dropped.error().data.hint << "\n";
    return 1;
  }
  std::cout << *dropped << (*dropped == 1 ? " deleted conversation" : " deleted conversations")
            << " erased for good";
  if (*dropped > 0 && !backups_of(store_file(config)).empty())
    std::cout << "; the daily backups beside the store still contain them";
  std::cout << "\n";
  return 0;
}

int run(Config config, Wire wire) {
  asio::io_context io(1);
  const auto http = curl_http(io);
  Claude claude(io, *http, config.claude);
  Store store(store_file(config), host());
  Documents documents;
  Sharing sharing(io, documents);
  Session session(io, claude, store, sharing, documents);
  Server* serves = nullptr;
  const auto warn = [&serves](const std::string& message) {
    if (serves) serves->warn(message);
  };
  Backups backups(io, store, now_milliseconds, warn);
  backups.start();
  ModelCatalog catalog(io, claude, config.state_folder, now_milliseconds);
  Stdio stdio(io, wire.in, wire.out);

  int status = 0;
  asio::steady_timer limit(io);
  bool detached = false;
  const auto finish = [&] {
    backups.stop();
    if (session.writing() && !std::exchange(detached, true)) {
      session.leave_editor([&] {
        if (auto left = detach(io, status); !left) spdlog::error("{}", left.error().message);
      });
      limit.expires_after(config.finish);
      limit.async_wait([&](const asio::error_code& error) {
        if (!error) session.give_up();
      });
    }
    session.when_written([&io] { io.stop(); });
  };
  // If `finish` fails after the editor has left, nothing else would end the process, so this stops the loop.
  const auto finish_or_stop = [&] {
    try {
      finish();
    } catch (const std::exception&) {
      io.stop();
      throw;
    }
  };
  const auto leave = [&](int with) {
    status = with;
    session.asking.cancel_uncommitted();
    if (config.finish.count() == 0) session.give_up();
    stdio.close(last_write_time, [&] { asio::post(io, finish_or_stop); });
  };
  Server::Wire out;
  out.send = [&stdio](std::string body) { stdio.send(std::move(body)); };
  out.congested = [&stdio] { return stdio.congested(); };
  out.exited = leave;
  Server server(io, session, sharing, catalog, documents, config, std::move(out));
  serves = &server;

  Stdio::Events in;
  in.message = [&server](const std::string& body) { server.receive(body); };
  in.unreadable = [&server](const Error& error, std::string_view beginning) {
    server.refuse(error, beginning);
  };
  in.drained = [&server] { server.drained(); };
  in.ended = [&leave](const Result<void>& end) {
    if (!end) std::cerr << "asided: " << end.error().message << "\n";
    leave(end ? 0 : 1);
  };
  stdio.start(std::move(in));

  asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
  bool told_to_end = false;
  std::function<void()> on_signal = [&] {
    signals.async_wait([&](const asio::error_code& error, int) {
      if (error) return;
      on_signal();  // first, since the code below may throw
      if (std::exchange(told_to_end, true)) {
        session.give_up();
      } else {
        session.interrupt();
        leave(0);
      }
    });
  };
  on_signal();
  // An exception from a handler ends only the work of that handler: running replies continue, and so does reading
  // from the editor. If memory has run out, all running replies are ended, since it isn't known to which of them the
  // handler belonged.
  for (bool ended = false, out_of_memory = false; !ended;) {
    try {
      if (std::exchange(out_of_memory, false)) session.out_of_memory();
      stdio.resume();
      io.run();
      ended = true;
    } catch (const std::bad_alloc&) {
      spdlog::error("there is not enough memory to go on");
      out_of_memory = true;
    } catch (const std::exception& failure) {
      spdlog::error("an unexpected failure: {}", failure.what());
    }
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ,
              SIG_IGN);  // a file at its size limit then gives an error instead of ending the process
  keep_memory_private();
  keep_freed_memory();
  const auto flags = read_flags(argc, argv);
  if (!flags) {
    std::cerr << "asided: " << flags.error().message << "; asided --help lists the flags\n";
    return 2;
  }
  if (flags->version) {
    std::cout << "asided " << version << "\n";
    return 0;
  }
  if (flags->help) {
    std::cout << usage();
    return 0;
  }
  try {
    Config config = read_config(*flags);
    if (flags->check) return check(config);
    if (flags->doctor) return doctor(config);
    if (flags->compact) return compact(config);
    const Wire wire = claim_standard_pipes();
    log_to(config);
    const int status = run(std::move(config), wire);
    spdlog::shutdown();
    return status;
  } catch (const std::exception& failure) {
    std::cerr << "asided: " << failure.what() << "\n";
    return 1;
  }
}
