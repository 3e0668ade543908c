// Counts of one loop's traffic under the names of Kong's prometheus plugin. Each loop writes its own without locks;
// a scrape adds them up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

inline constexpr std::array<double, 15> kong_latency_buckets_ms = {1,  2,  5,   7,   10,  15,  20,  30,
                                                                   50, 75, 100, 200, 500, 750, 1000};
inline constexpr std::array<double, 13> upstream_latency_buckets_ms = {25,   50,   80,   100,   250,   400,  700,
                                                                       1000, 2000, 5000, 10000, 30000, 60000};

// Written by one thread, read by others: a plain addition without a locked instruction.
template <class Number>
class single_writer {
 public:
  void add(Number amount) { _value.store(_value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed); }
  Number value() const { return _value.load(std::memory_order_relaxed); }

 private:
  std::atomic<Number> _value = 0;
};

// What a connection of a client, or a stream of one, is doing, as nginx's stub_status counts it.
enum class activity : std::uint8_t {
  other,
  waiting,  // nothing of a request has come
  reading,  // a request's head, which is not whole yet
  writing   // with a request, until its answer is out
};

template <std::size_t N>
struct latency_histogram {
  std::array<single_writer<std::uint64_t>, N + 1> buckets;  // not cumulative; the last is +Inf
  single_writer<double> sum;

  void observe(const std::array<double, N>& bounds, double value) {
    std::size_t i = 0;
    while (i < N && value > bounds[i]) ++i;
    buckets[i].add(1);
    sum.add(value);
  }
};

class traffic_stats {
 public:
  struct groups {
    bool status_codes = false, latencies = false, bandwidth = false;
  };

  // The writer's thread only.
  void record(std::string_view service, std::string_view route, std::string_view who, const groups& wants,
              const exchange_totals& totals);

  void count_unread(int status);  // refused, or given up, before a request could be made out

  single_writer<std::uint64_t> accepted, requests;
  single_writer<std::uint64_t> refused;              // closed at once: beyond the limit, or there was no descriptor
  single_writer<std::int64_t> active;                // connections open now
  std::array<single_writer<std::int64_t>, 4> doing;  // by activity
  std::uint64_t now(activity what) const {
    return static_cast<std::uint64_t>(doing[static_cast<std::size_t>(what)].value());
  }

  // Kong's text for the sum of all loops. Any thread.
  static std::string expose(std::span<const std::unique_ptr<traffic_stats>> loops);

 private:
  using status_counts = std::map<int, single_writer<std::uint64_t>>;  // grows under _growing
  struct row {
    std::array<status_counts, 2> by_status;  // [from service]
    single_writer<std::uint64_t> bytes_in, bytes_out;
    latency_histogram<15> kong_ms;
    latency_histogram<13> upstream_ms, request_ms;
    bool with_latency = false;
  };
  using key_view = std::tuple<std::string_view, std::string_view, std::string_view>;
  struct key {
    std::string service, route, who;
    operator key_view() const { return {service, route, who}; }
  };
  struct key_less {
    using is_transparent = void;
    bool operator()(const key_view& a, const key_view& b) const { return a < b; }
  };

  void count(status_counts& counts, int status);
  row& row_of(std::string_view service, std::string_view route, std::string_view who);

  mutable std::mutex _growing;  // held to add a row or a status, and to read all
  status_counts _unread;
  std::map<key, std::unique_ptr<row>, key_less> _rows;
};

// One that is counted, on its loop's thread, until it is gone.
class counted_activity {
 public:
  explicit counted_activity(traffic_stats& in, activity first = activity::other) : _doing(in.doing), _now(first) {
    count(1);
  }
  ~counted_activity() { count(-1); }
  counted_activity(const counted_activity&) = delete;
  counted_activity& operator=(const counted_activity&) = delete;

  void be(activity next) {
    if (next == _now) return;
    count(-1);
    _now = next;
    count(1);
  }

 private:
  void count(std::int64_t change) { _doing[static_cast<std::size_t>(_now)].add(change); }

  std::array<single_writer<std::int64_t>, 4>& _doing;
  activity _now;
};

}  // namespace mes::gateway
