// The head of an HTTP/1.1 message (RFC 9112), parsed in place: views into the caller's buffer.
//
// Strict where leniency lets two servers see different messages (request smuggling): no bare LF, no obsolete folding,
// no blank before the colon, one framing only. Answers are those of one's own services, which deceive nobody: where
// nginx takes what has one meaning only, so does parse_response_head (bare LF, equal lengths, a length beside chunks,
// identity).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/http/field_id.h"

namespace mes::gateway {

struct header_view {
  std::string_view name;
  std::string_view value;  // without surrounding blanks
  field_id id = field_id::other;
};

inline constexpr std::size_t headers_max = 1'000;  // nginx' max_headers; bytes are bounded besides

class header_table {
 public:
  void clear() {
    _fields.clear();
    _first.fill(-1);
  }
  bool add(header_view h);  // false: full
  const header_view* begin() const { return _fields.data(); }
  const header_view* end() const { return _fields.data() + _fields.size(); }
  std::size_t size() const { return _fields.size(); }

  const header_view* find(field_id id) const {
    std::int16_t i = _first[static_cast<std::size_t>(id)];
    return i < 0 ? nullptr : &_fields[static_cast<std::size_t>(i)];
  }
  const header_view* find(const field_name& name) const;
  void keep(field_id id, std::size_t count);  // the first ones of that name, and not the others
  std::string_view get(field_id id) const {
    const header_view* h = find(id);
    return h ? h->value : std::string_view{};
  }
  std::string_view get(const field_name& name) const {
    const header_view* h = find(name);
    return h ? h->value : std::string_view{};
  }

 private:
  std::vector<header_view> _fields;
  std::array<std::int16_t, static_cast<std::size_t>(field_id::count)> _first;
};

enum class body_kind : std::uint8_t { none, length, chunked, until_close };

struct request_head {
  std::string_view method;
  std::string_view target;     // origin form: "/path?query", or "*"
  std::string_view authority;  // from Host, or from an absolute target
  int minor_version = 1;       // HTTP/1.0 or HTTP/1.1
  bool http2 = false;
  header_table headers;
  body_kind body = body_kind::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  bool wants_upgrade = false;  // "Connection: upgrade" with an Upgrade field
};

// Whatever its fields say (RFC 9112, section 6.3).
constexpr bool is_bodiless(int status) { return status < 200 || status == 204 || status == 304; }

struct response_head {
  int status = 0;
  int minor_version = 1;
  std::string_view reason;
  header_table headers;
  body_kind body = body_kind::none;  // as the fields say; none to HEAD, nor where is_bodiless()
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

enum class head_state : std::uint8_t { incomplete, complete, bad };
enum class line_ends : std::uint8_t { crlf, crlf_or_lf };  // of requests; of answers

// Looks for the empty line that ends a head. `scanned` starts at 0 and keeps what was looked at between calls;
// when complete, it is the head's length. `bad`: a line that does not end as it must.
head_state find_head_end(std::string_view data, std::size_t& scanned, line_ends ends = line_ends::crlf);

// 0 if `head` (all of it, with the empty line) is well formed, else the status to refuse it with: 400, 501, 505.
int parse_request_head(std::string_view head, request_head& out);

// Of a head that is refused, whole or not, for the log: method and target, if the first line begins with such.
void read_plain_line(std::string_view head, request_head& out);

// The same rules for a head that came otherwise (HTTP/2): method, target and authority of `out`, as they were sent.
int check_request_head(request_head& out);

// False if it is not well formed. A Content-Length that does not count is not among its headers. `to_head`: the request
// was HEAD.
bool parse_response_head(std::string_view head, bool to_head, response_head& out);

bool is_token(std::string_view text);  // RFC 9110, section 5.6.2

}  // namespace mes::gateway
