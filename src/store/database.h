// A service's own database, on SQLite or PostgreSQL through SOCI: one writer with group commit, several readers.
//
// SQL is the common subset of both: BIGINT for every number, TEXT for text, `:p1`, `:p2`, … for parameters,
// ON CONFLICT … DO UPDATE. SQLite runs with WAL and synchronous=FULL.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "base/error.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace mes::store {

using value = std::variant<std::monostate, std::int64_t, std::string>;  // monostate = NULL

// Thrown by sessions; caught where a unit of work ends (database::write and read), which rolls back.
struct sql_error : std::runtime_error {
  sql_error(error_code c, const std::string& what) : std::runtime_error(what), code(c) {}
  error_code code;  // already_exists (unique), unprocessable (other constraint), storage_full, unavailable, internal
};

// One connection, used by one thread at a time. Statements are prepared once and kept.
class session {
 public:
  // Rows affected.
  std::int64_t execute(std::string_view sql, std::initializer_list<value> parameters = {}) {
    return execute(sql, std::span<const value>(parameters.begin(), parameters.size()));
  }
  std::int64_t execute(std::string_view sql, std::span<const value> parameters);

  // select<std::int64_t, std::string, std::optional<std::string>>("SELECT …", {…}): a tuple a row. Columns are
  // std::int64_t or std::string, or std::optional of them where NULL may come; NULL elsewhere throws.
  template <class... Columns>
  std::vector<std::tuple<Columns...>> select(std::string_view sql, std::initializer_list<value> parameters = {}) {
    return select<Columns...>(sql, std::span<const value>(parameters.begin(), parameters.size()));
  }
  template <class... Columns>
  std::vector<std::tuple<Columns...>> select(std::string_view sql, std::span<const value> parameters);

  bool is_postgresql() const;

 private:
  friend class database;
  struct state;
  enum class column : std::uint8_t { integer, text };
  explicit session(std::unique_ptr<state> s);

 public:
  ~session();

 private:
  std::vector<std::vector<value>> select_rows(std::string_view sql, std::span<const value> parameters,
                                              std::span<const column> columns);
  template <class T>
  static constexpr column column_of();
  template <class T>
  static T take(value& v);
  std::unique_ptr<state> _state;
};

// Numbered from 1, in order, never changed once released; each runs once, in a transaction.
struct migration {
  int number;
  std::string_view name;
  std::string_view sql;  // statements separated by ';' at a line's end
};

// Thread-safe.
class database {
 public:
  struct options {
    std::string url;  // "sqlite:/path/file.db" or "postgresql://user:password@host/db"
    int readers = 2;
    std::size_t group_max = 256;  // commands in one commit
    std::size_t queue_max = 10'000;
  };

  static result<std::unique_ptr<database>> open(options with, std::span<const migration> migrations,
                                                const observe::logger& log, observe::registry& metrics);
  ~database();  // commits what is queued

  // Queues `work` for the writer thread: it runs inside a transaction shared with its neighbours (a savepoint each).
  // Its error, or an exception, undoes its own changes alone. `done` runs after the commit is on disk (or with
  // the error), on the writer's thread: it must not block. `unavailable` at once when the queue is full.
  using work = std::function<result<void>(session&)>;
  void write(work to_do, std::function<void(result<void>)> done);
  result<void> write_and_wait(work to_do);

  // Queues `to_do` for a reader thread: consistent snapshot of what is committed.
  void read(std::function<void(session&)> to_do, std::function<void(error)> failed);
  template <class F>
  auto read_and_wait(F to_do) -> result<decltype(to_do(std::declval<session&>()))>;

  // Called on the writer's thread after each group commit: how the outbox relay learns that there is work.
  void on_commit(std::function<void()> listener);

 private:
  struct state;
  explicit database(std::unique_ptr<state> s);
  result<void> read_blocking(std::function<void(session&)> to_do);
  std::unique_ptr<state> _state;
};

// ---------------------------------------------------------------- templates

template <class T>
struct column_traits;
template <>
struct column_traits<std::int64_t> {
  static constexpr bool integer = true, nullable = false;
};
template <>
struct column_traits<std::string> {
  static constexpr bool integer = false, nullable = false;
};
template <>
struct column_traits<std::optional<std::int64_t>> {
  static constexpr bool integer = true, nullable = true;
};
template <>
struct column_traits<std::optional<std::string>> {
  static constexpr bool integer = false, nullable = true;
};

template <class T>
constexpr session::column session::column_of() {
  return column_traits<T>::integer ? column::integer : column::text;
}

template <class T>
T session::take(value& v) {
  using plain = std::conditional_t<column_traits<T>::integer, std::int64_t, std::string>;
  if constexpr (column_traits<T>::nullable) {
    if (std::holds_alternative<std::monostate>(v)) return std::nullopt;
  } else if (std::holds_alternative<std::monostate>(v)) {
    throw sql_error(error_code::internal, "NULL in a column that cannot be NULL");
  }
  return std::move(std::get<plain>(v));
}

template <class... Columns>
std::vector<std::tuple<Columns...>> session::select(std::string_view sql, std::span<const value> parameters) {
  static constexpr column columns[] = {column_of<Columns>()...};
  std::vector<std::vector<value>> rows = select_rows(sql, parameters, columns);
  std::vector<std::tuple<Columns...>> typed;
  typed.reserve(rows.size());
  for (auto& row : rows)
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      typed.emplace_back(take<Columns>(row[I])...);
    }(std::index_sequence_for<Columns...>{});
  return typed;
}

template <class F>
auto database::read_and_wait(F to_do) -> result<decltype(to_do(std::declval<session&>()))> {
  using answer = decltype(to_do(std::declval<session&>()));
  std::optional<answer> got;
  result<void> ran = read_blocking([&](session& s) { got.emplace(to_do(s)); });
  if (!ran) return std::unexpected(ran.error());
  return std::move(*got);
}

}  // namespace mes::store
