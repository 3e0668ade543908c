// Lua's patterns (Lua 5.1 reference manual, 5.4.1), matched by us: LuaJIT's own matcher counts no instructions, so that
// nothing ends "a?a?a?…" or ".-.-.-x" on a long text, and its gsub takes 8 KB of the C stack for each call within a
// call, until the process is gone. Here each step is counted against the sandbox's bound.
#pragma once

struct lua_State;

namespace mes::gateway {

// For Lua: search(text, pattern, from, as_plain_text, anywhere) -> first, last, captures…; nil: there is no match.
// `anywhere`: '^' is a character like others, as in gmatch. Positions count from 1.
int lua_pattern_search(lua_State* state);

}  // namespace mes::gateway
