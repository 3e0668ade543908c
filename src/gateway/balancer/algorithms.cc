#include "gateway/balancer/algorithms.h"

#include <xxhash.h>

#include <algorithm>

namespace mes::gateway {
namespace {

bool usable(const peer& p) { return p.weight > 0 && p.state->health.healthy(); }

bool was_tried(const peer& p, const choice_input& input) {
  return std::ranges::find(input.tried, p.state.get()) != input.tried.end();
}

// Calls pick(skip_tried) for peers not tried yet, then for all.
template <class Pick>
std::optional<std::size_t> fresh_first(const choice_input& input, Pick pick) {
  std::optional<std::size_t> chosen = pick(true);
  return chosen || input.tried.empty() ? chosen : pick(false);
}

// Smooth weighted round-robin, as nginx's: weights 5, 1, 1 give 0 0 1 0 2 0 0.
class round_robin final : public balancer {
 public:
  std::optional<std::size_t> choose(std::span<peer> peers, const choice_input& input) override {
    return fresh_first(input, [&](bool skip_tried) { return pick(peers, input, skip_tried); });
  }

 private:
  static std::optional<std::size_t> pick(std::span<peer> peers, const choice_input& input, bool skip_tried) {
    std::optional<std::size_t> best;
    std::int64_t total = 0;
    for (std::size_t i = 0; i < peers.size(); ++i) {
      if (!usable(peers[i]) || (skip_tried && was_tried(peers[i], input))) continue;
      peers[i].credit += peers[i].weight;
      total += peers[i].weight;
      if (!best || peers[i].credit > peers[*best].credit) best = i;
    }
    if (best) peers[*best].credit -= total;
    return best;
  }
};

// The lowest score; of equal ones the first behind the `last` that was chosen, so that they take turns.
template <class Score>
std::optional<std::size_t> lowest(std::span<peer> peers, const choice_input& input, std::size_t& last, Score score) {
  auto chosen = fresh_first(input, [&](bool skip_tried) {
    std::optional<std::size_t> best;
    double best_score = 0;
    for (std::size_t k = 0; k < peers.size(); ++k) {
      std::size_t i = (last + 1 + k) % peers.size();
      const peer& p = peers[i];
      if (!usable(p) || (skip_tried && was_tried(p, input))) continue;
      double here = score(p);
      if (best && here >= best_score) continue;
      best = i;
      best_score = here;
    }
    return best;
  });
  last = chosen.value_or(last);
  return chosen;
}

// The fewest exchanges under way for the weight.
class least_connections final : public balancer {
 public:
  std::optional<std::size_t> choose(std::span<peer> peers, const choice_input& input) override {
    return lowest(peers, input, _last,
                  [](const peer& p) { return (p.state->open.load(std::memory_order_relaxed) + 1.0) / p.weight; });
  }

 private:
  std::size_t _last = 0;
};

// The lowest latency for the weight, as Kong's; times what has no answer yet, as in the Peak EWMA that Kong's is made
// after: of a target that hangs nothing else is seen until the first time-out.
class lowest_latency final : public balancer {
 public:
  std::optional<std::size_t> choose(std::span<peer> peers, const choice_input& input) override {
    const double average = average_ms(peers, input.now_us);
    return lowest(peers, input, _last, [&](const peer& p) {
      double ms = std::max(least_ms, p.state->latency_ms(input.now_us).value_or(average));
      return ms * (p.state->unanswered.load(std::memory_order_relaxed) + 1.0) / p.weight;
    });
  }

 private:
  static constexpr double least_ms = 0.01;  // where all has decayed, weight and load still count

  // What a new one is taken for, so that it does not draw all there is.
  static double average_ms(std::span<const peer> peers, std::int64_t now_us) {
    double total = 0;
    int known = 0;
    for (const peer& p : peers) {
      if (!usable(p)) continue;
      auto ms = p.state->latency_ms(now_us);
      total += ms.value_or(0);
      known += ms.has_value();
    }
    return known > 0 ? total / known : 0;
  }

  std::size_t _last = 0;
};

// A ring of points, as Kong's: 160 for a peer of average weight. Where weights are equal, a peer that comes or goes
// moves its own share of the requests and no other's. What has nothing to hash takes turns.
class consistent_hashing final : public balancer {
 public:
  void use(std::span<const peer> peers) override {
    _points.clear();
    constexpr std::int64_t points_of_a_peer = 160;
    std::int64_t total = 0, weighted = 0;
    for (const peer& p : peers) {
      total += p.weight;
      weighted += p.weight > 0;
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
      if (peers[i].weight <= 0) continue;
      std::int64_t share = std::max<std::int64_t>(1, points_of_a_peer * weighted * peers[i].weight / total);
      std::string name = peers[i].state->where.text + ' ';
      for (std::int64_t k = 0; k < share; ++k)
        _points.push_back({balancer_hash(name + std::to_string(k)), static_cast<std::uint32_t>(i)});
    }
    std::ranges::sort(_points, [](const point& a, const point& b) { return a.at < b.at; });
  }

  std::optional<std::size_t> choose(std::span<peer> peers, const choice_input& input) override {
    if (!input.hash) return _turns.choose(peers, input);
    return fresh_first(input, [&](bool skip_tried) { return pick(peers, input, skip_tried); });
  }

 private:
  struct point {
    std::uint64_t at;
    std::uint32_t peer;
  };

  std::optional<std::size_t> pick(std::span<peer> peers, const choice_input& input, bool skip_tried) const {
    auto first = std::ranges::lower_bound(_points, *input.hash, {}, &point::at);
    for (std::size_t k = 0; k < _points.size(); ++k) {
      const point& p = _points[(static_cast<std::size_t>(first - _points.begin()) + k) % _points.size()];
      if (usable(peers[p.peer]) && !(skip_tried && was_tried(peers[p.peer], input))) return p.peer;
    }
    return std::nullopt;
  }

  std::vector<point> _points;
  round_robin _turns;
};

}  // namespace

std::unique_ptr<balancer> make_balancer(balancing algorithm) {
  switch (algorithm) {
    case balancing::consistent_hashing:
      return std::make_unique<consistent_hashing>();
    case balancing::least_connections:
      return std::make_unique<least_connections>();
    case balancing::latency:
      return std::make_unique<lowest_latency>();
    case balancing::round_robin:
      break;
  }
  return std::make_unique<round_robin>();
}

std::uint64_t balancer_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace mes::gateway
