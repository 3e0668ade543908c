// Labels of metrics, for those who write Prometheus' text themselves.
#pragma once

#include <string>
#include <string_view>

namespace mes::observe {

// What stands between the quotes; `value` may be anything. A scrape fails as a whole if one is not UTF-8.
std::string label_text(std::string_view value);

}  // namespace mes::observe
