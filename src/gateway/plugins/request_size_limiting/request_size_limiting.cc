// Bounds the size of request bodies (K:kong/plugins/request-size-limiting/handler.lua).
#include <algorithm>

#include "gateway/plugins/kinds.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "allowed_payload_size", .type = integer, .fallback = "128"},
      {.name = "size_unit", .fallback = "\"megabytes\"", .one_of = {"megabytes", "kilobytes", "bytes"}},
      {.name = "require_content_length", .type = boolean, .fallback = "false"},
  };
  return fields;
}

class request_size_limiting final : public plugin {
 public:
  explicit request_size_limiting(const record& config)
      : _limit_bytes(std::max<std::int64_t>(0, config.integer("allowed_payload_size")) *
                     unit_of(config.text("size_unit"))),
        _length_required(config.flag("require_content_length")) {}

  verdict access(plugin_context& c) const override {
    const request_head& r = *c.request;
    if (r.headers.find(field_id::content_length)) return check(c, r.content_length);
    if (_length_required && r.body != body_kind::chunked)
      return c.exit_error(411, "A valid Content-Length header is required");
    if (r.body == body_kind::none) return verdict::next;
    if (!c.request_body) {
      c.request_body_max = static_cast<std::uint64_t>(_limit_bytes);
      return verdict::want_body;
    }
    return check(c, c.request_body->size());
  }

 private:
  static std::int64_t unit_of(std::string_view name) {
    return name == "bytes" ? 1 : name == "kilobytes" ? 1 << 10 : 1 << 20;
  }

  verdict check(plugin_context& c, std::uint64_t bytes) const {
    if (bytes <= static_cast<std::uint64_t>(_limit_bytes)) return verdict::next;
    return c.exit_error(c.request->expects_continue ? 417 : 413, "Request size limit exceeded");
  }

  std::int64_t _limit_bytes;
  bool _length_required;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<request_size_limiting>(entry.config);
}

}  // namespace

plugin_kind request_size_limiting_kind() {
  return {.name = "request-size-limiting",
          .priority = 951,
          .config_fields = config_fields,
          .per_consumer = true,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
