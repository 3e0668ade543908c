// A plugin that pushes each exchange's log record, as a text, into a queue: tcp-log, udp-log, file-log, syslog, loggly.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

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
  // `text_of` gives "" for what is not to be sent.
  using formatter = std::function<std::string(const plugin_context&)>;
  record_log(std::shared_ptr<delivery_queue> queue, formatter text_of)
      : _queue(std::move(queue)), _text_of(std::move(text_of)) {}

  void header_filter(plugin_context& c) const override { keep_for_log(c); }
  void log(plugin_context& c) const override {
    if (!_queue) return;
    if (std::string text = _text_of(c); !text.empty()) _queue->push(std::move(text));
  }

 private:
  std::shared_ptr<delivery_queue> _queue;  // nullptr: nothing is sent
  formatter _text_of;
};

}  // namespace mes::gateway
