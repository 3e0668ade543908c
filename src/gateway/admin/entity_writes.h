// Writes of entities that come together are answered one after the other, but kept and made active as one: to load a
// big configuration takes as long for ten of them as for one. Where they cannot be taken together, one half and then
// the other is tried, so that one which is refused costs few loads more.
//
// Belongs to the loop, which is not run on when this is gone.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "gateway/admin/entity_place.h"
#include "gateway/admin/entity_store.h"
#include "runtime/event_loop.h"
#include "runtime/http.h"

namespace mes::gateway {

class entity_writes {
 public:
  using answerer = std::move_only_function<void(runtime::http_response)>;
  entity_writes(runtime::event_loop& loop, entity_store& store) : _loop(loop), _store(store) {}

  // Answers when it is on disk and active, or refused.
  void add(runtime::http_request request, entity_place place, answerer answer);

 private:
  struct waiting {
    runtime::http_request request;
    entity_place place;
    answerer answer;
  };

  void commit_in(std::chrono::milliseconds delay);
  void commit();                           // one group: others of the loop have their turn before the next
  bool take(std::span<waiting> together);  // false: they do not go together, and none is answered

  runtime::event_loop& _loop;
  entity_store& _store;
  std::vector<waiting> _waiting;
  std::vector<std::vector<waiting>> _groups;  // halves of what did not go together, the first of them last
  std::shared_ptr<runtime::event_loop::timer> _next;
  std::chrono::milliseconds _took{0};  // the last ones
};

}  // namespace mes::gateway
