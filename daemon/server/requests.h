// The table of methods: which function serves each request and notification. A request is answered exactly once: with
// the result of its function, or later with the result of work that the function has started, such as a reply. Until
// then the request can be cancelled. This class knows JSON-RPC, but none of the methods: the server fills the table,
// and the functions belong to the server.
#pragma once

#include <spdlog/spdlog.h>

#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "daemon/system/cancel.h"
#include "protocol/message.h"
#include "protocol/methods.h"

namespace aside {

inline const json& to_json(const json& already) {
  return already;
}

class Requests {
 public:
  explicit Requests(std::function<void(std::string body)> send) : send_(std::move(send)) {}
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  // Registers a request that is answered with what `handle` returns.
  template <class Owner, class Params, class Reply>
  void on(const char* name, Owner* owner, Result<Reply> (Owner::*handle)(const Params&));
  // Registers a request that is answered later, by `answering` or by `refuse`.
  template <class Owner, class Params>
  void on(const char* name, Owner* owner,
          void (Owner::*handle)(const Id&, const Params&, const Cancel::Pointer&));
  // Registers a notification.
  template <class Owner, class Params>
  void on(const char* name, Owner* owner, void (Owner::*handle)(const Params&));

  bool known(const std::string& request) const { return requests_.count(request) > 0; }
  void serve(const Request& request);            // the request must be `known`
  void serve(const Notification& notification);  // an unknown notification is dropped
  // Makes the function that answers a running request when the work for it has ended. `translate` turns the outcome of
  // the work into the result of the request.
  template <class Translate>
  auto answering(const Id& id, Translate translate);
  void refuse(const std::optional<Id>& id, const Error& error);
  void cancel(const Id& id);

 private:
  template <class T, class Translate>
  void answer(const Id& id, const Result<T>& outcome, Translate translate);

  std::function<void(std::string body)> send_;
  std::map<std::string, std::function<void(const Id&, const json&)>, std::less<>> requests_;
  std::map<std::string, std::function<void(const json&)>, std::less<>> notifications_;
  std::map<Id, Cancel::Pointer> running_;  // requests that are answered later
};

template <class Owner, class Params, class Reply>
void Requests::on(const char* name, Owner* owner, Result<Reply> (Owner::*handle)(const Params&)) {
  requests_[name] = [this, owner, handle](const Id& id, const json& params) {
    auto decoded = decode<Params>(params);
    if (!decoded) return refuse(id, decoded.error());
    answer(id, (owner->*handle)(*decoded), [](const Reply& reply) -> const Reply& { return reply; });
  };
}

template <class Owner, class Params>
void Requests::on(const char* name, Owner* owner,
                  void (Owner::*handle)(const Id&, const Params&, const Cancel::Pointer&)) {
  requests_[name] = [this, owner, handle](const Id& id, const json& params) {
    auto decoded = decode<Params>(params);
    if (!decoded) return refuse(id, decoded.error());
    const auto cancel = std::make_shared<Cancel>();
    running_[id] = cancel;
    (owner->*handle)(id, *decoded, cancel);
  };
}

template <class Owner, class Params>
void Requests::on(const char* name, Owner* owner, void (Owner::*handle)(const Params&)) {
  notifications_[name] = [name, owner, handle](const json& params) {
    auto decoded = decode<Params>(params);
    if (!decoded) return spdlog::warn("{}: {}", name, decoded.error().message);
    (owner->*handle)(*decoded);
  };
}

template <class Translate>
auto Requests::answering(const Id& id, Translate translate) {
  return [this, id, translate](const auto& outcome) {
    if (running_.erase(id) > 0) answer(id, outcome, translate);
  };
}

// All answers are sent here or by `refuse`. If there is not enough memory for the result, the answer is an error,
// because an editor that gets no answer would wait for ever.
template <class T, class Translate>
void Requests::answer(const Id& id, const Result<T>& outcome, Translate translate) {
  if (!outcome) return refuse(id, outcome.error());
  std::string body;
  try {
    body = dump_result(id, to_json(translate(*outcome)));
  } catch (const std::bad_alloc&) {
    return refuse(id, {ErrorCode::InternalError,
                       "answering: there is not enough memory",
                       {.hint = "Close other programs, then try again.", .retryable = true}});
  }
  send_(std::move(body));
}

}  // namespace aside
