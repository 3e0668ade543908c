// Kong's endpoints for entities, all of them by the table of entities: /services, /services/{}, /services/{}/routes,
// /services/{}/routes/{}, /routes/{}/service; GET, POST, PUT, PATCH, DELETE (kong/api/endpoints.lua).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gateway/admin/entity_place.h"
#include "gateway/admin/entity_store.h"
#include "gateway/admin/refusal.h"
#include "runtime/http.h"

namespace mes::gateway {

// What requests in turn make of the entities: each sees what those before it have changed. Nothing is kept yet.
class entity_draft {
 public:
  explicit entity_draft(const entity_store& store) : _store(store), _all(store.entities()) {}

  const entity_store& store() const { return _store; }
  const std::shared_ptr<const document>& all() const { return _all; }
  const std::vector<entity_change>& changes() const { return _changes; }
  void add(std::span<const entity_change> changes);

 private:
  const entity_store& _store;
  std::shared_ptr<const document> _all;
  std::shared_ptr<document> _own;  // _all, once there are changes
  std::vector<entity_change> _changes;
};

runtime::http_response answer_entities(entity_draft& draft, const runtime::http_request& request, entity_place place);

// What a client is told of a draft that was not taken.
refusal not_taken(const error& why);

// POST /schemas/{entity}/validate: whether one would be taken, apart from what others there are.
std::optional<refusal> validate_entity(const document& all, const entity_kind& kind,
                                       const runtime::http_request& request);

}  // namespace mes::gateway
