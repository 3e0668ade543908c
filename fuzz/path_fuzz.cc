// Any bytes as a path: normalising it once is enough where its escapes are whole, and nothing climbs out of the root.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/router/path.h"

namespace {

void check(bool fine) {
  if (!fine) std::abort();
}

bool climbs(std::string_view path) {
  for (std::size_t at = 0; at != std::string_view::npos; at = path.find('/', at + 1)) {
    std::string_view rest = path.substr(at);
    if (rest == "/.." || rest == "/." || rest.starts_with("/../") || rest.starts_with("/./")) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mes::gateway;
  std::string path = "/" + std::string(reinterpret_cast<const char*>(data), size);
  for (bool merge : {false, true}) {
    std::string normal = normalize_path(path, merge);
    check(normal.starts_with('/') && !climbs(normal));
    check(!has_whole_escapes(path) || normalize_path(normal, merge) == normal);
    check(!merge || normal.find("//") == std::string::npos);
  }
  std::string normal = normalize_path(path, true), escaped = escape_path(normal);
  check(escaped.find_first_of(std::string_view(" \r\n\t\0", 5)) == std::string::npos);
  check(normalize_path(escaped, true) == normal || normal.find('%') != std::string::npos);
  if (is_plain_path(path)) check(normal == path && escaped == path);
  std::size_t half = normal.size() / 2;
  for (std::string_view base : {"", "/", "/base", "/base/"}) {
    for (bool strip : {false, true}) {
      std::string up = upstream_path(base, normal, std::string_view(normal).substr(0, half), strip);
      check(up.starts_with('/'));
    }
  }
  return 0;
}
