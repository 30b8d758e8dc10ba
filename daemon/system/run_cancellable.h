// Runs a coroutine for a request that can be cancelled. `done` is called once, however the coroutine ends.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "daemon/system/cancel.h"
#include "protocol/error.h"

namespace aside {

// The words of the two errors with which any such work can end.
struct WorkInWords {
  std::string doing;      // such as "finding files"
  std::string cancelled;  // such as "cancelled before the files were found"
};

// `Answer` is either T or a std::optional<Result<T>> that is never empty. It can't be Result<T> itself, since a
// coroutine's result must have a default value.
template <class T, class Answer>
void run_cancellable(asio::io_context& io, asio::awaitable<Answer> work, const Cancel::Pointer& cancel,
                     WorkInWords words, std::function<void(Result<T>)> done) {
  auto ended = [cancel, words = std::move(words), done = std::move(done)](const std::exception_ptr& failure,
                                                                          Answer answer) {
    if (cancel->requested()) return done(Error{ErrorCode::RequestCancelled, words.cancelled});
    if (failure) return done(Error{ErrorCode::InternalError, words.doing + ": an unexpected failure"});
    if constexpr (std::is_same_v<Answer, T>)
      done(std::move(answer));
    else
      done(*std::move(answer));
  };
  asio::co_spawn(io, std::move(work), asio::bind_cancellation_slot(cancel->slot(), std::move(ended)));
}

}  // namespace aside
