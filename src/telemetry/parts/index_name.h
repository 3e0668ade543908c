// Names of indexes: Elasticsearch's rules, days in them, and patterns over them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mes::telemetry {

// Spans lie beside the documents, in indexes that the Elasticsearch API does not show.
inline constexpr std::string_view span_index_prefix = ".spans-";

std::string day_index(std::string_view prefix, std::int64_t time_us);  // "mes-logs-" -> "mes-logs-2026.11.23", UTC
// The day that the name ends with, as days since 1970.
std::optional<std::int64_t> day_of_index(std::string_view name);

// Why Elasticsearch would refuse to create an index of that name; "" = it is fine.
std::string_view why_invalid_index(std::string_view name);

// "mes-logs-*,-mes-logs-2026.11.01,_all": whether the name is meant. '*' stands for any text. Names that begin with a
// dot need a pattern that does.
class index_pattern {
 public:
  explicit index_pattern(std::string_view expression);
  bool matches(std::string_view name) const;
  // Names without wildcard: each must exist, or the request is answered with 404.
  const std::vector<std::string>& exact_names() const { return _exact; }

 private:
  struct item {
    std::string text;
    bool exclude;
  };
  std::vector<item> _items;
  std::vector<std::string> _exact;
};

bool wildcard_matches(std::string_view pattern, std::string_view text);  // '*' any text, '?' one character

}  // namespace mes::telemetry
