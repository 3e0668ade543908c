// One question to one address: does it take a connection, and answer with a status of the right kind?
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/balancer/upstream_state.h"
#include "gateway/net/loop.h"
#include "gateway/net/stream.h"

namespace mes::gateway {

class health_checker;

class health_probe final : public event_target {
 public:
  health_probe(health_checker& by, std::shared_ptr<upstream_state> of, std::shared_ptr<peer_state> peer,
               std::string host);
  ~health_probe() override;

  bool start();  // false: it is over already
  void on_events(std::uint32_t epoll_events) override;
  bool expire(std::int64_t now_ms);  // true if its time is up
  std::string_view upstream() const { return _of->config().name; }

 private:
  enum class step : std::uint8_t { connecting, handshake, sending, receiving, done };

  void proceed();
  bool secure() const;
  bool asks() const;  // for a status; else a connection is all
  std::string_view awaited() const;
  void receive();
  void finish(sighting what, std::string_view why = {});
  void finish_silently();

  health_checker& _by;
  std::shared_ptr<upstream_state> _of;
  std::shared_ptr<peer_state> _peer;
  std::string _host;
  net_stream _stream;
  std::string _out, _in;
  step _step = step::connecting;
  std::int64_t _deadline_ms = 0;
};

}  // namespace mes::gateway
