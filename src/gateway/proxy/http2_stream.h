// One exchange on a client's HTTP/2 connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/http/field_list.h"
#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/http2_limits.h"

namespace mes::gateway {

class http2_client;

class http2_stream final : public client_exchange {
 public:
  http2_stream(http2_client& of, worker& w, std::int32_t id, std::shared_ptr<client_link> link);

  // From the session, while its callbacks run: nothing here proceeds before proceed() is called.
  void add_field(std::string_view name, std::string_view value);
  void end_head(bool body_follows);
  void add_body(std::string_view bytes);
  void end_input();  // with the trailers, if fields came since the head
  struct piece {
    std::size_t bytes = 0;
    bool last = false, none_yet = false;
  };
  piece take_body(char* to, std::size_t room);  // of the response
  void note_unsent();                           // its head is more than the session sends
  const field_lines& trailers() const { return _response_trailers; }

  void proceed();
  void peer_gone();  // the client has reset it, or the connection is closed
  void stop_waiting(std::int64_t now_ms);
  bool over() const { return _state == state::closed; }
  bool input_ended() const { return _input_ended; }
  bool answered() const { return _response_ended && _out.empty(); }  // the session has all of it

  const std::int32_t id;
  const std::int64_t opened_ms;
  bool in_session = true;                            // the session knows it
  bool ready = false;                                // it is in the connection's list of those that may proceed
  std::size_t lent_window = 0;                       // by the connection, beyond what every stream has
  std::uint32_t window = http2_stream_window_bytes;  // what it lets the client send ahead

 private:
  bool step_between() override;
  bool fill_request_body() override;
  void rewind_request_body() override;
  void leave_request_body() override {}
  bool send_continue() override;
  void write_proxied(const response_extras& extras) override;
  void write_local(const local_head& head, bool with_body) override;
  void keep_sent(std::string_view bytes);
  void drop_body();
  void note_flow(std::size_t bytes);
  void keep_sent_fields(const field_list& fields);
  void end_response() override;
  void end_local() override;
  bool flush() override;
  bool writes_now() override { return true; }
  bool pump_tunnel() override;
  void exchange_over() override;
  void drop_client() override;
  void gone() override;
  bool out_of_time() override;
  void next_turn() override;

  bool begin_exchange();
  int open_request();  // 0, or the status to refuse it with
  int fill_request();
  void open_unasked();
  void end_incomplete(int status);

  http2_client& _of;
  field_list _fields;           // of the request; its head's views point in here
  std::string _cookies;         // joined, as HTTP/1.1 wants them
  io_buffer _body;              // of the request, not passed on yet
  std::string _sent;            // its beginning, passed on already
  std::size_t _sent_again = 0;  // of _body: bytes that were counted before
  std::size_t _flowed = 0;      // bytes that were passed on of late, and none of them had to wait for the service
  std::int64_t _flowed_since_ms = 0;
  field_lines _request_trailers, _response_trailers;
  bool _head_complete = false, _body_follows = false, _input_ended = false, _too_large = false;
  bool _response_ended = false, _blocked = false, _finished = false;
  std::size_t _trailer_bytes = 0;
  std::size_t _counted = 0;  // bytes of _out that are in the totals
};

}  // namespace mes::gateway
