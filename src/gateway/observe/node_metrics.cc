#include "gateway/observe/node_metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <iterator>

#include "gateway/config/read_text.h"
#include "gateway/plugins/node.h"

namespace mes::gateway {

std::size_t resident_bytes() {
  auto text = read_text("/proc/self/statm");
  if (!text) return 0;
  std::size_t blank = text->find(' '), pages = 0;
  if (blank == std::string::npos) return 0;
  std::from_chars(text->data() + blank + 1, text->data() + text->size(), pages);
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::string expose_node(std::size_t cache_bytes, std::size_t cache_bytes_max) {
  std::string out;
  auto gauge = [&](std::string_view name, std::string_view help, std::string_view labels, std::size_t value) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} gauge\n{0}{2} {3}\n", name, help, labels,
                   value);
  };
  gauge("kong_datastore_reachable", "Datastore reachable from Kong, 0 is unreachable", "", 1);
  gauge("kong_node_info", "Kong Node metadata information",
        fmt::format("{{node_id=\"{}\",version=\"3.4.2\"}}", node_id()), 1);
  std::string dictionary =
      fmt::format("{{node_id=\"{}\",shared_dict=\"kong_db_cache\",kong_subsystem=\"http\"}}", node_id());
  gauge("kong_memory_lua_shared_dict_bytes", "Allocated slabs in bytes in a shared_dict", dictionary, cache_bytes);
  gauge("kong_memory_lua_shared_dict_total_bytes", "Total capacity in bytes of a shared_dict", dictionary,
        cache_bytes_max);
  gauge("kong_memory_workers_lua_vms_bytes", "Allocated bytes in worker Lua VM",
        fmt::format("{{node_id=\"{}\",pid=\"{}\",kong_subsystem=\"http\"}}", node_id(), getpid()), resident_bytes());
  return out;
}

}  // namespace mes::gateway
