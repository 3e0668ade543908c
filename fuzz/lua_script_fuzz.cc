// Whatever a configuration has for Lua: no crash, no leak, and an end within the sandbox's bounds, after which the next
// script runs.
//
// Input: a kind (1 byte): odd: a field of a log record, even: a template's value; then its text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/lua/sandbox.h"
#include "gateway/plugins/log_edits.h"
#include "gateway/plugins/log_record.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/request_transformer/value_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mes::gateway;
  if (size < 1 || size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);

  const std::string_view head_text = "GET /a?q=1&q=2&f HTTP/1.1\r\nHost: h:80\r\nX-A: 1\r\nX-A: 2\r\n\r\n";
  request_head head;
  if (parse_request_head(head_text, head) != 0) std::abort();
  exchange_totals totals;
  const client_link link;
  plugin_context c;
  c.request = &head;
  c.link = &link;
  c.path = "/a";
  c.query = "q=1&q=2&f";
  c.totals = &totals;

  lua_sandbox sandbox(nullptr, {.memory_bytes_max = 1 << 20, .steps_max = 20'000});
  {
    lua_turn turn(sandbox, c);
    if (data[0] & 1) {
      const lua_script script{lua_script::kind::log_field, text};
      (void)check_lua(script);
      (void)turn.set_field("a.b", script);
      (void)log_line_of(c);
    } else {
      (void)check_template(text);
      (void)value_template(text).render(&turn);
    }
  }
  const lua_script after{lua_script::kind::log_field, "return ('x'):upper()"};
  lua_turn turn(sandbox, c);
  if (!turn.set_field("x", after)) std::abort();
  return 0;
}
