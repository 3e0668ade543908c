#include "gateway/lua/patterns.h"

#include <array>
#include <cctype>
#include <cstddef>
#include <cstring>
#include <lua.hpp>
#include <utility>

#include "gateway/lua/sandbox.h"

namespace mes::gateway {
namespace {

constexpr int captures_max = 32;  // LUA_MAXCAPTURES
constexpr int depth_max = 200;    // LUAI_MAXCCALLS
constexpr std::ptrdiff_t unfinished = -1, position = -2;

struct capture {
  const char* begin;
  std::ptrdiff_t length;  // or one of the two above
};

// Of one search. Nothing in it has a destructor: Lua's errors leave it by a jump.
class matcher {
 public:
  matcher(lua_State* l, const char* text, std::size_t text_bytes, const char* pattern, std::size_t pattern_bytes)
      : _lua(l),
        _begin(text),
        _end(text + text_bytes),
        _pattern_end(pattern + pattern_bytes),
        _sandbox(lua_sandbox::of(l)) {}

  // Where the match that starts at `s` ends; nullptr: there is none.
  const char* at(const char* s, const char* pattern) {
    _level = 0;
    return match(s, pattern);
  }

  void done() { _sandbox.spend(_lua, _steps); }

  int push_captures() {
    luaL_checkstack(_lua, _level, "too many captures");
    for (int i = 0; i < _level; ++i) push(_captures[static_cast<std::size_t>(i)]);
    return _level;
  }

 private:
  // A long set, which is gone through, is more than one.
  void step(std::ptrdiff_t item_bytes = 0) {
    _steps += 1 + item_bytes / 64;
    if (_steps < 1000) return;
    _sandbox.spend(_lua, std::exchange(_steps, 0));
  }

  const char* match(const char* s, const char* p) {
    if (++_depth > depth_max) luaL_error(_lua, "pattern too complex");
    const char* found = match_items(s, p);
    --_depth;
    return found;
  }

  const char* match_items(const char* s, const char* p) {
    while (p < _pattern_end) {
      step();
      if (*p == '(') return p + 1 < _pattern_end && p[1] == ')' ? open(s, p + 2, position) : open(s, p + 1, unfinished);
      if (*p == ')') return close(s, p + 1);
      if (*p == '$' && p + 1 == _pattern_end) return s == _end ? s : nullptr;
      if (*p == '%' && p + 1 < _pattern_end) {
        const char what = p[1];
        if (what == 'b') {
          s = balanced(s, p + 2);
          if (!s) return nullptr;
          p += 4;
          continue;
        }
        if (what == 'f') {
          p += 2;
          if (p >= _pattern_end || *p != '[') luaL_error(_lua, "missing '[' after '%%f' in pattern");
          const char* after = item_end(p);
          step(3 * (after - p));
          const char before = s == _begin ? '\0' : s[-1], here = s == _end ? '\0' : *s;
          if (in_set(before, p, after) || !in_set(here, p, after)) return nullptr;
          p = after;
          continue;
        }
        if (std::isdigit(byte(what))) {
          s = repeated_capture(s, what);
          if (!s) return nullptr;
          p += 2;
          continue;
        }
      }
      const char* after = item_end(p);
      step(2 * (after - p));
      const char how_often = after < _pattern_end ? *after : '\0';
      const bool fits = s < _end && is_one(*s, p, after);
      switch (how_often) {
        case '?':
          if (fits)
            if (const char* found = match(s + 1, after + 1)) return found;
          p = after + 1;
          continue;
        case '+':
          return fits ? most(s + 1, p, after) : nullptr;
        case '*':
          return most(s, p, after);
        case '-':
          return least(s, p, after);
        default:
          break;
      }
      if (!fits) return nullptr;
      ++s;
      p = after;
    }
    return s;
  }

  const char* most(const char* s, const char* item, const char* after) {
    const char* last = s;
    for (; last < _end && is_one(*last, item, after); ++last) step(after - item);
    for (; last >= s; --last)
      if (const char* found = match(last, after + 1)) return found;
    return nullptr;
  }

  const char* least(const char* s, const char* item, const char* after) {
    for (;; ++s) {
      step();
      if (const char* found = match(s, after + 1)) return found;
      if (s >= _end || !is_one(*s, item, after)) return nullptr;
    }
  }

  const char* open(const char* s, const char* p, std::ptrdiff_t what) {
    if (_level >= captures_max) luaL_error(_lua, "too many captures");
    _captures[static_cast<std::size_t>(_level++)] = {s, what};
    const char* found = match(s, p);
    if (!found) --_level;
    return found;
  }

  const char* close(const char* s, const char* p) {
    int last = _level - 1;
    while (last >= 0 && _captures[static_cast<std::size_t>(last)].length != unfinished) --last;
    if (last < 0) luaL_error(_lua, "invalid pattern capture");
    capture& c = _captures[static_cast<std::size_t>(last)];
    c.length = s - c.begin;
    const char* found = match(s, p);
    if (!found) c.length = unfinished;
    return found;
  }

  const char* repeated_capture(const char* s, char digit) {
    const int index = digit - '1';
    if (index < 0 || index >= _level || _captures[static_cast<std::size_t>(index)].length < 0)
      luaL_error(_lua, "invalid capture index");
    const capture& c = _captures[static_cast<std::size_t>(index)];
    if (_end - s < c.length || std::memcmp(s, c.begin, static_cast<std::size_t>(c.length)) != 0) return nullptr;
    _steps += static_cast<int>(c.length / 64);
    return s + c.length;
  }

  const char* balanced(const char* s, const char* p) {
    if (_pattern_end - p < 2) luaL_error(_lua, "unbalanced pattern");
    if (s == _end || *s != p[0]) return nullptr;
    int depth = 1;
    for (++s; s < _end; ++s) {
      step();
      if (*s == p[1]) {
        if (--depth == 0) return s + 1;
      } else if (*s == p[0]) {
        ++depth;
      }
    }
    return nullptr;
  }

  // Behind one character, class or set.
  const char* item_end(const char* p) {
    if (*p == '%') {
      if (p + 1 == _pattern_end) luaL_error(_lua, "malformed pattern (ends with '%%')");
      return p + 2;
    }
    if (*p++ != '[') return p;
    if (p < _pattern_end && *p == '^') ++p;
    do {  // the first is no end of the set, even if it is ']'
      if (p >= _pattern_end) luaL_error(_lua, "malformed pattern (missing ']')");
      if (*p++ == '%') ++p;
    } while (p >= _pattern_end || *p != ']');
    return p + 1;
  }

  bool is_one(char c, const char* item, const char* after) const {
    switch (*item) {
      case '.':
        return true;
      case '%':
        return in_class(c, item[1]);
      case '[':
        return in_set(c, item, after);
      default:
        return c == *item;
    }
  }

  // `set` is at '[', `after` behind ']'.
  static bool in_set(char c, const char* set, const char* after) {
    const char *p = set + 1, *end = after - 1;
    const bool inverted = p < end && *p == '^';
    if (inverted) ++p;
    for (; p < end; ++p) {
      if (*p == '%' && p + 1 < end) {
        if (in_class(c, *++p)) return !inverted;
      } else if (end - p > 2 && p[1] == '-') {
        if (byte(p[0]) <= byte(c) && byte(c) <= byte(p[2])) return !inverted;
        p += 2;
      } else if (*p == c) {
        return !inverted;
      }
    }
    return inverted;
  }

  static bool in_class(char c, char name) {
    const int b = byte(c);
    bool is = false;
    switch (std::tolower(byte(name))) {
      case 'a':
        is = std::isalpha(b);
        break;
      case 'c':
        is = std::iscntrl(b);
        break;
      case 'd':
        is = std::isdigit(b);
        break;
      case 'l':
        is = std::islower(b);
        break;
      case 'p':
        is = std::ispunct(b);
        break;
      case 's':
        is = std::isspace(b);
        break;
      case 'u':
        is = std::isupper(b);
        break;
      case 'w':
        is = std::isalnum(b);
        break;
      case 'x':
        is = std::isxdigit(b);
        break;
      case 'z':
        is = b == 0;
        break;
      default:
        return c == name;
    }
    return std::isupper(byte(name)) ? !is : is;
  }

  void push(const capture& c) {
    if (c.length == unfinished) luaL_error(_lua, "unfinished capture");
    if (c.length == position)
      lua_pushinteger(_lua, c.begin - _begin + 1);
    else
      lua_pushlstring(_lua, c.begin, static_cast<std::size_t>(c.length));
  }

  static unsigned char byte(char c) { return static_cast<unsigned char>(c); }

  lua_State* _lua;
  const char *_begin, *_end, *_pattern_end;
  lua_sandbox& _sandbox;
  std::array<capture, captures_max> _captures{};
  int _level = 0, _depth = 0, _steps = 0;
};

}  // namespace

int lua_pattern_search(lua_State* l) {
  std::size_t text_bytes = 0, pattern_bytes = 0;
  const char* text = luaL_checklstring(l, 1, &text_bytes);
  const char* pattern = luaL_checklstring(l, 2, &pattern_bytes);
  const auto from = static_cast<std::size_t>(luaL_checkinteger(l, 3) - 1);
  if (from > text_bytes) return lua_pushnil(l), 1;
  const char* s = text + from;
  if (lua_toboolean(l, 4)) {
    lua_sandbox::of(l).spend(l, static_cast<int>((text_bytes - from) / 64 + 1));
    const void* found = memmem(s, text_bytes - from, pattern, pattern_bytes);  // in linear time
    if (!found) return lua_pushnil(l), 1;
    const std::ptrdiff_t first = static_cast<const char*>(found) - text;
    lua_pushinteger(l, first + 1);
    lua_pushinteger(l, first + static_cast<std::ptrdiff_t>(pattern_bytes));
    return 2;
  }
  const char* pattern_begin = pattern;
  const bool at_start = pattern_bytes > 0 && *pattern == '^' && !lua_toboolean(l, 5);
  if (at_start) ++pattern_begin;
  matcher m(l, text, text_bytes, pattern_begin, pattern_bytes - (at_start ? 1 : 0));
  do {
    const char* end = m.at(s, pattern_begin);
    if (!end) continue;
    m.done();
    lua_pushinteger(l, s - text + 1);
    lua_pushinteger(l, end - text);
    return 2 + m.push_captures();
  } while (++s <= text + text_bytes && !at_start);
  m.done();
  return lua_pushnil(l), 1;
}

}  // namespace mes::gateway
