// A store in a temporary folder, and short functions for frequent steps of tests.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "daemon/store/store.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

struct Folder : aside::test::Folder {
  std::string store() const { return path + "/store.sqlite"; }
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

inline aside::Conversation proposed(const std::string& id) {
  aside::Conversation conversation;
  conversation.id = id;
  return conversation;
}

inline aside::NewExchange asking(aside::Conversation conversation, const std::string& question,
                                 std::optional<std::string> parent = std::nullopt) {
  aside::NewExchange exchange;
  exchange.conversation = std::move(conversation);
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

// Stores a question and its reply; returns the id of the reply.
inline std::string exchange(aside::Store& store, const aside::Conversation& conversation,
                            const std::string& question, std::optional<std::string> parent = std::nullopt) {
  const auto begun = got(store.begin(asking(conversation, question, std::move(parent))));
  done(store.finish(answer(begun.reply, "re: " + question)));
  return begun.reply;
}

inline aside::Conversation conversation_of(aside::Store& store, const std::string& id) {
  return got(store.conversation(id)).value();
}
