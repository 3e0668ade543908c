#include "gateway/config/absent_features.h"

#include <fmt/format.h>

namespace mes::gateway {
namespace {

template <class Entity>
struct absent_feature {
  std::string_view member;  // where it is asked for
  bool (*asked)(const Entity& e);
  std::string_view instead;
};

const absent_feature<upstream> of_upstreams[] = {
    {"use_srv_name", [](const upstream& u) { return u.use_srv_name; },
     "names are resolved to addresses, not by SRV records"},
};

template <class Entity, std::size_t N>
void refuse(const std::vector<Entity>& all, std::string_view what, const absent_feature<Entity> (&table)[N],
            reporter& report) {
  for (const Entity& e : all)
    for (const absent_feature<Entity>& f : table)
      if (f.asked(e)) report.error(e.source.mark_of(f.member), fmt::format("{}, {}: {}", what, f.member, f.instead));
}

}  // namespace

void refuse_absent_features(const configuration& all, reporter& report) {
  refuse(all.upstreams, "upstream", of_upstreams, report);
}

}  // namespace mes::gateway
