// What scripts can ask and change of the exchange that they run for. prelude.lua dresses these as Kong's PDK.
#pragma once

struct lua_State;

namespace mes::gateway {

// Pushes a table: ask(what [, argument]) gives a value; uri_captures() what the route's regular expressions have
// caught; edit(key, value, mode) is an edit of the log record (log_edits.h); log(level, text) writes into the gateway's
// log; header_name(text) is a field's name as headers have it, in lower case and with - for _.
void push_exchange_functions(lua_State* state);

}  // namespace mes::gateway
