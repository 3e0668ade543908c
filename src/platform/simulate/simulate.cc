#include "platform/simulate/simulate.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>

#include "platform/import/sender.h"
#include "platform/simulate/plant.h"

namespace mes::platform {
namespace {

using runtime::setting_type;

const std::vector<runtime::setting>& settings() {
  static const std::vector<runtime::setting> table = {
      {"rate", setting_type::text, "1", "Reports a second, at most; 0.1 to 5000."},
      {"seed", setting_type::integer, "1", "The same seed gives the same plant, orders and reports.", 0, 1'000'000'000},
      {"hours", setting_type::integer, "0",
       "Hours of the plant's life, as fast as the rate allows; 0: now, without end.", 0, 100'000},
      {"start", setting_type::text, "", "When the plant's life begins, RFC 3339; empty: so that it ends now."},
      {"gateway", setting_type::text, "", "The platform's address; empty: http://127.0.0.1:8000 with the port offset."},
      {"user", setting_type::text, "integration", "Who reports."},
      {"password_file", setting_type::text, "", "His password; empty: DATA/secrets/integration-password."},
      {"ca_file", setting_type::text, "", "Certificates to trust, for https; empty: the system's."},
  };
  return table;
}

// One order after the other on one place of the shop floor; never more than one call on its way.
struct place {
  int number = 0;
  int orders = 0;
  seeded_random random{0};
  std::optional<order_course> course;
  std::string order_id;
  enum class stage { idle, create, release, dispatch, report, complete } next = stage::idle;
  instant clock;  // plant time, with --hours
  bool busy = false;
  bool over = false;
};

class simulation {
 public:
  simulation(runtime::process& process, sender_options to, double rate, instant start)
      : _process(process),
        _plant(seed()),
        _sender(process.loop(), std::move(to)),
        _rate(rate),
        _start(start),
        _hours(process.settings().integer("hours")),
        _space(fmt::format("{}\n{}", seed(), start.to_string())),
        _name_space(uuid::make_v5(*uuid::parse("0b6d2c1e-5f3a-5e0c-8f1d-73696d756c61"), "plant")),
        _reports(process.metrics().make_counter("mes_simulated_reports_total",
                                                "Reports that the simulated plant has sent")) {
    const int places = static_cast<int>(std::clamp(rate / 5, 6.0, 200.0));
    for (int i = 0; i < places; ++i) {
      place p;
      p.number = i + 1;
      p.random = seeded_random(seed() * 1000 + static_cast<std::uint64_t>(i));
      p.clock = _start;
      _places.push_back(std::move(p));
    }
  }

  void begin() {
    for (const named& n : _plant.parts()) master_data(api::create_part(_name_space, n));
    for (const named& n : _plant.machines()) master_data(api::create_resource(_name_space, n));
    for (const named& n : _plant.workers()) master_data(api::create_worker(_name_space, n));
  }

  bool completed() const { return _ended; }

 private:
  std::uint64_t seed() const { return static_cast<std::uint64_t>(_process.settings().integer("seed")); }

  void master_data(api::call call) {
    ++_waiting_for;
    _sender.send(std::move(call), [this](result<sender::answer> r) {
      if (!r) _process.log().warn("the plant's master data is not taken", {{"reason", r.error().message}});
      if (--_waiting_for == 0) start_ticking();
    });
  }

  // At most a hundred times a second; several calls a tick where the rate is higher.
  void start_ticking() {
    const double ticks = std::min(_rate, 100.0);
    _per_tick = _rate / ticks;
    _tick =
        _process.loop().every(std::chrono::milliseconds(static_cast<std::int64_t>(1000 / ticks)), [this] { tick(); });
  }

  void tick() {
    _allowed = std::min(_allowed + _per_tick, std::max(1.0, _per_tick * 2));
    std::size_t looked = 0;
    for (; _allowed >= 1 && looked < _places.size(); ++looked) {
      place& p = _places[_turn++ % _places.size()];
      if (p.busy || p.over) continue;
      if (act(p)) _allowed -= 1;
    }
    if (std::ranges::all_of(_places, [](const place& p) { return p.over && !p.busy; })) end();
  }

  void end() {
    if (std::exchange(_ended, true)) return;
    _process.log().info("the simulated time is over", {{"reports", _acknowledged}, {"refused", _refused}});
    _process.stop();
  }

  // True if it was a report: only these count for the rate.
  bool act(place& p) {
    using enum place::stage;
    switch (p.next) {
      case idle:
        return open_order(p), false;
      case create:
        call(p, api::create_planned_order(_name_space, p.course->planned().order, operations_of(*p.course)), release);
        return false;
      case release:
        return call(p, api::act_on_order(p.order_id, "release", "", key(p, "release")), dispatch), false;
      case dispatch:
        return call(p, api::act_on_order(p.order_id, "dispatch", "{}", key(p, "dispatch")), report), false;
      case report:
        return send_report(p), true;
      case complete:
        call(p,
             api::act_on_order(p.order_id, "complete", R"({"short_close":true,"reason":"simulated order done"})",
                               key(p, "complete")),
             idle);
        return false;
    }
    return false;
  }

  std::string key(const place& p, std::string_view verb) const {
    return uuid::make_v5(_name_space, _space + p.course->planned().order.number + std::string(verb)).to_string();
  }

  static std::vector<api::operation_plan> operations_of(const order_course& course) {
    std::vector<api::operation_plan> all;
    for (const planned_operation& o : course.planned().operations)
      all.push_back({o.sequence, o.name, o.kind, o.resource, o.piece_seconds});
    return all;
  }

  void open_order(place& p) {
    if (_hours > 0 && p.clock >= _start + std::chrono::hours(_hours)) {
      p.over = true;
      return;
    }
    const std::string day = _start.to_string();  // 2012-01-29T…: its digits tell one run's orders from another's
    std::string run;
    for (const char c : day.substr(0, 19))
      if (c >= '0' && c <= '9') run += c;
    const std::string number = fmt::format("SIM-{}-{}-{:03}-{:04}", seed(), run, p.number, ++p.orders);
    planned_order planned = _plant.plan(number, p.random);
    p.course.emplace(_plant, std::move(planned), seeded_random(p.random.next()), _space);
    p.next = place::stage::create;
  }

  void send_report(place& p) {
    order_course::step s = p.course->next();
    const std::chrono::minutes took(s.minutes);
    s.report.started =
        _hours > 0 ? p.clock : instant::now() + -std::chrono::duration_cast<std::chrono::microseconds>(took);
    s.report.ended = s.report.started + std::chrono::duration_cast<std::chrono::microseconds>(took);
    p.clock = s.report.ended;
    call(p, api::report(p.order_id, s.report, false),
         p.course->finished() ? place::stage::complete : place::stage::report);
  }

  void call(place& p, api::call what, place::stage then) {
    p.busy = true;
    const place::stage now = p.next;
    _sender.send(std::move(what), [this, &p, now, then](result<sender::answer> r) {
      p.busy = false;
      if (r && r->status < 300) return went_well(p, now, then, *r);
      ++_refused;
      const std::string why = r ? api::read_problem(r->status, r->body) : r.error().message;
      _process.log().info(
          "an order is left where it is",
          {{"order", std::string_view(p.course->planned().order.number)}, {"reason", std::string_view(why)}});
      p.next = place::stage::idle;  // e.g. quality holds it: the plant goes on with another
    });
  }

  void went_well(place& p, place::stage now, place::stage then, const sender::answer& answer) {
    if (now == place::stage::create) {
      const auto id = api::read_id(answer.body);
      if (!id) {
        _process.log().warn("an answer is not understood", {{"reason", std::string_view(id.error().message)}});
        p.next = place::stage::idle;
        return;
      }
      p.order_id = *id;
    }
    if (now == place::stage::report) {
      ++_acknowledged;
      _reports.add();
    }
    p.next = then;
  }

  runtime::process& _process;
  plant _plant;
  sender _sender;
  double _rate;
  instant _start;
  std::int64_t _hours;
  std::string _space;
  uuid _name_space;
  observe::counter _reports;
  std::vector<place> _places;
  std::size_t _turn = 0;
  int _waiting_for = 0;
  double _per_tick = 1, _allowed = 0;
  std::int64_t _acknowledged = 0, _refused = 0;
  std::shared_ptr<runtime::event_loop::timer> _tick;
  bool _ended = false;
};

int refuse(const runtime::process& process, std::string_view why) {
  fmt::print(stderr, "mes {}: {}\n", process.role(), why);
  return 2;
}

int run(runtime::process& process) {
  const runtime::config& given = process.settings();
  const auto rate = quantity::parse(given.text("rate"));
  if (!rate || rate->millionths < 100'000 || *rate > quantity::of(5000))
    return refuse(process, "--rate must be a number from 0.1 to 5000");
  const double per_second = static_cast<double>(rate->millionths) / quantity::scale;
  instant start = instant::now() + -std::chrono::microseconds(std::chrono::hours(given.integer("hours")));
  if (const std::string& text = given.text("start"); !text.empty()) {
    const auto parsed = instant::parse(text);
    if (!parsed) return refuse(process, "--start must be a time as 2026-01-31T06:00:00Z");
    start = *parsed;
  }
  std::string password_file = given.text("password_file");
  if (password_file.empty()) password_file = (process.data_root() / "secrets" / "integration-password").string();
  std::ifstream in(password_file);
  std::string password;
  if (!std::getline(in, password))
    return refuse(process, fmt::format("--password-file {} cannot be read", password_file));

  sender_options to{.gateway = given.text("gateway"),
                    .username = given.text("user"),
                    .password = password,
                    .ca_file = given.text("ca_file"),
                    .in_flight_max = std::clamp(static_cast<int>(per_second), 8, 64),
                    .back_off_max = std::chrono::seconds(15),
                    .give_up_after = std::chrono::milliseconds(0)};
  if (to.gateway.empty()) to.gateway = fmt::format("http://127.0.0.1:{}", process.port(8000));

  simulation plant_life(process, std::move(to), per_second, start);
  process.loop().post([&] {
    process.ready();
    plant_life.begin();
  });
  return process.run();
}

}  // namespace

runtime::role_definition simulate_role() {
  return {
      .name = "simulate", .summary = "A simulated plant that drives the gateway", .settings = &settings, .run = &run};
}

}  // namespace mes::platform
