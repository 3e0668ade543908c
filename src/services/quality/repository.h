// Where quality's records are kept. Writes are part of the caller's transaction.
#pragma once

#include "service/collection.h"
#include "service/context.h"
#include "services/quality/events.h"

namespace mes::quality {

const service::collection<inspection_plan>& plans();
const service::collection<inspection>& inspections();
const service::collection<ncr>& ncrs();
const service::collection<capa>& capas();
const service::collection<first_article>& first_articles();
const service::collection<signature>& signatures();
const service::collection<sampling_state>& sampling_states();

std::string new_id();
std::string next_number(store::session& db, const std::string& kind);  // "NCR" -> "NCR-000017"

std::optional<inspection_plan> find_plan(store::session& db, const std::string& number);  // the latest revision

// Emits about the record and counts it in event_version; the caller stores the record.
template <class T, class Data>
void tell(service::command& c, T& about, std::string topic, const Data& data) {
  c.emit(std::move(topic), about.id, ++about.event_version, wire::to_json(data));
}

}  // namespace mes::quality
