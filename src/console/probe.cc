#include "console/probe.h"

#include <algorithm>
#include <array>
#include <string>

namespace mes::console {
namespace {

// A client may send any word as its method; a label may not take any word.
std::string bounded(std::string_view method) {
  constexpr std::array<std::string_view, 7> known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::ranges::find(known, method) == known.end() ? "other" : std::string(method);
}

}  // namespace

void probe::answered(std::string_view route, std::string_view method, int status, std::chrono::nanoseconds took) {
  const std::string path(route), verb = bounded(method);
  _metrics
      .make_counter("http_requests_total", "Requests answered.",
                    {{"service", "console"}, {"route", path}, {"method", verb}, {"status", std::to_string(status)}})
      .add();
  _metrics
      .make_histogram("http_request_duration_seconds", "Time from a request's arrival to its answer.",
                      {{"service", "console"}, {"route", path}, {"method", verb}})
      .observe(std::chrono::duration<double>(took).count());
}

}  // namespace mes::console
