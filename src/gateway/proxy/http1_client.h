// A connection of a client that speaks HTTP/1.0 or 1.1: one exchange after another (RFC 9112).
#pragma once

#include <memory>
#include <string>

#include "gateway/net/lingering_close.h"
#include "gateway/proxy/client_connection.h"
#include "gateway/proxy/client_exchange.h"

namespace mes::gateway {

class http2_client;

class http1_client final : public client_connection, private client_exchange {
 public:
  http1_client(worker& of, net_stream stream, std::shared_ptr<client_link> link);

  ~http1_client() override;

  void on_events(std::uint32_t epoll_events) override;
  void sweep(std::int64_t now_ms) override;
  void on_turn_end() override;
  message_due first_message() override;
  void drain() override;
  void end_now() override { abort(); }

 private:
  bool step_between() override;
  bool fill_request_body() override;
  void rewind_request_body() override;
  void leave_request_body() override;
  bool send_continue() override;
  void write_proxied(const response_extras& extras) override;
  void write_local(const local_head& head, bool with_body) override;
  void end_response() override;
  void end_local() override {}  // its length was told
  bool flush() override;
  bool awaits_answer() const;
  bool asks_no_more() const;
  bool writes_now() override;
  bool pump_tunnel() override;
  void exchange_over() override;
  void drop_client() override;
  void gone() override;
  bool out_of_time() override;
  void next_turn() override;

  bool shake_hands();
  bool read_request();
  bool begin_exchange(std::size_t head_bytes);
  bool refuse_unread(int status);
  void give_up_head();
  exchange& open_unread_head();
  bool take_request_body(std::string_view bytes, std::size_t& used);
  bool linger();
  bool wants_http2() const;
  void become_http2();
  bool upgrade_to_http2();
  void end_connection();
  bool to_client(bool& moved);
  bool to_service(bool& moved);

  net_stream _stream;
  io_buffer _in;  // the request's head, which views point into, and what came behind it
  std::size_t _scanned = 0;
  std::int64_t _begun_us = 0;  // when the head's first bytes came
  int _blank_lines = 0;        // before this request
  std::string _leftover;       // bytes of the next request that came behind a chunked body
  lingering_close _linger;
  std::uint64_t _requests = 0;
  bool _turn_ended = false;  // it is time to write
  std::unique_ptr<http2_client> _successor;
};

}  // namespace mes::gateway
