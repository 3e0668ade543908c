#include "store/reader_pool.h"

namespace mes::store {

reader_pool::~reader_pool() {
  {
    std::lock_guard lock(_mutex);
    _stopping = true;
  }
  _wake.notify_all();
  for (auto& thread : _threads) thread.join();
}

void reader_pool::read(std::function<void(session&)> to_do, std::function<void(error)> failed) {
  {
    std::lock_guard lock(_mutex);
    if (_queue.size() < _options.queue_max && !_stopping) {
      _queue.push_back({std::move(to_do), std::move(failed)});
      failed = nullptr;
      if (_queue.size() > _idle && _threads.size() < static_cast<std::size_t>(_options.readers))
        _threads.emplace_back("db-reader", [this] { run(); });
    }
  }
  if (failed)
    failed(error(error_code::unavailable, "The database's queue is full, try again later"));
  else
    _wake.notify_one();
}

void reader_pool::run() {
  std::unique_ptr<connection> mine;
  std::unique_lock lock(_mutex);
  for (;;) {
    ++_idle;
    _wake.wait(lock, [this] { return _stopping || !_queue.empty(); });
    --_idle;
    if (_queue.empty()) return;
    query next = std::move(_queue.front());
    _queue.pop_front();
    lock.unlock();
    run_one(mine, next);
    next = {};
    lock.lock();
  }
}

// Only a connection that breaks before the query has seen anything is replaced in silence.
void reader_pool::begin(std::unique_ptr<connection>& on) {
  if (on != nullptr && !on->is_lost()) try {
      on->begin_read();
      return;
    } catch (const sql_error&) {
      if (!on->is_lost()) throw;
    }
  on.reset();
  on = connection::open(_options.url, connection::purpose::reading);
  on->begin_read();
}

void reader_pool::run_one(std::unique_ptr<connection>& on, query& q) {
  try {
    begin(on);
    q.to_do(on->use());
  } catch (const sql_error& problem) {
    q.failed(error(problem.code, problem.what()));
  } catch (const std::exception& problem) {
    _log.error("A query threw", {{"error", std::string_view(problem.what())}});
    q.failed(error(error_code::internal, problem.what()));
  }
  if (on != nullptr) on->rollback();  // nothing to keep
}

}  // namespace mes::store
