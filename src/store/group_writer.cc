#include "store/group_writer.h"

#include <algorithm>
#include <chrono>

namespace mes::store {
namespace {

error error_of(const sql_error& problem) { return {problem.code, problem.what()}; }

}  // namespace

group_writer::probe::probe(observe::registry& metrics)
    : commits(metrics.make_counter("mes_db_commits_total", "Group commits that reached the disk.")),
      commands(metrics.make_counter("mes_db_commands_total", "Units of work that were committed.")),
      failures(metrics.make_counter("mes_db_failures_total", "Units of work that were undone.")),
      commit_seconds(metrics.make_histogram("mes_db_commit_seconds", "Time of a commit, with its sync.")),
      queue_depth(metrics.make_gauge("mes_db_queue_depth", "Units of work waiting for the writer.")) {}

group_writer::group_writer(const database::options& with, std::unique_ptr<connection> on, const observe::logger& log,
                           observe::registry& metrics)
    : _options(with), _log(log), _probe(metrics), _connection(std::move(on)), _thread("db-writer", [this] { run(); }) {}

group_writer::~group_writer() {
  {
    std::lock_guard lock(_mutex);
    _stopping = true;
  }
  _wake.notify_one();
  _thread.join();
}

void group_writer::write(database::work to_do, std::function<void(result<void>)> done) {
  {
    std::lock_guard lock(_mutex);
    if (_queue.size() < _options.queue_max && !_stopping) {
      _queue.push_back({std::move(to_do), std::move(done)});
      _probe.queue_depth.set(static_cast<double>(_queue.size()));
      if (_queue.size() > 1) return;  // the writer has been woken already
      done = nullptr;
    }
  }
  if (done)
    done(fail(error_code::unavailable, "The database's queue is full, try again later"));
  else
    _wake.notify_one();
}

void group_writer::on_commit(std::function<void()> listener) {
  std::lock_guard lock(_mutex);
  _listeners.push_back(std::move(listener));
}

void group_writer::run() {
  for (auto group = take(); !group.empty(); group = take()) commit_group(group);
}

// Empty: stop.
std::vector<group_writer::command> group_writer::take() {
  std::unique_lock lock(_mutex);
  _wake.wait(lock, [this] { return _stopping || !_queue.empty(); });
  std::vector<command> group;
  group.reserve(std::min(_queue.size(), _options.group_max));
  while (!_queue.empty() && group.size() < _options.group_max) {
    group.push_back(std::move(_queue.front()));
    _queue.pop_front();
  }
  _probe.queue_depth.set(static_cast<double>(_queue.size()));
  return group;
}

void group_writer::begin() {
  if (_failed) throw sql_error(error_code::storage_failed, "The disk has failed: the service has to be started again");
  if (_connection != nullptr && !_connection->is_lost()) try {
      _connection->begin_write();
      return;
    } catch (const sql_error&) {
      if (!_connection->is_lost()) throw;
    }
  _log.warn("The connection to the database is lost, connecting again");
  _connection.reset();
  _connection = connection::open(_options.url, connection::purpose::writing);
  _connection->begin_write();
}

void group_writer::commit_group(std::vector<command>& group) {
  std::span<command> rest(group);
  while (!rest.empty()) {
    std::vector<result<void>> outcomes;
    try {
      begin();
      outcomes = run_commands(rest);
      commit(outcomes);
    } catch (const sql_error& problem) {
      outcomes.assign(rest.size(), fail(error_of(problem)));
    }
    finish(rest.first(outcomes.size()), outcomes);
    rest = rest.subspan(outcomes.size());
  }
}

std::vector<result<void>> group_writer::run_commands(std::span<command> group) {
  const bool alone = group.size() == 1;
  std::vector<result<void>> outcomes;
  outcomes.reserve(group.size());
  for (auto& c : group) try {
      outcomes.push_back(run_one(c, alone));
    } catch (const sql_error& problem) {
      // The savepoint could not be made or undone: the whole transaction is gone, with all that ran in it.
      outcomes.push_back(fail(error_of(problem)));
      for (auto& outcome : outcomes)
        if (outcome) outcome = fail(error_of(problem));
      break;
    }
  return outcomes;
}

// Throws when the transaction as a whole is gone.
result<void> group_writer::run_one(command& c, bool alone) {
  if (!alone) _connection->savepoint();
  result<void> outcome;
  try {
    outcome = c.to_do(_connection->use());
  } catch (const sql_error& problem) {
    outcome = fail(error_of(problem));
  } catch (const std::exception& problem) {
    _log.error("A unit of work threw", {{"error", std::string_view(problem.what())}});
    outcome = fail(error_code::internal, problem.what());
  }
  if (outcome && _connection->failure() != nullptr) outcome = fail(error_of(*_connection->failure()));
  if (outcome) {
    if (!alone) _connection->release();
    return outcome;
  }
  if (!alone) try {
      _connection->rollback_to_savepoint();
    } catch (const sql_error&) {
      throw sql_error(outcome.error().code, outcome.error().message);  // why the engine gave it up
    }
  return outcome;
}

void group_writer::commit(std::vector<result<void>>& outcomes) {
  if (std::ranges::none_of(outcomes, [](auto& o) { return o.has_value(); })) {
    _connection->rollback();
    return;
  }
  auto before = std::chrono::steady_clock::now();
  try {
    _connection->commit();
  } catch (const sql_error& problem) {
    if (problem.code == error_code::storage_failed || problem.code == error_code::corrupt) {
      _failed = true;
      _log.error("A commit could not be synced; nothing more is written",
                 {{"error", std::string_view(problem.what())}});
    }
    for (auto& outcome : outcomes)
      if (outcome) outcome = fail(error_of(problem));
    _connection->rollback();
    return;
  }
  _probe.commit_seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count());
  _probe.commits.add();
}

void group_writer::finish(std::span<command> group, std::vector<result<void>>& outcomes) {
  std::size_t committed = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    committed += outcomes[i].has_value() ? 1 : 0;
    if (group[i].done) group[i].done(std::move(outcomes[i]));
    group[i] = {};
  }
  _probe.commands.add(static_cast<double>(committed));
  _probe.failures.add(static_cast<double>(group.size() - committed));
  if (committed == 0) return;
  std::vector<std::function<void()>> listeners;
  {
    std::lock_guard lock(_mutex);
    listeners = _listeners;
  }
  for (auto& listener : listeners) listener();
}

}  // namespace mes::store
