// One connection to SQLite or PostgreSQL: opens it, brackets its transactions, says whether it still holds.
//
// Internal to store/. One thread at a time. What fails throws sql_error.
#pragma once

#include <memory>
#include <string>

#include "store/database.h"

namespace mes::store {

class connection {
 public:
  enum class purpose : std::uint8_t { writing, reading };

  // `writing` also takes the database for this process (PostgreSQL: an advisory lock; there is one writer).
  static std::unique_ptr<connection> open(const std::string& url, purpose why);
  explicit connection(std::unique_ptr<session> s) : _session(std::move(s)) {}

  session& use() { return *_session; }

  void begin_write();
  void begin_read();
  void commit();
  void rollback() noexcept;  // also where there is no transaction

  // A unit of work inside of a transaction.
  void savepoint();
  void release();
  void rollback_to_savepoint();

  // What the session threw since the transaction or the savepoint began, if a unit of work went on regardless.
  const sql_error* failure() const;
  // False once the engine gave the transaction up by itself (disk full, connection lost).
  bool is_healthy_transaction() const;
  bool is_lost() const;  // PostgreSQL: the server is gone

 private:
  void control(std::string_view sql);
  std::unique_ptr<session> _session;
};

}  // namespace mes::store
