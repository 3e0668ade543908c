#include "gateway/net/client_contexts.h"

namespace mes::gateway {

result<tls_context> client_contexts::find(const client_tls_settings& wanted) {
  if (!_plain || wanted == client_tls_settings{}) return _plain;
  if (auto found = _others.find(wanted); found != _others.end())
    if (tls_context kept = found->second.lock()) return kept;
  std::erase_if(_others, [](const auto& one) { return one.second.expired(); });
  auto made = make_client_context(wanted, _plain->get());
  if (made) _others.insert_or_assign(wanted, *made);
  return made;
}

}  // namespace mes::gateway
