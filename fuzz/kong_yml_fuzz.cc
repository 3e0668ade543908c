// Any text as a kong.yml: no crash; it loads or has errors with places, never both or neither; what loads can be used.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "gateway/config/configuration.h"
#include "gateway/router/router.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mes::gateway;
  reporter report("kong.yml");
  std::unique_ptr<const configuration> all =
      load_configuration(std::string(reinterpret_cast<const char*>(data), size), report);
  if ((all == nullptr) != report.failed()) std::abort();
  for (const diagnostic& d : report.sorted())
    if (report.text_of(d).empty()) std::abort();
  if (!all) return 0;
  router routes(*all);
  route_match m = routes.find({.method = "GET", .path = "/a/b", .host = "a.example:80", .query = "q=1"});
  if (m.to && m.matched_bytes > 4) std::abort();
  return 0;
}
