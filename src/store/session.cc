#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>

#include "store/session_state.h"

namespace mes::store {
namespace {

using sqlite_api::sqlite3_errstr;

constexpr std::size_t kept_text_max = 16 << 10;  // what a bound text may keep allocated between two executions

sql_error from_sqlite(const soci::sqlite3_soci_error& problem, std::string message) {
  // SOCI puts the name of its function in front.
  if (auto at = message.find(": "); at != std::string::npos && message.starts_with("sqlite3_"))
    message.erase(0, at + 2);
  switch (problem.result() & 0xff) {
    case SQLITE_CONSTRAINT: {
      bool taken = problem.result() == SQLITE_CONSTRAINT_UNIQUE || problem.result() == SQLITE_CONSTRAINT_PRIMARYKEY ||
                   problem.result() == SQLITE_CONSTRAINT_ROWID;
      return {taken ? error_code::already_exists : error_code::unprocessable, message};
    }
    case SQLITE_FULL:
      return {error_code::storage_full, message};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {error_code::unavailable, message};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {error_code::corrupt, message};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return {error_code::storage_failed, message};
    default:
      return {error_code::internal, message};
  }
}

sql_error from_postgresql(const soci::postgresql_soci_error& problem, std::string message) {
  // The first line says what; the lines after it quote the row.
  message.resize(std::min(message.size(), message.find('\n')));
  const std::string state = problem.sqlstate();
  const std::string_view group = std::string_view(state).substr(0, 2);
  if (state == "23505") return {error_code::already_exists, message};
  if (group == "23") return {error_code::unprocessable, message};
  if (state == "53100") return {error_code::storage_full, message};
  if (group == "08" || group == "53" || group == "57" || group == "40" || group == "55")
    return {error_code::unavailable, message};
  if (group == "58") return {error_code::storage_failed, message};
  if (group == "XX") return {error_code::corrupt, message};
  return {error_code::internal, message};
}

char letter_of(const value& v) { return std::holds_alternative<std::int64_t>(v) ? 'i' : 's'; }

void assign(bound_statement& to, std::span<const value> parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto& slot = to.parameters[i];
    slot.indicator = soci::i_ok;
    if (auto* number = std::get_if<std::int64_t>(&parameters[i]))
      slot.number = *number;
    else if (auto* text = std::get_if<std::string>(&parameters[i]))
      slot.text = *text;
    else
      slot.indicator = soci::i_null;
  }
}

void shrink(std::vector<bound_statement::slot>& slots) {
  for (auto& slot : slots)
    if (slot.text.capacity() > kept_text_max) std::string().swap(slot.text);
}

}  // namespace

sql_error to_sql_error(const std::exception& problem, bool lost) {
  if (auto* ours = dynamic_cast<const sql_error*>(&problem)) return *ours;
  // SOCI's what() quotes the parameters, which may be secrets; get_error_message() does not.
  auto* soci_problem = dynamic_cast<const soci::soci_error*>(&problem);
  std::string message = soci_problem ? soci_problem->get_error_message() : problem.what();
  if (lost) return {error_code::unavailable, "The connection to the database is lost"};
  if (auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&problem)) return from_sqlite(*sqlite, message);
  if (auto* pg = dynamic_cast<const soci::postgresql_soci_error*>(&problem)) return from_postgresql(*pg, message);
  return {error_code::internal, message};
}

std::unique_ptr<bound_statement> session::state::prepare(std::string_view text, std::span<const value> parameters,
                                                         std::span<const column> columns) {
  auto made = std::make_unique<bound_statement>(sql, key);
  made->parameters.resize(parameters.size());
  made->columns.resize(columns.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto& slot = made->parameters[i];
    const std::string name = fmt::format("p{}", i + 1);
    if (letter_of(parameters[i]) == 'i')
      made->statement.exchange(soci::use(slot.number, slot.indicator, name));
    else
      made->statement.exchange(soci::use(slot.text, slot.indicator, name));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto& slot = made->columns[i];
    if (columns[i] == column::integer)
      made->statement.exchange(soci::into(slot.number, slot.indicator));
    else
      made->statement.exchange(soci::into(slot.text, slot.indicator));
  }
  made->statement.alloc();
  made->statement.prepare(std::string(text), soci::details::st_repeatable_query);
  made->statement.define_and_bind();
  if (!postgresql && !columns.empty()) {  // SQLite would give NULL for a column too many
    auto has = static_cast<std::size_t>(made->statement.get_backend()->prepare_for_describe());
    if (has != columns.size())
      throw sql_error(error_code::internal,
                      fmt::format("{} columns asked for, the statement has {}: {}", columns.size(), has, text));
  }
  return made;
}

bound_statement& session::state::prepared(std::string_view text, std::span<const value> parameters,
                                          std::span<const column> columns) {
  key.clear();
  for (auto& p : parameters) key += letter_of(p);
  key += '|';
  for (auto c : columns) key += c == column::integer ? 'i' : 's';
  key += '|';
  key += text;
  if (auto found = by_key.find(key); found != by_key.end()) {
    statements.splice(statements.begin(), statements, found->second);
    return **found->second;
  }
  if (statements.size() >= statements_max) forget(*statements.back());
  statements.push_front(prepare(text, parameters, columns));
  by_key.emplace(statements.front()->key, statements.begin());
  return *statements.front();
}

void session::state::forget(const bound_statement& statement) {
  auto found = by_key.find(statement.key);
  auto where = found->second;
  by_key.erase(found);
  statements.erase(where);
}

void session::state::failed(const std::exception& problem, const bound_statement* statement) {
  bool lost = false;
  if (postgresql) {
    auto* backend = static_cast<soci::postgresql_session_backend*>(sql.get_backend());
    lost = PQstatus(backend->conn_) == CONNECTION_BAD;
  }
  sql_error meaning = to_sql_error(problem, lost);
  // SQLite: a failed statement must be reset, which finalizing does. PostgreSQL: it stays usable, and could not be
  // deallocated inside of a failed transaction.
  if (statement != nullptr && !postgresql) forget(*statement);
  failure = meaning;
  throw meaning;
}

session::session(std::unique_ptr<state> s) : _state(std::move(s)) {}
session::~session() = default;
bool session::is_postgresql() const { return _state->postgresql; }

std::int64_t session::execute(std::string_view sql, std::span<const value> parameters) {
  if (_state->failure) throw *_state->failure;
  bound_statement* statement = nullptr;
  try {
    statement = &_state->prepared(sql, parameters, {});
    assign(*statement, parameters);
    statement->statement.execute(true);
    std::int64_t affected = statement->statement.get_affected_rows();
    shrink(statement->parameters);
    return affected;
  } catch (const std::exception& problem) {
    _state->failed(problem, statement);
  }
}

std::vector<std::vector<value>> session::select_rows(std::string_view sql, std::span<const value> parameters,
                                                     std::span<const column> columns) {
  if (_state->failure) throw *_state->failure;
  bound_statement* statement = nullptr;
  std::vector<std::vector<value>> rows;
  try {
    statement = &_state->prepared(sql, parameters, columns);
    assign(*statement, parameters);
    for (bool got = statement->statement.execute(true); got; got = statement->statement.fetch()) {
      auto& row = rows.emplace_back();
      row.reserve(columns.size());
      for (std::size_t i = 0; i < columns.size(); ++i) {
        auto& slot = statement->columns[i];
        if (slot.indicator == soci::i_null)
          row.emplace_back();
        else if (columns[i] == column::integer)
          row.emplace_back(std::in_place_type<std::int64_t>, slot.number);
        else
          row.emplace_back(std::in_place_type<std::string>, slot.text);
      }
    }
    shrink(statement->parameters);
    shrink(statement->columns);
    return rows;
  } catch (const std::exception& problem) {
    _state->failed(problem, statement);
  }
}

}  // namespace mes::store
