// Aggregations: terms, date_histogram, filter, filters, min, max, avg, sum, value_count, stats, cardinality, nested
// within each other. Bounded: at most 10,000 buckets in one request, as Elasticsearch's search.max_buckets has it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "telemetry/query/elastic/query.h"

namespace mes::telemetry::elastic {

// What is gathered for one aggregation in one bucket.
class collector {
 public:
  virtual ~collector() = default;
  virtual void add(document& d) = 0;
  virtual void append_json(std::string& out) const = 0;  // the object's text
};

struct bucket_budget {
  std::size_t left = 10'000;
  bool spent = false;
  bool take() {
    if (left == 0) spent = true;
    return left > 0 && left-- > 0;
  }
};

// One aggregation as asked for; makes collectors, one a bucket of its parent.
class aggregation {
 public:
  virtual ~aggregation() = default;
  virtual std::unique_ptr<collector> make(bucket_budget& budget) const = 0;
};

struct named_aggregation {
  std::string name;
  std::unique_ptr<const aggregation> what;
};
using aggregation_list = std::vector<named_aggregation>;

es_result<aggregation_list> parse_aggregations(element e, parse_context context);

// The collectors of a list, side by side.
class collector_set {
 public:
  collector_set(const aggregation_list& list, bucket_budget& budget);
  void add(document& d) {
    for (auto& [name, c] : _collectors) c->add(d);
  }
  void append_members(std::string& out) const;  // "name":{…},… without braces
  bool empty() const { return _collectors.empty(); }

 private:
  std::vector<std::pair<std::string, std::unique_ptr<collector>>> _collectors;
};

}  // namespace mes::telemetry::elastic
