#include "services/traceability/epcis.h"

#include <boost/json/array.hpp>

#include "runtime/http.h"

namespace mes::traceability {
namespace json = boost::json;
namespace {

// Ids that no GS1 company prefix stands behind are URNs of our own.
std::string urn(std::string_view id) { return "urn:mes:" + runtime::percent_encode(id); }

json::object common(std::string_view type, instant at) {
  return {{"type", type}, {"eventTime", at.to_string()}, {"eventTimeZoneOffset", "+00:00"}};
}

json::array quantity_list(const std::string& id, quantity amount) {
  json::object one{{"epcClass", urn(id)}};
  if (amount != quantity{}) one["quantity"] = wire::codec<quantity>::encode(amount);
  return json::array{std::move(one)};
}

}  // namespace

json::object to_epcis(const step& s) {
  json::object event = common("ObjectEvent", s.ended_at);
  event["action"] = "OBSERVE";
  event["epcList"] = json::array{};
  event["quantityList"] = quantity_list("order:" + s.work_order, s.completed);
  event["bizStep"] = "commissioning";
  event["readPoint"] = json::object{{"id", urn("equipment:" + s.resource)}};
  event["bizTransactionList"] =
      json::array{json::object{{"type", "prodorder"}, {"bizTransaction", urn("order:" + s.work_order)}}};
  event["mes:operation"] = s.operation;
  event["mes:worker"] = s.worker;
  event["mes:requestId"] = s.request_id;
  return event;
}

json::object to_epcis(const edge& e) {
  bool installed = e.kind == "installed";
  json::object event = common(installed ? "AssociationEvent" : "TransformationEvent", e.valid_from);
  if (installed) {
    event["action"] = e.valid_to ? "DELETE" : "ADD";
    event["parentID"] = urn(e.to);
    event["childEPCs"] = json::array{json::string(urn(e.from))};
  } else {
    event["inputQuantityList"] = quantity_list(e.from, e.amount);
    event["outputQuantityList"] = quantity_list(e.to, quantity{});
  }
  event["mes:kind"] = e.kind;
  event["mes:requestId"] = e.request_id;
  return event;
}

json::object epcis_document(json::array events, instant created) {
  return {{"@context", json::array{"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                                   json::object{{"mes", "urn:mes:"}}}},
          {"type", "EPCISDocument"},
          {"schemaVersion", "2.0"},
          {"creationDate", created.to_string()},
          {"epcisBody", json::object{{"eventList", std::move(events)}}}};
}

}  // namespace mes::traceability
