// Browsers as clients of gRPC services (K:kong/plugins/grpc-web, and gRPC's own PROTOCOL-WEB.md): messages as bytes or
// in base64 by POST over any HTTP, the trailers as a last frame of the body.
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/base64.h"
#include "gateway/plugins/kinds.h"

namespace mes::gateway {
namespace {

using enum field_type;

constexpr char trailers_frame = static_cast<char>(0x80);

const schema& config_fields() {
  static const schema fields = {
      {.name = "proto",
       .absent =
           "messages in JSON are not transcoded here; those of application/grpc-web, -text and +proto pass without "
           "this field"},
      {.name = "pass_stripped_path", .type = boolean},
      {.name = "allow_origin_header", .fallback = "\"*\""},
  };
  return fields;
}

struct web_type {
  std::string_view name;
  bool base64;
};

constexpr auto web_types = std::to_array<web_type>({
    {"application/grpc-web", false},
    {"application/grpc-web+proto", false},
    {"application/grpc-web-text", true},
    {"application/grpc-web-text+proto", true},
});

const web_type* find_type(std::string_view name) {
  for (const web_type& t : web_types)
    if (t.name == name) return &t;
  return nullptr;
}

// Of an answer that says nothing of gRPC (gRPC's doc/http-grpc-status-mapping.md).
std::string_view status_of_http(int status) {
  switch (status) {
    case 400:
      return "13";
    case 401:
      return "16";
    case 403:
      return "7";
    case 404:
      return "12";
    case 429:
    case 502:
    case 503:
    case 504:
      return "14";
    default:
      return "2";
  }
}

// Several texts, each with padding of its own, may stand one after the other: clients encode message by message.
std::optional<std::string> decode_texts(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('='), text.size());
    while (end < text.size() && (text[end] == '=' || end % 4 != 0)) ++end;
    auto bytes = base64_decode(text.substr(0, end));
    if (!bytes) return std::nullopt;
    out += *bytes;
    text.remove_prefix(end);
  }
  return out;
}

std::string frame(char kind, std::string_view content) {
  std::string out(1, kind);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(content.size() >> shift & 0xff);
  return out.append(content);
}

// The last frame's content. What is no field of gRPC's own follows in the service's order.
std::string trailer_lines(std::string_view status, std::string_view message, const field_lines* others) {
  std::string lines = fmt::format("grpc-status:{}\r\ngrpc-message:{}\r\n", status, message);
  if (!others) return lines;
  for (const field_line& t : *others)
    if (t.name != "grpc-status" && t.name != "grpc-message") lines += fmt::format("{}:{}\r\n", t.name, t.value);
  return lines;
}

std::string_view value_of(const field_lines* fields, std::string_view name) {
  if (fields)
    for (const field_line& f : *fields)
      if (f.name == name) return f.value;
  return {};
}

class grpc_web final : public plugin {
 public:
  explicit grpc_web(const record& config)
      : _allow_origin(config.text("allow_origin_header")), _strip(config.flag("pass_stripped_path")) {}

  verdict access(plugin_context& c) const override {
    if (!_allow_origin.empty()) c.response_headers.set("Access-Control-Allow-Origin", _allow_origin);
    if (c.request->method == "OPTIONS") return answer_preflight(c);
    const web_type* type = find_type(c.request->headers.get(field_id::content_type));
    if (!type) return refuse(c, "transcoding requests require a .proto file defining the service");
    if (type->base64) {
      if (!c.request_body) return verdict::want_body;
      auto bytes = decode_texts(c.upstream_body ? *c.upstream_body : *c.request_body);
      if (!bytes) return refuse(c, "the request's body is not base64");
      c.upstream_body = std::move(*bytes);
    }
    c.state_of<state>(this).type = type;
    c.path_handled = _strip;
    c.upstream_headers.set("Content-Type", "application/grpc");
    c.upstream_headers.set("TE", "trailers");
    return verdict::next;
  }

  void header_filter(plugin_context& c) const override {
    state* s = c.state_if_any<state>(this);
    if (!s || !c.response) return;  // the gateway's own answers stay what they are
    c.response_headers.set("Content-Type", s->type->name);
    if (c.request->method != "POST") return;
    s->status = c.response->headers.get("grpc-status");  // of an answer that is over with its head
    s->message = c.response->headers.get("grpc-message");
    c.rewrite_body = true;
  }

  void rewrite_body(plugin_context& c, std::string& piece, bool last) const override {
    const state* s = c.state_if_any<state>(this);
    if (!s) return;
    bool text = s->type->base64;
    if (text) piece = base64_encode(piece);
    if (!last) return;
    std::string_view status = value_of(c.response_trailers, "grpc-status");
    std::string_view message = value_of(c.response_trailers, "grpc-message");
    if (status.empty()) status = s->status, message = s->message;
    if (status.empty()) status = status_of_http(c.response_status);
    std::string ending = frame(trailers_frame, trailer_lines(status, message, c.response_trailers));
    piece += text ? base64_encode(ending) : ending;
  }

 private:
  struct state {
    const web_type* type = nullptr;
    std::string status, message;
  };

  static verdict answer_preflight(plugin_context& c) {
    c.response_headers.set("Access-Control-Allow-Methods", "POST");
    c.response_headers.set("Access-Control-Allow-Headers", "content-type,x-grpc-web,x-user-agent");
    c.response_headers.set("grpc-status", "0");
    c.response_headers.set("grpc-message", "OK");
    c.answer = local_response{.status = 200, .body = "OK", .content_type = "application/grpc-web-text+proto"};
    return verdict::respond;
  }

  static verdict refuse(plugin_context& c, std::string_view why) {
    c.answer = local_response{.status = 400, .body = std::string(why), .content_type = {}};
    return verdict::respond;
  }

  std::string _allow_origin;
  bool _strip;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<grpc_web>(entry.config);
}

}  // namespace

plugin_kind grpc_web_kind() {
  return {.name = "grpc-web",
          .priority = 3,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
