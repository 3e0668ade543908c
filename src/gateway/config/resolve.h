// Between reading and using: ids as Kong makes them, references by name or id, and what may not be there twice.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/config/loader.h"

namespace mes::gateway {

// Where the entities of each kind are, by id.
using entity_index = std::map<std::string_view, std::unordered_map<std::string, std::size_t>>;

// The id that versions before gave to the nameless entity at that place of its kind in the file, from 0.
std::string id_by_place(const entity_kind& kind, std::size_t place);

// Gives every entity its id in `values`, and turns its references into {"id": …}. Findings go to `report`.
entity_index resolve_entities(raw_entities& all, reporter& report);

}  // namespace mes::gateway
