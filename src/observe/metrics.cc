#include "observe/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>

#include "base/instant.h"
#include "base/utf8.h"

namespace mes::observe {
namespace {

std::map<std::string, std::string> as_map(const labels& with) {
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : with) all.emplace(name, valid_utf8(value));
  return all;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0, resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

const std::vector<double>& latency_buckets_s() {
  static const std::vector<double> bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,    0.25,  0.5,    1,     2.5,  5,     10};
  return bounds;
}

void counter::add(double amount) { static_cast<prometheus::Counter*>(_impl)->Increment(amount); }
double counter::value() const { return static_cast<prometheus::Counter*>(_impl)->Value(); }
void gauge::set(double value) { static_cast<prometheus::Gauge*>(_impl)->Set(value); }
void gauge::add(double amount) { static_cast<prometheus::Gauge*>(_impl)->Increment(amount); }
double gauge::value() const { return static_cast<prometheus::Gauge*>(_impl)->Value(); }
void histogram::observe(double value) { static_cast<prometheus::Histogram*>(_impl)->Observe(value); }

struct registry::state {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

registry::registry() : _state(std::make_unique<state>()) {
  make_gauge("process_start_time_seconds", "Start time of the process since the epoch, in seconds")
      .set(static_cast<double>(instant::now().ms()) / 1000);
}
registry::~registry() = default;

counter registry::make_counter(const std::string& name, const std::string& help, const labels& with) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(_state->registry);
  return counter(&family.Add(as_map(with)));
}

gauge registry::make_gauge(const std::string& name, const std::string& help, const labels& with) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(_state->registry);
  return gauge(&family.Add(as_map(with)));
}

histogram registry::make_histogram(const std::string& name, const std::string& help, const labels& with,
                                   const std::vector<double>& buckets) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(_state->registry);
  return histogram(&family.Add(as_map(with), buckets));
}

std::string registry::expose() const {
  auto& registry = _state->registry;
  prometheus::BuildGauge()
      .Name("process_resident_memory_bytes")
      .Help("Resident memory size in bytes")
      .Register(registry)
      .Add({})
      .Set(resident_bytes());
  // A counter may only grow by what was added since the last look.
  auto& cpu = prometheus::BuildCounter()
                  .Name("process_cpu_seconds_total")
                  .Help("User and system CPU time spent, in seconds")
                  .Register(registry)
                  .Add({});
  if (double grown = cpu_seconds() - cpu.Value(); grown > 0) cpu.Increment(grown);
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace mes::observe
