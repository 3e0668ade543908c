#include "services/traceability/consumers.h"

#include <set>

#include "services/traceability/graph.h"

namespace mes::traceability {
namespace json = boost::json;
namespace {

std::string text(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

quantity amount(const json::object& from, std::string_view name) {
  quantity q;
  wire::decode_errors errors;
  if (const json::value* v = from.if_contains(name))
    wire::codec<quantity>::decode(*v, q, {}, std::string(name), errors);
  return q;
}

// Nodes that most events name are named once a run: their rows are there already.
class named_nodes {
 public:
  void name(service::command& c, std::string_view kind, const std::string& key) {
    if (key.empty() || _named.contains(node_id(kind, key))) return;
    name_node(c.db, kind, key, c.why.now);
    if (_named.size() >= names_max) _named.clear();
    c.after_commit([this, id = node_id(kind, key)] { _named.insert(id); });
  }

 private:
  static constexpr std::size_t names_max = 10'000;
  std::set<std::string> _named;  // of the writer's thread
};

result<void> keep_step(service::command& c, const service::event& e, const json::object& report, named_nodes& nodes) {
  auto started = instant::parse(text(report, "started_at")), ended = instant::parse(text(report, "ended_at"));
  std::string id = text(report, "id");
  if (id.empty() || !started || !ended)
    return fail(error_code::corrupt, "the report needs id, started_at and ended_at");
  add_step(c.db, {.id = id,
                  .work_order_id = e.aggregate_id,
                  .work_order = text(e.data, "number"),
                  .part = text(e.data, "part"),
                  .operation = text(report, "operation"),
                  .resource = text(report, "resource"),
                  .worker = text(report, "worker"),
                  .report_type = text(report, "report_type"),
                  .started_at = *started,
                  .ended_at = *ended,
                  .completed = amount(report, "completed"),
                  .rejected = amount(report, "rejected"),
                  .mrb = amount(report, "mrb"),
                  .recorded_at = c.why.now,
                  .request_id = e.request_id,
                  .user_id = e.user});
  nodes.name(c, "equipment", text(report, "resource"));
  nodes.name(c, "person", text(report, "worker"));
  return {};
}

result<void> on_work_order(service::command& c, const service::event& e, named_nodes& nodes) {
  if (const json::value* report = e.data.if_contains("report"); report && report->is_object())
    return keep_step(c, e, report->get_object(), nodes);
  nodes.name(c, "part", text(e.data, "part"));
  describe_node(c.db, "order", text(e.data, "number"), e.aggregate_version,
                {{"work_order_id", e.aggregate_id},
                 {"part", text(e.data, "part")},
                 {"state", text(e.data, "state")},
                 {"quantity", wire::codec<quantity>::encode(amount(e.data, "quantity"))}},
                c.why.now);
  return {};
}

result<void> connect(service::command& c, const service::event& e, std::string from, std::string to,
                     std::string_view kind, std::string_view suffix = "", std::optional<quantity> share = {}) {
  auto name = [&c](std::string_view id) {
    name_node(c.db, id.substr(0, id.find(':')), id.substr(id.find(':') + 1), c.why.now);
  };
  name(from);
  name(to);
  edge made{.id = e.id.to_string() + std::string(suffix),
            .from = std::move(from),
            .to = std::move(to),
            .kind = std::string(kind),
            .amount = share ? *share : amount(e.data, "quantity"),
            .uom = text(e.data, "uom"),
            .valid_from = e.time,
            .valid_to = {},
            .request_id = e.request_id};
  auto added = add_edge(c.db, made, c.why.now);
  if (!added) return std::unexpected(added.error());
  if (*added)
    c.emit("traceability.genealogy-updated", made.to, 0,
           {{"from", made.from},
            {"to", made.to},
            {"kind", made.kind},
            {"quantity", wire::codec<quantity>::encode(made.amount)}});
  return {};
}

// Material that went into an order: the lot (or serial) is a part of what the order makes.
result<void> on_consumed(service::command& c, const service::event& e) {
  std::string order = text(e.data, "work_order"), lot = text(e.data, "lot"), serial = text(e.data, "serial");
  if (order.empty() || (lot.empty() && serial.empty())) return {};
  return connect(c, e, serial.empty() ? node_id("lot", lot) : node_id("serial", serial), node_id("order", order),
                 "consumed-into");
}

result<void> on_lot(service::command& c, const service::event& e) {
  std::string lot = text(e.data, "lot");
  if (lot.empty()) return fail(error_code::corrupt, "the event names no lot");
  describe_node(c.db, "lot", lot, e.aggregate_version, e.data, c.why.now);
  std::string order = text(e.data, "work_order");
  if (e.type != "material.lot-created" || order.empty()) return {};
  return connect(c, e, node_id("order", order), node_id("lot", lot), "produced-by");
}

// A split has one parent and several children; a merge several parents and one output.
result<void> on_split_or_merge(service::command& c, const service::event& e) {
  bool split = e.type == "material.lot-split";
  std::string one = node_id("lot", text(e.data, "lot"));
  const json::value* others = e.data.if_contains(split ? "children" : "parents");
  if (!others || !others->is_array()) return fail(error_code::corrupt, "the event names no other lots");
  const json::value* shares = e.data.if_contains("quantities");  // of the other lots, in their order
  for (std::size_t i = 0; i < others->get_array().size(); ++i) {
    const json::value& other = others->get_array()[i];
    if (!other.is_string() && !other.is_object()) return fail(error_code::corrupt, "a lot is named by its number");
    std::string id =
        node_id("lot", other.is_string() ? std::string(other.get_string()) : text(other.get_object(), "lot"));
    std::optional<quantity> share;
    if (shares && shares->is_array() && i < shares->get_array().size()) {
      quantity q;
      wire::decode_errors errors;
      wire::codec<quantity>::decode(shares->get_array()[i], q, {}, "", errors);
      if (errors.empty()) share = q;
    }
    auto done =
        connect(c, e, split ? one : id, split ? id : one, split ? "split" : "merged", "#" + std::to_string(i), share);
    if (!done) return done;
  }
  return {};
}

result<void> on_serial(service::command& c, const service::event& e) {
  std::string serial = text(e.data, "serial"), order = text(e.data, "work_order");
  describe_node(c.db, "serial", serial, e.aggregate_version, e.data, c.why.now);
  if (order.empty()) return {};
  return connect(c, e, node_id("order", order), node_id("serial", serial), "produced-by");
}

result<void> on_quality(service::command& c, const service::event& e) {
  bool is_ncr = e.type.starts_with("quality.ncr");
  std::string key = text(e.data, "number");
  if (key.empty()) key = e.aggregate_id;
  describe_node(c.db, is_ncr ? "ncr" : "inspection", key, e.aggregate_version, e.data, c.why.now);
  std::string order = text(e.data, "work_order");
  if (order.empty() || (e.type != "quality.ncr-created" && e.type != "quality.inspection-created")) return {};
  return connect(c, e, node_id("order", order), node_id(is_ncr ? "ncr" : "inspection", key), "inspected-by");
}

}  // namespace

void define_consumers(service::api& surface) {
  auto nodes = std::make_shared<named_nodes>();
  for (const char* topic : {"work-order.created", "work-order.updated", "work-order.dispatched", "work-order.started",
                            "work-order.completed", "work-order.cancelled", "work-order.on-hold"})
    surface.consume(topic,
                    [nodes](service::command& c, const service::event& e) { return on_work_order(c, e, *nodes); });
  surface.consume("material.consumed", on_consumed);
  for (const char* topic : {"material.lot-created", "material.lot-released", "material.lot-quarantined"})
    surface.consume(topic, on_lot);
  surface.consume("material.lot-split", on_split_or_merge);
  surface.consume("material.lot-merged", on_split_or_merge);
  surface.consume("material.serial-generated", on_serial);
  for (const char* topic : {"quality.inspection-created", "quality.inspection-passed", "quality.inspection-failed",
                            "quality.ncr-created", "quality.ncr-closed"})
    surface.consume(topic, on_quality);
}

}  // namespace mes::traceability
