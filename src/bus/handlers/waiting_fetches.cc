#include "bus/handlers/waiting_fetches.h"

#include <algorithm>
#include <vector>

namespace mes::bus {
namespace {

// With what the maps here, the timer and the allocator take; of a partition that nobody else waits for.
constexpr std::size_t bytes_of_fetch = sizeof(waiting_fetch) + 512;
constexpr std::size_t bytes_of_topic = sizeof(waiting_fetch::topic_part) + 32;
constexpr std::size_t bytes_of_part = sizeof(waiting_fetch::part) + 160;

// Who had to make room is not listened to for so long, for it would ask again at once.
constexpr std::int64_t pause_ms = 100;

std::size_t memory_of(const waiting_fetch& fetch) {
  std::size_t bytes = bytes_of_fetch + fetch.from.client_id.size();
  for (const auto& t : fetch.topics) bytes += bytes_of_topic + t.name.size() + t.parts.size() * bytes_of_part;
  return bytes;
}

const log::partition* partition_of(const waiting_fetch::topic_part& t, const waiting_fetch::part& p) {
  return t.found->partitions[static_cast<std::size_t>(p.index)].get();
}

}  // namespace

void waiting_fetches::add(std::unique_ptr<waiting_fetch> fetch) {
  const std::uint64_t connection = fetch->from.slot.connection;
  // All that a client sent before it went is read, and then the connection closed: nobody is there for an answer.
  if (_fetches.contains(connection)) return;
  for (auto& t : fetch->topics)
    for (auto& p : t.parts) _watchers[partition_of(t, p)][connection] = {fetch.get(), &t, &p};
  fetch->timer = _of.loop().after(fetch->wait_ms, [this, connection] { answer(connection); });
  fetch->bytes = memory_of(*fetch);
  _bytes += fetch->bytes;
  _by_size.emplace(fetch->bytes, connection);
  _of.server().hold(fetch->from.slot);
  _fetches.emplace(connection, std::move(fetch));
  make_room();
}

void waiting_fetches::make_room() {
  while (_bytes > _bytes_max) {
    const std::uint64_t connection = _by_size.rbegin()->second;
    const std::int64_t wait_ms = _fetches.at(connection)->wait_ms;
    hurry(connection);
    _of.server().mute(connection, std::min(wait_ms, pause_ms));
  }
}

void waiting_fetches::wake() {
  for (const log::partition* p : std::exchange(_grown, {})) {
    const auto watchers = _watchers.find(p);
    if (watchers == _watchers.end()) continue;
    std::vector<std::uint64_t> ready;
    for (const auto& [connection, w] : watchers->second)
      if (w.fetch->has_enough_with(_of.store(), *w.topic, *w.part)) ready.push_back(connection);
    for (const std::uint64_t connection : ready) answer(connection);
  }
}

void waiting_fetches::hurry(std::uint64_t connection) {
  if (!_fetches.contains(connection)) return;
  ++_cut_short;
  answer(connection);
}

void waiting_fetches::forget(std::uint64_t connection) { take(connection); }

void waiting_fetches::answer(std::uint64_t connection) {
  if (const auto fetch = take(connection)) fetch->answer(_of);
}

std::unique_ptr<waiting_fetch> waiting_fetches::take(std::uint64_t connection) {
  auto node = _fetches.extract(connection);
  if (node.empty()) return nullptr;
  const waiting_fetch& fetch = *node.mapped();
  _of.loop().cancel(fetch.timer);
  _bytes -= fetch.bytes;
  _by_size.erase({fetch.bytes, connection});
  for (const auto& t : fetch.topics)
    for (const auto& p : t.parts) {
      const auto watchers = _watchers.find(partition_of(t, p));
      if (watchers == _watchers.end()) continue;
      watchers->second.erase(connection);
      if (watchers->second.empty()) _watchers.erase(watchers);
    }
  return std::move(node.mapped());
}

}  // namespace mes::bus
