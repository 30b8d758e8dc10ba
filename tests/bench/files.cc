// Measures how files are found for the `@` of a question, in a workspace of 50,000 files: how long an answer takes, and
// for how long one handler of the loop blocks all others. bench_files [FILES] prints the table "Many files" of
// README.md. The loop runs in this program, which measures the time of each handler.
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/context/workspace_files.h"
#include "tests/bench/table.h"
#include "tests/support/folder.h"

namespace {

using namespace aside;
using aside::bench::quantile;
using aside::bench::Samples;
using aside::test::Folder;

constexpr int in_a_folder = 20;

double now_ms(clockid_t clock) {
  timespec time = {};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// Makes source files with names like those in a large project.
void make_files(const std::string& work, int files) {
  const std::vector<std::string> rooms = {"core",    "network", "storage", "editor", "render",
                                          "compile", "runtime", "tools",   "tests",  "vendor"};
  const std::vector<std::string> words = {"list",   "buffer", "stream", "index",  "cursor",
                                          "parser", "window", "widget", "socket", "thread",
                                          "format", "symbol", "layout", "record"};
  for (int i = 0; i < files; ++i) {
    const int folder = i / in_a_folder;
    const std::string path = work + "/" + rooms[static_cast<std::size_t>(folder) % rooms.size()] + "/part_" +
                             std::to_string(folder / 10 % 25) + "/" +
                             words[static_cast<std::size_t>(folder) % words.size()] + std::to_string(folder);
    if (i % in_a_folder == 0) std::filesystem::create_directories(path);
    const std::string name = words[static_cast<std::size_t>(i) % words.size()] + "_" +
                             words[static_cast<std::size_t>(i / 3) % words.size()] + std::to_string(i % 97);
    std::ofstream(path + "/" + name + (i % 2 ? ".cc" : ".h")) << "int x" << i << ";\n";
  }
}

struct Measured {
  Samples answers;         // the time of each answer, in ms
  double longest = 0;      // the longest time of one handler, in ms
  double longest_cpu = 0;  // the longest CPU time of one handler, in ms
  std::size_t found = 0;
};

class Bench {
 public:
  explicit Bench(const std::string& work) : work_(work) {
    documents_.use(std::vector<std::string>{"file://" + work});
  }

  void find(const std::string& letters, Measured& measured) {
    WorkspaceFiles::Query query{"file://" + work_ + "/core/part_0/list0/main.cc", "", letters, 20};
    bool answered = false;
    const double start = now_ms(CLOCK_MONOTONIC);
    files_.find(std::move(query), std::make_shared<Cancel>(), [&](Result<WorkspaceFiles::Files> files) {
      if (!files) throw std::runtime_error(files.error().message);
      measured.found += files->files.size();
      answered = true;
    });
    while (!answered) step(measured);
    measured.answers.push_back(now_ms(CLOCK_MONOTONIC) - start);
  }
  // Runs the loop for three seconds, so that everything that was begun can end.
  void rest(Measured& measured) {
    const double until = now_ms(CLOCK_MONOTONIC) + 3000;
    while (now_ms(CLOCK_MONOTONIC) < until) step(measured);
  }

 private:
  void step(Measured& measured) {
    const double start = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_THREAD_CPUTIME_ID);
    io_.restart();
    io_.poll_one();
    measured.longest = std::max(measured.longest, now_ms(CLOCK_MONOTONIC) - start);
    measured.longest_cpu = std::max(measured.longest_cpu, now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu);
  }

  std::string work_;
  asio::io_context io_;
  Documents documents_;
  WorkspaceFiles files_{io_, documents_};
};

void print(const char* what, const Measured& measured) {
  std::printf("| %s | %.1f ms | %.1f ms | %.1f ms | %.2f ms | %.2f ms |\n", what,
              quantile(measured.answers, 0.5), quantile(measured.answers, 0.99),
              quantile(measured.answers, 1), measured.longest, measured.longest_cpu);
}

void measure(const std::string& work, const std::string& where) {
  Bench bench(work);
  Measured first, typed;
  bench.find("l", first);
  // Asks after each typed letter of these words. In some rounds, the daemon makes its list of files again meanwhile.
  for (int round = 0; round < 12; ++round) {
    for (const std::string word :
         {"list_buffer", "corepart", "wid", "storage/part_3/sym", "parser_win17.cc", "zq", ""})
      for (std::size_t letters = 1; letters <= std::max<std::size_t>(word.size(), 1); ++letters)
        bench.find(word.substr(0, letters), typed);
    if (round % 4 == 0) bench.rest(typed);
  }
  print((where + ": the first answer, for which the list is made").c_str(), first);
  print((where + ": " + std::to_string(typed.answers.size()) + " answers as letters are typed").c_str(),
        typed);
}

}  // namespace

int main(int argc, char** argv) try {
  const int files = argc > 1 ? std::atoi(argv[1]) : 50'000;
  const Folder folder;
  const std::string work = folder.path + "/work";
  make_files(work, files);
  std::printf(
      "| `@` among %d files | median | p99 | longest | loop held for at most | the same, of the processor |\n",
      files);
  std::printf("|---|---|---|---|---|---|\n");
  measure(work, "no repository");
  const std::string git =
      "cd '" + work + "' && git init -q . && git add . && git -c user.name=x -c user.email=x@x commit -qm x";
  if (std::system(git.c_str()) != 0) throw std::runtime_error("git failed");
  measure(work, "git");
  return 0;
} catch (const std::exception& failure) {
  std::cerr << "bench_files: " << failure.what() << "\n";
  return 1;
}
