// _source filtering and filter_path: which fields of a JSON document are shown.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "telemetry/query/elastic/es_error.h"

namespace mes::telemetry::elastic {

class source_filter {
 public:
  // false, true, "a.*", ["a","b.*"], {"includes":[…],"excludes":[…]}
  static es_result<source_filter> parse(simdjson::dom::element e);
  // "took,hits.hits._id,-hits.total": filter_path's form
  static source_filter of_paths(std::string_view comma_separated);

  bool shows_all() const { return _shown && _includes.empty() && _excludes.empty(); }
  bool shows_none() const { return !_shown; }
  std::string apply(simdjson::dom::element document) const;

 private:
  bool append(std::string& out, simdjson::dom::element e, const std::string& path) const;
  bool excluded(const std::string& path) const;
  // 2: shown with all below; 1: something below may be; 0: no.
  int included(const std::string& path) const;

  bool _shown = true;
  std::vector<std::string> _includes, _excludes;
};

}  // namespace mes::telemetry::elastic
