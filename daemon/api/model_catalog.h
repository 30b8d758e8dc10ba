// The models to choose from: the models that the server lists for this key, or the built-in models if the server has
// no list or can't be reached. The list is kept in the state folder. The server is asked again only when the user
// wants to choose a model and the list is older than a day. `list` answers at once with the list that is known; only
// if there is none, it waits for the server, for a short time.
//
// `recall` and each new list give the listed facts to Claude (`Claude::learn_models`), for the whole daemon.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/api/model.h"
#include "protocol/error.h"

namespace aside {

struct ModelList {
  std::vector<Model> models;
  bool from_api = false;
  std::string as_of;  // when the API gave the list, or the date of the built-in facts
};

class ModelCatalog {
 public:
  static constexpr std::chrono::hours fresh_for{24};
  static constexpr std::chrono::milliseconds longest_wait{1500};
  static constexpr std::size_t max_file_bytes = 4 * 1024 * 1024;
  static constexpr int max_pages = 5;  // a page has at most 1,000 models

  using Clock = std::function<std::int64_t()>;  // milliseconds since 1970
  ModelCatalog(asio::io_context& io, Claude& claude, std::string state_folder, Clock clock);
  ModelCatalog(const ModelCatalog&) = delete;
  ModelCatalog& operator=(const ModelCatalog&) = delete;

  // Reads the kept list of this server from the state folder. Later calls do nothing.
  void recall();
  // Replaces a name that the user has typed by the id of a model. A part of an id or display name is enough if it
  // fits only one model. It may also fit several versions of one model; the newest is then taken ("haiku"). An empty
  // name stays empty. Error: InvalidParams if the name fits several models, or none in the server's list. Without
  // such a list an unknown name is accepted.
  Result<void> name(std::string& model);
  // Passes a list of models to `done`. The list contains the model `chosen`, even if the server doesn't list it.
  void list(std::string chosen, std::function<void(ModelList)> done);

 private:
  // A server's answer: the facts about its models, in the form for `Models::learn`. Null if the server has no list.
  struct Kept {
    std::string server;
    std::int64_t as_of = 0;
    nlohmann::json models;
  };
  struct Waiting {
    std::string chosen;
    std::function<void(ModelList)> done;
  };

  ModelList known(const std::string& chosen) const;
  void refresh();
  asio::awaitable<void> refreshed();
  asio::awaitable<Result<nlohmann::json>> ask();
  void keep(Kept kept);
  void write() const;
  void answer_all();

  asio::io_context& io_;
  Claude& claude_;
  std::string file_;
  Clock clock_;
  std::optional<Kept> kept_;
  bool recalled_ = false, asking_ = false;
  std::vector<Waiting> waiting_;
  asio::steady_timer timer_;
};

}  // namespace aside
