#include "store/connection.h"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "os/file_system.h"
#include "store/session_state.h"

namespace mes::store {
namespace {

constexpr int writers_lock = 0x6d6573;  // the advisory lock's key, in each database of its own

std::unexpected<sql_error> refused(error_code code, std::string message) {
  return std::unexpected<sql_error>(std::in_place, code, message);
}

// The file with its directory, readable by its owner alone; SQLite gives its WAL the same mode.
std::expected<void, sql_error> make_file(const std::string& path) {
  if (path.empty() || path.find_first_of("\"\n") != std::string::npos)
    return refused(error_code::invalid_argument, fmt::format("A database's path cannot be '{}'", path));
  auto files = os::make_real_file_system();
  auto parent = std::filesystem::path(path).parent_path().string();
  if (!parent.empty())
    if (auto made = files->make_dirs(parent); !made) return refused(made.error().code, made.error().message);
  if (auto made = files->open(path, os::open_mode::create); !made)
    return refused(made.error().code, made.error().message);
  return {};
}

std::unique_ptr<session::state> open_sqlite(const std::string& path, connection::purpose why) {
  if (auto made = make_file(path); !made) throw made.error();
  auto state = std::make_unique<session::state>(soci::sqlite3, fmt::format("dbname=\"{}\" timeout=10", path), false);
  auto* backend = static_cast<soci::sqlite3_session_backend*>(state->sql.get_backend());
  sqlite_api::sqlite3_extended_result_codes(backend->conn_, 1);
  const bool writing = why == connection::purpose::writing;
  for (const char* pragma :
       {"journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "mmap_size=0",
        "wal_autocheckpoint=4000", "journal_size_limit=33554432", writing ? "cache_size=-2000" : "cache_size=-1000"})
    state->sql << "PRAGMA " << pragma;
  if (!writing) state->sql << "PRAGMA query_only=ON";
  return state;
}

// A process that was killed leaves its lock for the moment that the server takes to notice.
void take_writers_lock(soci::session& sql) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    int got = 0;
    sql << "SELECT CASE WHEN pg_try_advisory_lock(" << writers_lock << ") THEN 1 ELSE 0 END", soci::into(got);
    if (got == 1) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw sql_error(error_code::unavailable, "Another process writes to this database: a service's database has one");
}

std::unique_ptr<session::state> open_postgresql(const std::string& url, connection::purpose why) {
  std::string with_limits = url + (url.find('?') == std::string::npos ? '?' : '&') +
                            "connect_timeout=5&keepalives_idle=10&keepalives_interval=5&keepalives_count=3"
                            "&tcp_user_timeout=15000&client_encoding=UTF8&fallback_application_name=mes";
  auto state = std::make_unique<session::state>(soci::postgresql, with_limits, true);
  state->sql << "SET client_min_messages = error";
  if (why == connection::purpose::writing) take_writers_lock(state->sql);
  return state;
}

soci::postgresql_session_backend& postgresql_of(soci::session& sql) {
  return *static_cast<soci::postgresql_session_backend*>(sql.get_backend());
}

}  // namespace

std::unique_ptr<connection> connection::open(const std::string& url, purpose why) {
  const bool postgresql = url.starts_with("postgresql://") || url.starts_with("postgres://");
  if (!postgresql && !url.starts_with("sqlite:"))
    throw sql_error(error_code::invalid_argument,
                    "A database's URL starts with sqlite: or postgresql://");  // not quoted: it may hold a password
  try {
    auto state = postgresql ? open_postgresql(url, why) : open_sqlite(url.substr(7), why);
    return std::make_unique<connection>(std::unique_ptr<session>(new session(std::move(state))));
  } catch (const soci::soci_error& problem) {
    sql_error meaning = to_sql_error(problem, false);
    if (postgresql && meaning.code == error_code::internal) meaning.code = error_code::unavailable;
    throw meaning;
  }
}

void connection::control(std::string_view sql) { _session->execute(sql, std::span<const value>()); }

void connection::begin_write() {
  _session->_state->failure.reset();
  control(_session->is_postgresql() ? "BEGIN" : "BEGIN IMMEDIATE");
}

void connection::begin_read() {
  _session->_state->failure.reset();
  control(_session->is_postgresql() ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN DEFERRED");
}

void connection::commit() {
  if (!is_healthy_transaction())  // PostgreSQL would answer a COMMIT of a failed transaction with a quiet ROLLBACK
    throw sql_error(error_code::storage_failed, "The transaction had been given up before its commit");
  control("COMMIT");
}

void connection::rollback() noexcept {
  auto& state = *_session->_state;
  state.failure.reset();
  try {
    bool open = state.postgresql ? PQtransactionStatus(postgresql_of(state.sql).conn_) != PQTRANS_IDLE
                                 : is_healthy_transaction();
    if (open) control("ROLLBACK");
  } catch (const sql_error&) {  // PostgreSQL: the server is gone and with it the transaction; is_lost() says so
  }
  state.failure.reset();
}

void connection::savepoint() {
  _session->_state->failure.reset();
  control("SAVEPOINT work");
}

void connection::release() { control("RELEASE SAVEPOINT work"); }

void connection::rollback_to_savepoint() {
  _session->_state->failure.reset();
  control("ROLLBACK TO SAVEPOINT work");
  control("RELEASE SAVEPOINT work");
}

const sql_error* connection::failure() const {
  return _session->_state->failure ? &*_session->_state->failure : nullptr;
}

bool connection::is_healthy_transaction() const {
  auto& sql = _session->_state->sql;
  if (_session->is_postgresql()) return PQtransactionStatus(postgresql_of(sql).conn_) == PQTRANS_INTRANS;
  return sqlite_api::sqlite3_get_autocommit(static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_) == 0;
}

bool connection::is_lost() const {
  return _session->is_postgresql() && PQstatus(postgresql_of(_session->_state->sql).conn_) == CONNECTION_BAD;
}

}  // namespace mes::store
