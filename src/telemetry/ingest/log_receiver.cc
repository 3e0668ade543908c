#include "telemetry/ingest/log_receiver.h"

namespace mes::telemetry {
namespace {

constexpr std::chrono::milliseconds gather_time{50};
constexpr std::size_t gather_bytes = 256u << 10;

}  // namespace

log_receiver::log_receiver(runtime::event_loop& loop, store& into, ingest_probe& probe)
    : _loop(loop),
      _store(into),
      _probe(probe),
      _rows([&into](std::string_view index) { return into.has_room_for(index); }) {}

result<std::unique_ptr<log_receiver>> log_receiver::listen(runtime::event_loop& loop, line_server_options options,
                                                           store& into, ingest_probe& probe) {
  std::unique_ptr<log_receiver> made(new log_receiver(loop, into, probe));
  log_receiver* r = made.get();
  auto server = line_server::listen(
      loop, std::move(options),
      [r](std::string_view line) {
        r->_rows.add_line(line, instant::now());
        r->_probe.line();
      },
      [r] { return r->after_read(); });
  if (!server) return fail(std::move(server.error()));
  made->_server = std::move(*server);
  return made;
}

// False while more than a batch waits: the sockets are left alone until it is stored.
bool log_receiver::after_read() {
  if (_rows.size_bytes() == 0) return true;
  if (!_due) _due = _loop.after(gather_time, [this] { deliver(); });
  return _rows.size_bytes() < gather_bytes;
}

void log_receiver::deliver() {
  _due.reset();
  if (_rows.size_bytes() == 0) return;
  std::vector<row_batch> batches = _rows.take();
  auto taken = _store.append(std::move(batches), store::durability::soon, [&probe = _probe](result<appended> stored) {
    if (!stored) probe.refused();
  });
  if (!taken) {
    _probe.refused();
    _rows.put_back(std::move(batches));
    _due = _loop.after(gather_time, [this] { deliver(); });
    return;
  }
  if (_server) _server->resume();
}

void log_receiver::close() {
  _server->close();
  deliver();
}

}  // namespace mes::telemetry
