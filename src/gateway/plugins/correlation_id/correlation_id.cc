// An id on the request and, if asked, on its answer (K:kong/plugins/correlation-id/handler.lua).
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

#include "base/uuid.h"
#include "gateway/config/checks.h"
#include "gateway/plugins/kinds.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "header_name", .fallback = "\"Kong-Request-ID\"", .check = check_header_name},
      {.name = "generator", .fallback = "\"uuid#counter\"", .one_of = {"uuid", "uuid#counter", "tracker"}},
      {.name = "echo_downstream", .type = boolean, .fallback = "false"},
  };
  return fields;
}

enum class generator : std::uint8_t { uuid, counter, tracker };

class correlation_id final : public plugin {
 public:
  explicit correlation_id(const record& config, const wall_clock& clock)
      : _header_text(config.text("header_name")),
        _generator(config.text("generator") == "uuid"      ? generator::uuid
                   : config.text("generator") == "tracker" ? generator::tracker
                                                           : generator::counter),
        _echo(config.flag("echo_downstream")),
        _worker(uuid::make_v4().to_string()),
        _clock(clock) {}

  verdict access(plugin_context& c) const override {
    std::string made;
    if (sent(c).empty()) c.upstream_headers.set(_header, generate(c, made));
    return verdict::next;
  }

  // After all others, who may have taken it off; of a request that ended before its access phase too.
  void header_filter(plugin_context& c) const override {
    if (!_echo) return;
    std::string made;
    std::string_view given = sent(c);
    c.response_headers.set(_header, given.empty() ? generate(c, made) : given);
  }

 private:
  std::string_view sent(const plugin_context& c) const {
    if (!c.upstream_headers.empty()) return c.upstream_header(_header).value_or("");
    return c.request->headers.get(_header);
  }

  // The new id; `made` holds it if nothing else does.
  std::string_view generate(const plugin_context& c, std::string& made) const {
    switch (_generator) {
      case generator::uuid:
        // The id of the trace, where there is one: one id from click to part.
        if (!c.request_id.empty()) return c.request_id;
        return made = uuid::make_v7().to_string();
      case generator::counter:
        return made = fmt::format("{}#{}", _worker, _count.fetch_add(1, std::memory_order_relaxed) + 1);
      case generator::tracker:
        break;
    }
    return made = fmt::format("{}-{}-{}-{}-{}-{:.3f}", c.link->own_address, c.link->port, getpid(), c.link->number,
                              c.request_number, static_cast<double>(_clock.now_ms()) / 1000);
  }

  std::string _header_text;
  field_name _header{_header_text};
  generator _generator;
  bool _echo;
  std::string _worker;
  const wall_clock& _clock;
  mutable std::atomic<std::uint64_t> _count = 0;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<correlation_id>(entry.config, parts.clock);
}

}  // namespace

plugin_kind correlation_id_kind() {
  return {.name = "correlation-id",
          .priority = 1,
          .config_fields = config_fields,
          .per_consumer = true,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
