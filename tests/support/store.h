// A store in a folder of its own, and short words for what is done with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "daemon/store/store.h"
#include "tests/support/test.h"

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "aside-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::string store() const { return path + "/store.sqlite"; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name) << text;
  }

  std::string path;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
T got(aside::Result<T> result) {
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}

inline void done(const aside::Result<void>& result) {
  if (!result) FAIL(result.error().message);
}

inline aside::Document document(const std::string& name) {
  return {"file:///" + name, "/" + name, "", ""};
}

inline aside::Thread proposed(const std::string& id) {
  aside::Thread thread;
  thread.id = id;
  return thread;
}

inline aside::NewExchange asking(aside::Thread thread, const std::string& question,
                                 std::optional<std::string> parent = std::nullopt) {
  aside::NewExchange exchange;
  exchange.thread = std::move(thread);
  exchange.parent = std::move(parent);
  exchange.question.text = question;
  return exchange;
}

inline aside::Turn answer(const std::string& reply, const std::string& text) {
  aside::Turn turn;
  turn.id = reply;
  turn.role = aside::Role::Assistant;
  turn.text = text;
  return turn;
}

// A whole exchange; the id of its reply.
inline std::string exchange(aside::Store& store, const aside::Thread& thread, const std::string& question,
                            std::optional<std::string> parent = std::nullopt) {
  const auto begun = got(store.begin(asking(thread, question, std::move(parent))));
  done(store.finish(answer(begun.reply, "re: " + question)));
  return begun.reply;
}

inline aside::Thread thread_of(aside::Store& store, const std::string& id) {
  return got(store.thread(id)).value();
}
