// A plugin that pushes each exchange's log record, as a text, into a queue: http-log, tcp-log, udp-log, file-log,
// syslog, loggly.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/plugins/custom_fields.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/log_record.h"

namespace mes::gateway {

// Without a `queue` field in Kong: each record is tried once, so a batch is too, but a lost connection is made again.
inline queue_options single_try(std::size_t batch_entries_max = 100) {
  queue_options o{.batch_entries_max = batch_entries_max};
  o.coalescing_delay = std::chrono::duration<double>(0);
  o.retry_time_max = std::chrono::duration<double>(0);
  return o;
}

class record_log final : public plugin {
 public:
  // What stands before each record; nothing: of this exchange none is to be sent.
  using prefix = std::function<std::optional<std::string>(const plugin_context&)>;
  record_log(std::shared_ptr<delivery_queue> queue, const plugin_entry& entry, prefix before = nullptr)
      : _queue(std::move(queue)), _name(entry.name), _fields(entry), _before(std::move(before)) {}

  void header_filter(plugin_context& c) const override { keep_for_log(c); }
  void log(plugin_context& c) const override {
    if (!_fields.apply(c)) return;
    std::optional<std::string> text = _before ? _before(c) : std::string();
    if (!_queue || !text) return;
    auto line = log_line_of(c);
    if (line)
      _queue->push(std::move(*text += *line));
    else
      c.lua->complain(this, fmt::format("[{}] no record is sent: {}", _name, line.error().message));
  }

 private:
  std::shared_ptr<delivery_queue> _queue;  // nullptr: nothing is sent
  std::string _name;
  custom_fields _fields;
  prefix _before;
};

}  // namespace mes::gateway
