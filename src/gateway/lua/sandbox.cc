#include "gateway/lua/sandbox.h"

#include <openssl/rand.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <lua.hpp>
#include <utility>

#include "base/instant.h"
#include "gateway/lua/exchange.h"
#include "gateway/lua/patterns.h"
#include "gateway/plugins/plugin.h"
#include "observe/log.h"

extern "C" {
extern const char mes_gateway_lua_prelude_begin[];
extern const char mes_gateway_lua_prelude_end[];
}

namespace mes::gateway {
namespace {

constexpr int steps_between_looks = 100;
// What a compiled script may take beside the bound: there may be thousands.
constexpr std::size_t script_bytes = 4096, bytes_per_character = 32;

std::int64_t thread_cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

const char* chunk_name(const lua_script& script) {
  return script.what == lua_script::kind::value_template ? "TMP" : script.source.c_str();
}

struct library {
  const char* name;
  lua_CFunction open;
};
// No io, package, debug, ffi, bit or jit; of the others prelude.lua takes away what leads out.
constexpr library libraries[] = {{"", luaopen_base},
                                 {LUA_TABLIBNAME, luaopen_table},
                                 {LUA_STRLIBNAME, luaopen_string},
                                 {LUA_MATHLIBNAME, luaopen_math},
                                 {LUA_OSLIBNAME, luaopen_os}};

// What prelude.lua returns, in its order.
enum prelude_function : std::uint8_t { compile_template = 1, render_template, compile_field, run_field };

void push_prelude(lua_State* l, prelude_function which) {
  lua_getfield(l, LUA_REGISTRYINDEX, "prelude");
  lua_rawgeti(l, -1, which);
  lua_remove(l, -2);
}

}  // namespace

// What is asked of Lua in one protected call.
struct lua_sandbox::request {
  lua_sandbox& self;
  const lua_script* script = nullptr;
  std::string_view name;
  std::string answer = {};
};

lua_sandbox::~lua_sandbox() { close(); }

lua_sandbox& lua_sandbox::of(lua_State* state) {
  void* self = nullptr;
  lua_getallocf(state, &self);
  return *static_cast<lua_sandbox*>(self);
}

void* lua_sandbox::allocate(void* self, void* block, std::size_t old_bytes, std::size_t new_bytes) {
  auto& in = *static_cast<lua_sandbox*>(self);
  if (new_bytes > old_bytes && in._memory_bytes + (new_bytes - old_bytes) > in._memory_bytes_max) return nullptr;
  void* moved = nullptr;
  if (new_bytes == 0) {
    std::free(block);
  } else {
    moved = std::realloc(block, new_bytes);
    if (!moved) return nullptr;
  }
  in._memory_bytes += new_bytes - old_bytes;
  return moved;
}

// After the end each instruction is one too many: a script's own pcall catches the error, and is ended by the next one.
void lua_sandbox::spend(lua_State* state, std::int64_t steps) {
  _steps += steps;
  const std::int64_t now_us = thread_cpu_us();
  if (_cpu_from_us == 0) _cpu_from_us = now_us;
  const bool late = now_us - _cpu_from_us > _bounds.cpu_time_ms_max * 1000;
  if (_steps <= _bounds.steps_max && !late) return;
  _exhausted = true;
  lua_sethook(state, count, LUA_MASKCOUNT, 1);
  if (late)
    luaL_error(state, "the script takes more than %d ms", static_cast<int>(_bounds.cpu_time_ms_max));
  else
    luaL_error(state, "the script takes more than %d steps", static_cast<int>(_bounds.steps_max));
}

void lua_sandbox::count(lua_State* state, lua_Debug*) { of(state).spend(state, steps_between_looks); }

int lua_sandbox::spend_some(lua_State* state) {
  of(state).spend(state, static_cast<std::int64_t>(luaL_checknumber(state, 1)));
  return 0;
}

int lua_sandbox::set_up(lua_State* l) {
  for (const library& one : libraries) {
    lua_pushcfunction(l, one.open);
    lua_pushstring(l, one.name);
    lua_call(l, 1, 0);
  }
  std::uint32_t seed = 0;  // math.random of each state begins elsewhere; scripts cannot set it
  RAND_bytes(reinterpret_cast<unsigned char*>(&seed), sizeof seed);
  lua_getglobal(l, LUA_MATHLIBNAME);
  lua_getfield(l, -1, "randomseed");
  lua_pushnumber(l, seed);
  lua_call(l, 1, 0);
  lua_settop(l, 0);
  const std::size_t bytes = static_cast<std::size_t>(mes_gateway_lua_prelude_end - mes_gateway_lua_prelude_begin);
  if (luaL_loadbufferx(l, mes_gateway_lua_prelude_begin, bytes, "=prelude", "t") != 0) lua_error(l);
  lua_pushcfunction(l, lua_pattern_search);
  push_exchange_functions(l);
  lua_pushcfunction(l, spend_some);
  lua_call(l, 3, 1);
  lua_setfield(l, LUA_REGISTRYINDEX, "prelude");
  return 0;
}

result<void> lua_sandbox::open() {
  if (_state) return {};
  _memory_bytes_max = SIZE_MAX;  // lua_newstate does not survive the end of memory
  _state = lua_newstate(allocate, this);
  _memory_bytes_max = _bounds.memory_bytes_max;
  if (!_state) return fail(error_code::unavailable, "no memory for a Lua state");
  luaJIT_setmode(_state, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);  // compiled code counts no instructions
  if (int status = lua_cpcall(_state, set_up, nullptr); status != 0) {
    std::string why = take_error(status);
    close();
    return fail(error_code::internal, std::move(why));
  }
  lua_sethook(_state, count, LUA_MASKCOUNT, steps_between_looks);
  return {};
}

void lua_sandbox::close() {
  if (_state) lua_close(_state);
  _state = nullptr;
  _functions.clear();
}

int lua_sandbox::collect_garbage(lua_State* l) {
  lua_gc(l, LUA_GCCOLLECT, 0);
  return 0;
}

// What one turn leaves behind does not take the next one's memory: Lua collects garbage when what is in use has
// doubled, and never because there is no more.
void lua_sandbox::make_room() {
  auto is_cramped = [this] { return _memory_bytes_max - _memory_bytes < _bounds.memory_bytes_max / 2; };
  if (is_cramped() && (lua_cpcall(_state, collect_garbage, nullptr) != 0 || is_cramped())) close();
}

std::string lua_sandbox::take_error(int status) {
  std::size_t bytes = 0;
  // An error may be any value; of those that are no text nothing can be said without calling Lua again.
  const char* text = lua_type(_state, -1) == LUA_TSTRING ? lua_tolstring(_state, -1, &bytes) : nullptr;
  std::string why = text ? std::string(text, bytes) : "an error that is no text";
  lua_settop(_state, 0);
  if (status == LUA_ERRMEM) close();
  return why;
}

// What the prelude has made of the script.
void lua_sandbox::push_function(const lua_script& script) {
  if (auto found = _functions.find(&script); found != _functions.end())
    return lua_rawgeti(_state, LUA_REGISTRYINDEX, found->second);
  _memory_bytes_max += script_bytes + bytes_per_character * script.source.size();
  push_prelude(_state, script.what == lua_script::kind::value_template ? compile_template : compile_field);
  lua_pushlstring(_state, script.source.data(), script.source.size());
  lua_call(_state, 1, 1);
  lua_pushvalue(_state, -1);
  _functions.emplace(&script, luaL_ref(_state, LUA_REGISTRYINDEX));
}

int lua_sandbox::call(lua_State* l) {
  auto& asked = *static_cast<request*>(lua_touserdata(l, 1));
  const bool renders = asked.script->what == lua_script::kind::value_template;
  push_prelude(l, renders ? render_template : run_field);
  lua_pushnumber(l, static_cast<lua_Number>(asked.self._turn));
  asked.self.push_function(*asked.script);
  lua_pushlstring(l, asked.name.data(), asked.name.size());
  lua_call(l, 3, renders ? 1 : 0);
  if (!renders) return 0;
  std::size_t bytes = 0;
  const char* text = luaL_checklstring(l, -1, &bytes);
  asked.answer.assign(text, bytes);
  return 0;
}

result<std::string> lua_sandbox::run(const lua_script& script, std::string_view name) {
  if (auto opened = open(); !opened) return fail(opened.error());
  request asked{.self = *this, .script = &script, .name = name};
  const std::size_t memory_before = _memory_bytes_max;
  if (int status = lua_cpcall(_state, call, &asked); status != 0) {
    if (!_functions.contains(&script)) _memory_bytes_max = memory_before;  // it was not compiled
    return fail(error_code::invalid_argument, take_error(status));
  }
  return std::move(asked.answer);
}

std::string check_lua(const lua_script& script) {
  lua_State* l = luaL_newstate();
  if (!l) return "no memory for a Lua state";
  const int status = luaL_loadbufferx(l, script.source.data(), script.source.size(), chunk_name(script), "t");
  std::string wrong = status == 0 ? "" : lua_tostring(l, -1);
  lua_close(l);
  return wrong;
}

void lua_sandbox::tell(std::string_view level, std::string_view text) {
  using enum observe::level;
  if (!_log) return;
  const auto as = level == "debug"                       ? debug
                  : level == "info" || level == "notice" ? info
                  : level == "warn"                      ? warn
                                                         : error;
  _log->write(as, text, {}, {.request_id = _context ? _context->request_id : std::string_view()});
}

void lua_sandbox::complain(const void* about, std::string_view message) {
  const std::int64_t minute = instant::now().microseconds / 60'000'000;
  if (std::exchange(_complaints[about], minute) != minute) tell("err", message);
}

lua_turn::lua_turn(lua_sandbox& in, plugin_context& on) : _in(in) {
  in._context = &on;
  ++in._turn;
  in._steps = in._cpu_from_us = 0;
  if (in._state) in.make_room();
  if (!in._state) return;
  if (std::exchange(in._exhausted, false))
    lua_sethook(in._state, lua_sandbox::count, LUA_MASKCOUNT, steps_between_looks);
}

lua_turn::~lua_turn() { _in._context = nullptr; }

result<void> lua_turn::set_field(std::string_view name, const lua_script& log_field) {
  auto done = _in.run(log_field, name);
  if (!done) return fail(done.error());
  return {};
}

}  // namespace mes::gateway
