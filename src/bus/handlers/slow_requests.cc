#include "bus/handlers/slow_requests.h"

#include "bus/handlers/call.h"

namespace mes::bus::handlers {
namespace {

using kafka_api = wire::kafka::api;
using std::chrono::milliseconds;

constexpr auto told_every = std::chrono::seconds(1);

// These wait for what other members of a group do, for as long as it takes.
bool waits_for_others(kafka_api api) { return api == kafka_api::join_group || api == kafka_api::sync_group; }

}  // namespace

void slow_requests::answered(const call& c) {
  const auto now = std::chrono::steady_clock::now();
  const auto took = now - c.received;
  broker_stats& stats = c.of->stats();
  api_stats& api = stats.apis[static_cast<std::int16_t>(c.api)];
  api.answered += 1;
  api.total_ns += static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count());
  const std::int64_t slow_ms = c.of->settings().slow_request_ms;
  if (slow_ms == 0 || waits_for_others(c.api) || took < milliseconds(slow_ms + c.may_wait_ms)) return;
  stats.slow_requests += 1;
  if (now - _told < told_every) {
    ++_untold;
    return;
  }
  _told = now;
  const auto* info = served(static_cast<std::int16_t>(c.api));
  c.of->logger().warn("slow request", {{"api", info ? std::string_view(info->name) : std::string_view{}},
                                       {"client_id", std::string_view(c.client_id)},
                                       {"client_host", std::string_view(c.client_host)},
                                       {"topic", std::string_view(c.topic)},
                                       {"ms", std::int64_t{std::chrono::duration_cast<milliseconds>(took).count()}},
                                       {"more_since_last", static_cast<std::int64_t>(_untold)}});
  _untold = 0;
}

}  // namespace mes::bus::handlers
