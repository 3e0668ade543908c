// Connections to services of one loop, by address and what else tells them apart: those between two requests are kept
// here, those that are lent to an exchange are counted.
//
// As many are kept as were lent at once of late. With a fixed bound, as nginx's `keepalive` or Kong's
// upstream_keepalive_pool_size, more requests at once than that have the connections beyond it made and ended again and
// again, which is the dearest part of such a request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "gateway/net/loop.h"
#include "gateway/proxy/upstream_connection.h"

namespace mes::gateway {

class upstream_pool {
 public:
  // `always` of an address may be kept, however few were lent; it outlives the pool, and may change.
  upstream_pool(net_loop& loop, const std::size_t& always) : _loop(loop), _always(always) {}

  // The one that was used last, which is lent from now on; nullptr: there is none.
  std::unique_ptr<upstream_connection> take(std::string_view key, std::string_view tls_name);
  void note_lent(std::string_view key);  // one that was made for an exchange
  void keep(std::unique_ptr<upstream_connection> lent);
  void end(std::unique_ptr<upstream_connection> lent);
  void drop(upstream_connection& kept);
  void tidy(std::int64_t now_ms);  // every second or so
  void clear() { _by_key.clear(); }
  bool empty() const { return _by_key.empty(); }

 private:
  struct connections {
    std::vector<std::unique_ptr<upstream_connection>> kept;  // the newest last
    std::size_t lent = 0;
    std::size_t most_lent = 0, most_lent_before = 0;  // since the last tidy(), and between the two before
  };
  static void note_lent(connections& of);
  void drop_oldest(connections& of, std::int64_t used_before_ms);  // and those beyond what may be kept
  void close(std::unique_ptr<upstream_connection> connection);

  net_loop& _loop;
  const std::size_t& _always;
  text_map<connections> _by_key;
};

}  // namespace mes::gateway
