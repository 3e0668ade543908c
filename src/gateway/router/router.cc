#include "gateway/router/router.h"

namespace mes::gateway {

router::router(const configuration& all) : _matchers(make_matchers(all)), _index(_matchers) {}

route_match router::match_of(std::uint32_t rank, route_match m) const {
  if (rank == route_index::none) return {};
  const route_matcher& won = _matchers[rank];
  m.to = won.of;
  m.index = won.route_index;
  m.test = &won.test;
  // Where no path is compared the first slash is what is taken away, and put there again (kong/router/atc.lua).
  if (!m.path_matched) m.matched_bytes = 1;
  return m;
}

route_match router::find(const route_query& query) const {
  route_match m;
  std::uint32_t rank = _index.find(route_subject(query), m);
  return match_of(rank, m);
}

route_match router::find_by_list(const route_query& query) const {
  route_subject subject(query);
  for (std::uint32_t rank = 0; rank < _matchers.size(); ++rank) {
    route_match m;
    if (matches(_matchers[rank].test, subject, m)) return match_of(rank, m);
  }
  return {};
}

}  // namespace mes::gateway
