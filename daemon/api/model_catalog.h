// Which models there are to choose from: those that the server lists for this key, with what is known of them
// here; where it has no list or can't be reached, those that are built in. The list is kept in the state
// folder, and the server is asked again when someone wants to choose and it is older than a day: never
// otherwise. Then what is known is told at once; only where nothing is, the server is waited for, and not for
// long.
//
// What the server says of its models is also what the rest of the daemon knows of them (`learn_models`), from
// `recall` on.
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
  std::string as_of;  // when the API said so, or the date of what is built in
};

class ModelCatalog {
 public:
  static constexpr std::chrono::hours fresh_for{24};
  static constexpr std::chrono::milliseconds longest_wait{1500};
  static constexpr std::size_t max_file_bytes = 4 * 1024 * 1024;
  static constexpr int max_pages = 5;  // of 1,000

  using Clock = std::function<std::int64_t()>;  // milliseconds since 1970
  ModelCatalog(asio::io_context& io, Claude& claude, std::string state_folder, Clock clock);
  ModelCatalog(const ModelCatalog&) = delete;
  ModelCatalog& operator=(const ModelCatalog&) = delete;

  // Reads what was kept of this server's list; cheap, and done once.
  void recall();
  // Makes a name that a user has typed the id of a model. A part of an id or a display name is enough where
  // only one model has it, or versions of one model, of which the newest is taken ("haiku"). Empty stays
  // empty. InvalidParams where several models have it, or, by the server's own list, none; without such a
  // list an unknown name is believed.
  Result<void> name(std::string& model);
  // With the model that is chosen already, whatever the server lists.
  void list(std::string chosen, std::function<void(ModelList)> done);

 private:
  // What a server has answered: facts of its models, as `learn_models` takes them; null: it has no list.
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
