// Lua in a configuration, run as Kong's default sandbox runs it (`untrusted_lua = sandbox`; K:kong/tools/sandbox.lua):
// templates of request-transformer, and log plugins' `custom_fields_by_lua`.
//
// A sandbox is a Lua state of one thread, made when its first script runs; a proxy loop has one for each configuration,
// and both end together. Scripts reach no file, process, socket, C function or byte code: prelude.lua is all that they
// see. What they may take is bounded: instructions and steps of pattern matching, CPU time for what counts as few steps
// and is long, and memory, after whose end the state is thrown away and made anew. All of Lua is called protected: an
// error of a script is a value here, and so is the end of memory.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"

struct lua_State;
struct lua_Debug;

namespace mes::observe {
class logger;
}

namespace mes::gateway {

struct plugin_context;

struct lua_bounds {
  std::size_t memory_bytes_max = 8 << 20;  // of the state, beside its compiled scripts
  std::int64_t steps_max = 500'000;    // of one plugin on one exchange: what Kong's sandbox grants where it can count
  std::int64_t cpu_time_ms_max = 250;  // looked at each hundred instructions
};

// Immutable; sandboxes know it by its address, so it stays where it is until they are gone.
struct lua_script {
  enum class kind : std::uint8_t { value_template, log_field };
  kind what;
  std::string source;
};

// "" if it can be compiled, else Lua's message: [string "TMP"]:4: …
std::string check_lua(const lua_script& script);

// Not thread-safe.
class lua_sandbox {
 public:
  explicit lua_sandbox(const observe::logger* log = nullptr, lua_bounds bounds = {}) : _bounds(bounds), _log(log) {}
  ~lua_sandbox();
  lua_sandbox(const lua_sandbox&) = delete;
  lua_sandbox& operator=(const lua_sandbox&) = delete;

  std::size_t memory_bytes() const { return _memory_bytes; }  // 0: there is no state

  // Tells the log that scripts have failed, once a minute about each.
  void complain(const void* about, std::string_view message);

  // For what Lua calls.
  static lua_sandbox& of(lua_State* state);
  void spend(lua_State* state, std::int64_t steps);          // a Lua error where they are too many
  void tell(std::string_view level, std::string_view text);  // a line of the log
  plugin_context& context() { return *_context; }
  boost::json::value& answer() { return _answer; }  // to what was asked last

 private:
  friend class lua_turn;
  struct request;

  result<std::string> run(const lua_script& script, std::string_view name);
  result<void> open();
  void close();
  void make_room();
  std::string take_error(int status);

  static void* allocate(void* self, void* block, std::size_t old_bytes, std::size_t new_bytes);
  static void count(lua_State* state, lua_Debug* at);
  static int spend_some(lua_State* state);
  static int set_up(lua_State* state);
  static int collect_garbage(lua_State* state);
  static int call(lua_State* state);
  void push_function(const lua_script& script);

  lua_bounds _bounds;
  const observe::logger* _log;
  std::size_t _memory_bytes = 0, _memory_bytes_max = 0;
  lua_State* _state = nullptr;
  std::unordered_map<const lua_script*, int> _functions;      // references into Lua's registry
  std::unordered_map<const void*, std::int64_t> _complaints;  // when, in minutes since 1970
  plugin_context* _context = nullptr;
  boost::json::value _answer;
  std::uint64_t _turn = 0;
  std::int64_t _steps = 0;
  std::int64_t _cpu_from_us = 0;  // 0: not looked at yet
  bool _exhausted = false;
};

// One plugin's scripts on one exchange: what they read of it is read once, and they share the bounds.
class lua_turn {
 public:
  lua_turn(lua_sandbox& in, plugin_context& on);
  ~lua_turn();
  lua_turn(const lua_turn&) = delete;
  lua_turn& operator=(const lua_turn&) = delete;

  result<std::string> render(const lua_script& value_template) { return _in.run(value_template, {}); }
  // What the script returns becomes an edit of the exchange's log record (log_edits.h).
  result<void> set_field(std::string_view name, const lua_script& log_field);

 private:
  lua_sandbox& _in;
};

}  // namespace mes::gateway
