#include "store/database.h"

#include <condition_variable>
#include <mutex>

#include "store/group_writer.h"
#include "store/migrate.h"
#include "store/reader_pool.h"

namespace mes::store {
namespace {

// Waits for one answer. (A std::promise may still be in its set_value when the waiter has it destroyed.)
class answer {
 public:
  void set(result<void> outcome) {
    std::lock_guard lock(_mutex);
    _outcome = std::move(outcome);
    _there.notify_one();
  }
  result<void> wait() {
    std::unique_lock lock(_mutex);
    _there.wait(lock, [this] { return _outcome.has_value(); });
    return std::move(*_outcome);
  }

 private:
  std::mutex _mutex;
  std::condition_variable _there;
  std::optional<result<void>> _outcome;
};

}  // namespace

struct database::state {
  state(const options& with, std::unique_ptr<connection> on, const observe::logger& log, observe::registry& metrics)
      : writer(with, std::move(on), log, metrics), readers(with, log) {}
  group_writer writer;
  reader_pool readers;  // ends first: SQLite's last connection, the writer's, folds the WAL in
};

database::database(std::unique_ptr<state> s) : _state(std::move(s)) {}
database::~database() = default;

result<std::unique_ptr<database>> database::open(options with, std::span<const migration> migrations,
                                                 const observe::logger& log, observe::registry& metrics) {
  try {
    auto writing = connection::open(with.url, connection::purpose::writing);
    if (auto migrated = migrate(*writing, migrations, log); !migrated) return fail(migrated.error());
    auto opened = std::make_unique<state>(with, std::move(writing), log, metrics);
    return std::unique_ptr<database>(new database(std::move(opened)));
  } catch (const sql_error& problem) {
    return fail(problem.code, std::string("Cannot open the database: ") + problem.what());
  }
}

void database::write(work to_do, std::function<void(result<void>)> done) {
  _state->writer.write(std::move(to_do), std::move(done));
}

result<void> database::write_and_wait(work to_do) {
  if (_state->writer.is_current_thread())
    return fail(error_code::internal, "write_and_wait on the writer's own thread would wait for ever");
  answer answered;
  write(std::move(to_do), [&answered](result<void> outcome) { answered.set(std::move(outcome)); });
  return answered.wait();
}

void database::read(std::function<void(session&)> to_do, std::function<void(error)> failed) {
  _state->readers.read(std::move(to_do), std::move(failed));
}

result<void> database::read_blocking(std::function<void(session&)> to_do) {
  answer answered;
  // An exception of `to_do` reaches `failed`; only one of the two answers.
  read(
      [&](session& s) {
        to_do(s);
        answered.set({});
      },
      [&answered](error problem) { answered.set(fail(std::move(problem))); });
  return answered.wait();
}

bool database::is_failed() const { return _state->writer.is_failed(); }

void database::on_commit(std::function<void()> listener) { _state->writer.on_commit(std::move(listener)); }

}  // namespace mes::store
