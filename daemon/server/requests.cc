#include "daemon/server/requests.h"

namespace aside {

void Requests::serve(const Request& request) {
  requests_.at(request.method)(request.id, request.params);
}

void Requests::serve(const Notification& notification) {
  const auto entry = notifications_.find(notification.method);
  if (entry != notifications_.end()) entry->second(notification.params);
}

void Requests::refuse(const std::optional<Id>& id, const Error& error) {
  if (id) running_.erase(*id);
  send_(dump_error(id, error));
}

void Requests::cancel(const Id& id) {
  const auto entry = running_.find(id);
  if (entry == running_.end()) return;
  const Cancel::Pointer cancel = entry->second;  // a copy, which outlives the entry
  cancel->request();
}

}  // namespace aside
