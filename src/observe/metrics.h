// Metrics as values to count with. Logic never sees the registry: it holds counters in a *_probe struct of verbs.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mes::observe {

using labels = std::vector<std::pair<std::string, std::string>>;

// Handles are cheap to copy, thread-safe, and live as long as their registry.
class counter {
 public:
  void add(double amount = 1);  // amount >= 0
  double value() const;

 private:
  friend class registry;
  explicit counter(void* impl) : _impl(impl) {}
  void* _impl;
};

class gauge {
 public:
  void set(double value);
  void add(double amount);
  double value() const;

 private:
  friend class registry;
  explicit gauge(void* impl) : _impl(impl) {}
  void* _impl;
};

class histogram {
 public:
  void observe(double value);

 private:
  friend class registry;
  explicit histogram(void* impl) : _impl(impl) {}
  void* _impl;
};

// Bucket bounds in seconds that fit a request on one machine: 0.5 ms to 10 s.
const std::vector<double>& latency_buckets_s();

class registry {
 public:
  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  // The same name and labels give the same metric. `name` and `help` follow Prometheus' conventions (unit last).
  counter make_counter(const std::string& name, const std::string& help, const labels& with = {});
  gauge make_gauge(const std::string& name, const std::string& help, const labels& with = {});
  histogram make_histogram(const std::string& name, const std::string& help, const labels& with = {},
                           const std::vector<double>& buckets = latency_buckets_s());

  // Prometheus' text exposition format 0.0.4, with process_resident_memory_bytes, process_cpu_seconds_total and
  // process_start_time_seconds added.
  std::string expose() const;

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::observe
