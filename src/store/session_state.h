// Behind a session: SOCI's session and the statements that are kept prepared. Internal to store/.
#pragma once

#include <soci/session.h>
#include <soci/soci-backend.h>
#include <soci/statement.h>

#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/database.h"

namespace mes::store {

// A prepared statement and the storage that it is bound to for its whole life.
struct bound_statement {
  struct slot {
    long long number = 0;
    std::string text;
    soci::indicator indicator = soci::i_ok;
  };
  bound_statement(soci::session& on, std::string k) : key(std::move(k)), statement(on) {}

  std::string key;
  std::vector<slot> parameters, columns;  // sized once: SOCI holds addresses
  soci::statement statement;              // after what it is bound to
};

struct session::state {
  state(const soci::backend_factory& engine, const std::string& connect, bool is_postgresql)
      : sql(engine, connect), postgresql(is_postgresql) {}

  bound_statement& prepared(std::string_view text, std::span<const value> parameters, std::span<const column> columns);
  std::unique_ptr<bound_statement> prepare(std::string_view text, std::span<const value> parameters,
                                           std::span<const column> columns);
  void forget(const bound_statement& statement);
  [[noreturn]] void failed(const std::exception& problem, const bound_statement* statement);

  soci::session sql;
  bool postgresql;
  std::optional<sql_error> failure;  // a unit of work that failed cannot go on: PostgreSQL's rule, kept on SQLite too

  static constexpr std::size_t statements_max = 256;
  std::list<std::unique_ptr<bound_statement>> statements;  // the last used first
  std::unordered_map<std::string_view, decltype(statements)::iterator> by_key;
  std::string key;  // kept for its capacity
};

// What a SOCI exception means; `lost`: the connection is gone.
sql_error to_sql_error(const std::exception& problem, bool lost);

}  // namespace mes::store
