#include "gateway/proxy/upstream_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mes::gateway {
namespace {

constexpr std::int64_t idle_max_ms = 60'000;

}  // namespace

std::unique_ptr<upstream_connection> upstream_pool::take(std::string_view key, std::string_view tls_name) {
  auto found = _by_key.find(key);
  if (found == _by_key.end()) return nullptr;
  auto& kept = found->second.kept;
  auto newest = std::ranges::find(kept.rbegin(), kept.rend(), tls_name, &upstream_connection::tls_name);
  if (newest == kept.rend()) return nullptr;
  auto connection = std::move(*newest);
  kept.erase(std::next(newest).base());
  note_lent(found->second);
  connection->reused = true;
  return connection;
}

void upstream_pool::note_lent(std::string_view key) {
  auto found = _by_key.find(key);
  note_lent(found != _by_key.end() ? found->second : _by_key[std::string(key)]);
}

void upstream_pool::note_lent(connections& of) { of.most_lent = std::max(of.most_lent, ++of.lent); }

void upstream_pool::keep(std::unique_ptr<upstream_connection> lent) {
  connections& of = _by_key[lent->key];
  --of.lent;
  lent->idle_since_ms = _loop.now_ms();
  of.kept.push_back(std::move(lent));
  drop_oldest(of, 0);
}

void upstream_pool::end(std::unique_ptr<upstream_connection> lent) {
  --_by_key[lent->key].lent;
  close(std::move(lent));
}

void upstream_pool::drop(upstream_connection& kept) {
  auto found = _by_key.find(kept.key);
  if (found == _by_key.end()) return;
  auto& all = found->second.kept;
  auto it = std::ranges::find(all, &kept, &std::unique_ptr<upstream_connection>::get);
  if (it == all.end()) return;
  close(std::move(*it));
  all.erase(it);
}

// The oldest are in front: connections are lent from the back.
void upstream_pool::drop_oldest(connections& of, std::int64_t used_before_ms) {
  auto& kept = of.kept;
  const std::size_t room = std::max({_always, of.most_lent, of.most_lent_before});
  auto stays = kept.begin() + static_cast<std::ptrdiff_t>(kept.size() - std::min(kept.size(), room));
  while (stays != kept.end() && (*stays)->idle_since_ms < used_before_ms) ++stays;
  for (auto one = kept.begin(); one != stays; ++one) close(std::move(*one));
  kept.erase(kept.begin(), stays);
}

void upstream_pool::tidy(std::int64_t now_ms) {
  for (auto it = _by_key.begin(); it != _by_key.end();) {
    connections& of = it->second;
    of.most_lent_before = std::exchange(of.most_lent, of.lent);
    drop_oldest(of, now_ms - idle_max_ms);
    it = of.kept.empty() && of.lent == 0 ? _by_key.erase(it) : std::next(it);
  }
}

void upstream_pool::close(std::unique_ptr<upstream_connection> connection) {
  connection->dead = true;
  connection->stream.close();
  _loop.bury(std::move(connection));
}

}  // namespace mes::gateway
