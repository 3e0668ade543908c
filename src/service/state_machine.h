// State machines as tables: which verb leads from which states to which. Code, tests, problems and UI read the table.
//
//   constexpr transition<order_state, order_verb> table[] = {{order_state::created, order_verb::release,
//   order_state::released}, …};
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "wire/json/schema.h"

namespace mes::service {

template <class State, class Verb>
struct transition {
  State from;
  Verb verb;
  State to;
};

// Verbs that the state allows, by name: `allowed_transitions` of the problem document.
template <class State, class Verb>
std::vector<std::string> allowed_verbs(std::span<const transition<State, Verb>> table, State from) {
  std::vector<std::string> verbs;
  for (const auto& row : table)
    if (row.from == from) verbs.emplace_back(wire::name_of_enum(row.verb));
  return verbs;
}

// The state after `verb`, or illegal_transition that says what is allowed instead.
template <class State, class Verb>
result<State> next_state(std::span<const transition<State, Verb>> table, State from, Verb verb) {
  for (const auto& row : table)
    if (row.from == from && row.verb == verb) return row.to;
  std::string allowed;
  for (const std::string& v : allowed_verbs(table, from)) allowed += (allowed.empty() ? "" : ", ") + v;
  return fail(error_code::illegal_transition, std::string(wire::name_of_enum(verb)) + " is not possible in state " +
                                                  std::string(wire::name_of_enum(from)) +
                                                  (allowed.empty() ? "; it is final" : "; possible are: " + allowed));
}

}  // namespace mes::service
