#include "gateway/http/head.h"

#include <algorithm>
#include <cstring>

#include "base/trimmed.h"
#include "gateway/http/authority.h"
#include "gateway/http/character_set.h"

namespace mes::gateway {
namespace {

constexpr character_set token_characters = letters_digits_and("!#$%&'*+-.^_`|~");

// Field values: visible characters, blanks, tabs, and bytes above ASCII.
constexpr character_set value_characters = [] {
  character_set is{};
  for (int c = 0x20; c < 256; ++c) is[static_cast<std::size_t>(c)] = c != 0x7f;
  is['\t'] = true;
  return is;
}();

constexpr character_set target_characters = [] {
  character_set is{};
  for (int c = 0x21; c < 256; ++c) is[static_cast<std::size_t>(c)] = c != 0x7f && c != '#';
  return is;
}();

// Field values are long: many characters at once, in a form that the compiler makes vectors of; and one by one only
// where a control character is among them.
bool is_value(std::string_view text) {
  constexpr std::size_t many = 32;
  while (text.size() >= many) {
    unsigned char control = 0;
    for (std::size_t i = 0; i < many; ++i) {
      auto c = static_cast<unsigned char>(text[i]);
      control |= static_cast<unsigned char>(c < 0x20) | static_cast<unsigned char>(c == 0x7f);
    }
    if (control && !all_of(text.substr(0, many), value_characters)) return false;
    text.remove_prefix(many);
  }
  return all_of(text, value_characters);
}

// Takes a line off `text`; find_head_end has made sure that each ends as it must.
std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  text.remove_prefix(end + 1);
  return line;
}

bool parse_decimal(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

enum class lines_without_colon : std::uint8_t { refused, empty_fields };  // as nginx: of requests; of answers

// 0, or the status to refuse with.
int parse_fields(std::string_view text, lines_without_colon bare, header_table& out) {
  out.clear();
  while (true) {
    std::string_view line = take_line(text);
    if (line.empty()) return 0;
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos && bare == lines_without_colon::refused) return 400;
    std::string_view name = line.substr(0, colon);
    if (!is_token(name)) return 400;
    std::string_view value = trimmed(line.substr(std::min(name.size() + 1, line.size())));
    if (!is_value(value)) return 400;
    if (!out.add({.name = name, .value = value, .id = field_id_of(name)})) return 400;
  }
}

std::size_t occurrences(const header_table& headers, field_id id) {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [&](const header_view& h) { return h.id == id; }));
}

struct framing {
  body_kind body = body_kind::none;
  std::uint64_t length = 0;
};

// RFC 9112, section 6.3, without its lenient branches. 0, 400, or 501 for a coding that we do not know.
int parse_framing(const header_table& headers, int minor_version, framing& out) {
  const header_view* length = headers.find(field_id::content_length);
  const header_view* coding = headers.find(field_id::transfer_encoding);
  if (length && coding) return 400;
  if (coding) {
    if (minor_version == 0 || occurrences(headers, field_id::transfer_encoding) > 1) return 400;
    if (!equals_ignoring_case(coding->value, "chunked"))
      return coding->value.empty() || coding->value.find(',') != std::string_view::npos ? 400 : 501;
    out.body = body_kind::chunked;
  } else if (length) {
    if (occurrences(headers, field_id::content_length) > 1) return 400;
    if (!parse_decimal(length->value, out.length)) return 400;
    out.body = body_kind::length;
  }
  return 0;
}

// Of an answer. False: it is not to be told where it ends. `sound`: the connection is fit for another one.
bool parse_framing(response_head& of, framing& out, bool& sound) {
  const header_view* length = of.headers.find(field_id::content_length);
  const header_view* coding = of.headers.find(field_id::transfer_encoding);
  if (coding && occurrences(of.headers, field_id::transfer_encoding) > 1) return false;
  if (coding && equals_ignoring_case(coding->value, "chunked")) {
    out.body = body_kind::chunked;
    sound = !length && of.minor_version == 1;
    if (length) of.headers.keep(field_id::content_length, 0);
    return true;
  }
  if (coding && !equals_ignoring_case(coding->value, "identity")) return false;
  if (!length) return true;
  for (const header_view& h : of.headers)
    if (h.id == field_id::content_length && h.value != length->value) return false;
  if (!parse_decimal(length->value, out.length)) return false;
  out.body = body_kind::length;
  if (occurrences(of.headers, field_id::content_length) > 1) of.headers.keep(field_id::content_length, 1);
  return true;
}

struct connection_options {
  bool close = false, keep_alive = false, upgrade = false;
};

connection_options parse_connection(const header_table& headers) {
  connection_options options;
  if (!headers.find(field_id::connection)) return options;
  for (const header_view& h : headers) {
    if (h.id != field_id::connection) continue;
    for_each_token(h.value, [&](std::string_view token) {
      if (equals_ignoring_case(token, "close")) options.close = true;
      if (equals_ignoring_case(token, "keep-alive")) options.keep_alive = true;
      if (equals_ignoring_case(token, "upgrade")) options.upgrade = true;
    });
  }
  return options;
}

int parse_version(std::string_view text, int& minor) {
  if (text == "HTTP/1.1") {
    minor = 1;
    return 0;
  }
  if (text == "HTTP/1.0") {
    minor = 0;
    return 0;
  }
  bool other_version = text.size() == 8 && text.starts_with("HTTP/") && text[5] >= '0' && text[5] <= '9' &&
                       text[6] == '.' && text[7] >= '0' && text[7] <= '9';
  return other_version ? 505 : 400;
}

// "http://host/path" becomes authority and "/path": RFC 9112, section 3.2.2. False: it is none.
bool split_absolute_target(request_head& out) {
  std::size_t scheme = 0;
  if (equals_ignoring_case(out.target.substr(0, 7), "http://")) scheme = 7;
  if (equals_ignoring_case(out.target.substr(0, 8), "https://")) scheme = 8;
  if (scheme == 0) return false;
  std::string_view rest = out.target.substr(scheme);
  std::size_t slash = rest.find_first_of("/?");
  out.authority = rest.substr(0, slash);
  out.target = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
  return is_target_authority(out.authority) && out.target.front() == '/';
}

int parse_request_line(std::string_view line, request_head& out) {
  std::size_t first = line.find(' ');
  std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  if (out.method.size() > 32 || !is_token(out.method)) return 400;
  if (out.target.empty() || !all_of(out.target, target_characters)) return 400;
  return parse_version(line.substr(last + 1), out.minor_version);
}

// As nginx: Host is a host also where an absolute target takes its place.
int parse_authority(request_head& out) {
  const std::size_t hosts = occurrences(out.headers, field_id::host);
  if (hosts > 1 || (hosts == 0 && out.minor_version == 1)) return 400;
  out.authority = out.headers.get(field_id::host);
  if (hosts == 1 && !is_authority(out.authority)) return 400;
  const bool in_origin_form = out.target.front() == '/' || (out.target == "*" && out.method == "OPTIONS");
  return in_origin_form || split_absolute_target(out) ? 0 : 400;
}

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && all_of(text, token_characters); }

int check_request_head(request_head& out) {
  if (out.method.size() > 32 || !is_token(out.method)) return 400;
  bool path = out.target.starts_with('/') || (out.target == "*" && out.method == "OPTIONS");
  if (!path || !all_of(out.target, target_characters)) return 400;
  return is_authority(out.authority) ? 0 : 400;
}

bool header_table::add(header_view h) {
  if (_fields.size() == headers_max) return false;
  auto& first = _first[static_cast<std::size_t>(h.id)];
  if (first < 0) first = static_cast<std::int16_t>(_fields.size());
  _fields.push_back(h);
  return true;
}

void header_table::keep(field_id id, std::size_t count) {
  std::vector<header_view> before;
  before.swap(_fields);
  clear();
  for (const header_view& h : before) {
    if (h.id == id && count == 0) continue;
    if (h.id == id) --count;
    add(h);
  }
}

const header_view* header_table::find(const field_name& name) const {
  if (name.id != field_id::other) return find(name.id);
  for (const header_view& h : *this)
    if (name == field_name(h.name, h.id)) return &h;
  return nullptr;
}

head_state find_head_end(std::string_view data, std::size_t& scanned, line_ends ends) {
  while (true) {
    const void* found =
        scanned < data.size() ? std::memchr(data.data() + scanned, '\n', data.size() - scanned) : nullptr;
    if (!found) {
      scanned = data.size();
      return head_state::incomplete;
    }
    std::size_t at = static_cast<std::size_t>(static_cast<const char*>(found) - data.data());
    scanned = at + 1;
    const bool crlf = at > 0 && data[at - 1] == '\r';
    if (at == 0 || (!crlf && ends == line_ends::crlf)) return head_state::bad;
    // The empty line: a line's end right behind another's.
    const std::size_t line_end = at - crlf;
    if (line_end > 0 && data[line_end - 1] == '\n') return head_state::complete;
  }
}

int parse_request_head(std::string_view head, request_head& out) {
  if (int status = parse_request_line(take_line(head), out)) return status;
  if (int status = parse_fields(head, lines_without_colon::refused, out.headers)) return status;
  if (int status = parse_authority(out)) return status;
  framing frame;
  if (int status = parse_framing(out.headers, out.minor_version, frame)) return status;
  out.body = frame.body;
  out.content_length = frame.length;
  if (out.body == body_kind::length && out.content_length == 0) out.body = body_kind::none;
  connection_options options = parse_connection(out.headers);
  out.keep_alive = !options.close && (out.minor_version == 1 || options.keep_alive);
  out.wants_upgrade = options.upgrade && out.minor_version == 1 && out.headers.find(field_id::upgrade) != nullptr;
  out.expects_continue = out.minor_version == 1 && out.body != body_kind::none &&
                         equals_ignoring_case(out.headers.get(field_id::expect), "100-continue");
  return 0;
}

void read_plain_line(std::string_view head, request_head& out) {
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string_view method = line.substr(0, blank), rest = line.substr(std::min(blank + 1, line.size()));
  const std::string_view target = rest.substr(0, rest.find(' '));
  const bool plain = method.size() <= 32 && is_token(method);
  out.method = plain ? method : std::string_view{};
  out.target = plain && target.starts_with('/') && all_of(target, target_characters) ? target : std::string_view{};
}

bool parse_response_head(std::string_view head, bool to_head, response_head& out) {
  std::string_view line = take_line(head);
  std::uint64_t status = 0;
  if (line.size() < 12 || parse_version(line.substr(0, 8), out.minor_version) != 0 || line[8] != ' ' ||
      !parse_decimal(line.substr(9, 3), status) || status < 100 || (line.size() > 12 && line[12] != ' '))
    return false;
  out.status = static_cast<int>(status);
  out.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
  if (!all_of(out.reason, value_characters)) return false;
  if (parse_fields(head, lines_without_colon::empty_fields, out.headers) != 0) return false;
  framing frame;
  bool sound = true;
  if (!parse_framing(out, frame, sound)) return false;
  bool bodiless = to_head || is_bodiless(out.status);
  out.content_length = frame.length;
  out.body = bodiless                                               ? body_kind::none
             : frame.body == body_kind::none                        ? body_kind::until_close
             : frame.body == body_kind::length && frame.length == 0 ? body_kind::none
                                                                    : frame.body;
  connection_options options = parse_connection(out.headers);
  out.keep_alive =
      sound && out.body != body_kind::until_close && !options.close && (out.minor_version == 1 || options.keep_alive);
  return true;
}

}  // namespace mes::gateway
