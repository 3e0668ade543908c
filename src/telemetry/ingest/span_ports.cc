#include "telemetry/ingest/span_ports.h"

#include <array>
#include <utility>

#include "telemetry/ingest/span_receiver.h"

namespace mes::telemetry {
namespace {

using runtime::http_request;
using runtime::http_responder;

constexpr std::array grpc_ports = {4317, 14250};  // OTLP, Jaeger's collector
constexpr int jaeger_port = 14268, zipkin_port = 9411, sampling_port = 5778;

struct udp_port {
  int port;
  bool compact;  // else Thrift's binary encoding
};
constexpr std::array agent_ports = {udp_port{5775, true}, udp_port{6831, true}, udp_port{6832, false}};

}  // namespace

result<void> span_ports::open() {
  for (const int port : grpc_ports)
    if (auto opened = open_grpc(port); !opened) return opened;
  for (const udp_port& p : agent_ports)
    if (auto opened = open_udp(p.port, p.compact); !opened) return opened;
  const std::array<std::pair<int, runtime::http_server::handler>, 3> http_ports = {{
      {jaeger_port,
       [this](http_request request, http_responder responder) {
         receive_jaeger_batch(_store, _probe, request, std::move(responder));
       }},
      {zipkin_port,
       [this](http_request request, http_responder responder) {
         receive_zipkin_spans(_store, _probe, request, std::move(responder));
       }},
      {sampling_port, [](http_request request, http_responder responder) { responder.send(answer_sampling(request)); }},
  }};
  for (const auto& [port, handle] : http_ports)
    if (auto opened = open_http(port, handle); !opened) return opened;
  return {};
}

result<void> span_ports::open_http(int port, runtime::http_server::handler handle) {
  runtime::http_server_options options;
  options.address = _process.settings().text("bind");
  options.port = static_cast<std::uint16_t>(_process.port(port));
  options.body_bytes_max = spans_bytes_max;
  options.connections_max = 256;
  auto listening = runtime::http_server::listen(_process.loop(), options, std::move(handle));
  if (!listening) return fail(std::move(listening.error()));
  runtime::http_server* server = _http.emplace_back(std::move(*listening)).get();
  _process.on_stop_async(
      [server](std::function<void()> done) { server->stop(std::chrono::seconds(2), std::move(done)); });
  return {};
}

result<void> span_ports::open_grpc(int port) {
  runtime::grpc_server_options options;
  options.address = _process.settings().text("bind");
  options.port = static_cast<std::uint16_t>(_process.port(port));
  options.message_bytes_max = spans_bytes_max;
  auto listening = runtime::grpc_server::listen(
      _process.loop(), options, [this](std::string method, std::string message, runtime::grpc_responder responder) {
        receive_call(_store, _probe, method, message, std::move(responder));
      });
  if (!listening) return fail(std::move(listening.error()));
  runtime::grpc_server* server = _grpc.emplace_back(std::move(*listening)).get();
  _process.on_stop([server] { server->stop(); });
  return {};
}

result<void> span_ports::open_udp(int port, bool compact) {
  auto bound = datagram_server::listen(
      _process.loop(), _process.settings().text("bind"), static_cast<std::uint16_t>(_process.port(port)),
      [this, compact](std::string_view bytes) { receive_datagram(_store, _probe, bytes, compact); });
  if (!bound) return fail(std::move(bound.error()));
  datagram_server* server = _udp.emplace_back(std::move(*bound)).get();
  _process.on_stop([server] { server->close(); });
  return {};
}

}  // namespace mes::telemetry
