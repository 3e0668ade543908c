#include "platform/import/import.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <unordered_map>

#include "platform/import/import_file.h"
#include "platform/import/progress.h"
#include "platform/import/reconciliation.h"
#include "platform/import/rejects.h"
#include "platform/import/sender.h"
#include "runtime/event_loop.h"

namespace mes::platform {
namespace {

using clock = std::chrono::steady_clock;
using answer = runtime::http_response;

// One import, from the first pass to the last figure; every step follows from the answers to the one before.
class import_run {
 public:
  import_run(const import_options& options, const import_mapping& mapping, sender_options to)
      : _options(options),
        _mapping(mapping),
        _name_space(import_name_space(mapping)),
        _sender(_loop, std::move(to)),
        _rejects(options.file + ".rejects.csv", mapping.separator),
        _progress(options.json) {}

  int go() {
    if (const auto ok = sum_up(); !ok) return refuse(ok.error().message);
    _started = clock::now();
    send_entities();
    _loop.run();
    _progress.finish();
    if (const auto ok = _rejects.close(); !ok) _failure = ok.error().message;
    return tell();
  }

 private:
  static int refuse(const std::string& why) {
    fmt::print(stderr, "mes import: {}\n", why);
    return 2;
  }

  // The first pass: totals, entities, and the rows that are bad in themselves.
  result<void> sum_up() {
    auto file = import_file::open(_options.file, _mapping);
    if (!file) return fail(file.error());
    import_file::item item;
    while ((*file)->next(item)) {
      ++_rows;
      if (item.facts)
        _totals.add(*item.facts);
      else if (item.reason.empty())
        ++_skipped;
      else
        _rejects.add(item.row.line, item.reason, item.row.raw);
    }
    return {};
  }

  // Sends all; `each` sees every answer, `then` follows the last. An answer that never came ends the import.
  void send_all(std::string_view stage, std::vector<api::call> calls,
                std::function<void(std::size_t index, const answer&)> each, std::function<void()> then) {
    if (!stage.empty()) _progress.stage(stage, static_cast<std::int64_t>(calls.size()));
    if (calls.empty()) return _loop.post(then);
    auto left = std::make_shared<std::size_t>(calls.size());
    auto shared_each = std::make_shared<decltype(each)>(std::move(each));
    auto shared_then = std::make_shared<decltype(then)>(std::move(then));
    const std::size_t count = calls.size();
    for (std::size_t i = 0; i < count; ++i)
      _sender.send(std::move(calls[i]), [=, this](result<answer> r) {
        if (!_failure.empty()) return;
        if (!r) return give_up(r.error().message);
        (*shared_each)(i, *r);
        _progress.step(static_cast<std::int64_t>(count - --*left));
        if (*left == 0 && _failure.empty()) (*shared_then)();
      });
  }

  void give_up(const std::string& why) {
    _failure = why;
    _loop.stop();
  }

  void send_entities() {
    std::vector<api::call> calls;
    std::vector<std::string> names;
    const auto add = [&](const char* what, const named& n, api::call c) {
      calls.push_back(std::move(c));
      names.push_back(fmt::format("{} {}", what, n.key));
    };
    for (const named& n : _totals.parts) add("part", n, api::create_part(_name_space, n));
    for (const named& n : _totals.resources) add("resource", n, api::create_resource(_name_space, n));
    for (const named& n : _totals.workers) add("worker", n, api::create_worker(_name_space, n));
    send_all(
        "master data", std::move(calls),
        [this, names = std::move(names)](std::size_t i, const answer& a) {
          // 409, 422: it is there already, perhaps described otherwise by another source; it stays as it is.
          if (a.status >= 300 && a.status != 409 && a.status != 422)
            note(fmt::format("{}: {}", names[i], api::read_problem(a.status, a.body)));
        },
        [this] { send_orders(); });
  }

  void send_orders() {
    std::vector<api::call> calls;
    for (const import_order& o : _totals.orders) calls.push_back(api::create_order(_name_space, o, true));
    send_all(
        "orders", std::move(calls),
        [this](std::size_t i, const answer& a) {
          const std::string& number = _totals.orders[i].number;
          if (a.status == 409 || a.status == 422) return _unknown_orders.push_back(number);
          const auto id = a.status < 300 ? api::read_id(a.body) : result<std::string>(fail(error_code::internal, ""));
          if (id)
            _order_ids[number] = *id;
          else
            _order_problems[number] = api::read_problem(a.status, a.body);
        },
        [this] { find_orders(); });
  }

  // Orders whose number was taken: by an earlier import, then they are ours.
  void find_orders() {
    std::vector<api::call> calls;
    for (const std::string& number : _unknown_orders) calls.push_back(api::find_order(number));
    send_all(
        "known orders", std::move(calls),
        [this](std::size_t i, const answer& a) {
          const std::string& number = _unknown_orders[i];
          const auto id = api::read_first_id(a.body);
          if (a.status == 200 && id)
            _order_ids[number] = *id;
          else
            _order_problems[number] =
                fmt::format("the order cannot be made and is not there: {}", api::read_problem(a.status, a.body));
        },
        [this] { send_reports(); });
  }

  void send_reports() {
    auto file = import_file::open(_options.file, _mapping);
    if (!file) return give_up(file.error().message);
    _file = std::move(*file);
    _progress.stage("reports", _totals.all.reports);
    _reports_started = clock::now();
    pump_reports();
  }

  // The second pass, as fast as the sender takes them.
  void pump_reports() {
    import_file::item item;
    while (_failure.empty() && _file && _sender.has_room()) {
      if (!_file->next(item)) {
        _file.reset();
        break;
      }
      if (item.facts) send_report(std::move(item));
    }
    if (!_file && _reports_open == 0 && _failure.empty()) {
      _report_seconds = std::chrono::duration<double>(clock::now() - _reports_started).count();
      ask_services();
    }
  }

  void send_report(import_file::item item) {
    import_report& report = item.facts->report;
    const auto order = _order_ids.find(report.order);
    if (order == _order_ids.end())
      return reject(item, fmt::format("order {}: {}", report.order, _order_problems[report.order]));
    ++_reports_open;
    api::call call = api::report(order->second, report, true);
    auto kept = std::make_shared<import_file::item>(std::move(item));
    _sender.send(std::move(call), [this, kept](result<answer> r) {
      if (!_failure.empty()) return;
      if (!r) return give_up(r.error().message);
      if (r->status >= 300)
        reject(*kept, api::read_problem(r->status, r->body));
      else
        ++_acknowledged;
      --_reports_open;
      _progress.step(_acknowledged);
      pump_reports();
    });
  }

  void reject(const import_file::item& item, const std::string& why) {
    _rejects.add(item.row.line, why, item.row.raw);
    _totals.remove(item.facts->report);
  }

  void ask_services() {
    std::vector<api::call> calls;
    for (const auto& [number, id] : _order_ids) calls.push_back(api::get_order(id));
    send_all(
        "services", std::move(calls),
        [this](std::size_t, const answer& a) {
          const auto f = api::read_order_figures(a.body);
          if (a.status != 200 || !f)
            return note(a.status != 200 ? api::read_problem(a.status, a.body) : f.error().message);
          ++_services.orders;
          _services.sum.add(f->sum);
          _services.ordered += f->ordered;
          _services.packed += f->packed;
        },
        [this] {
          _wanted = keys_of(_totals.parts);
          ask_listing(api::listing::parts, "", _services.parts, [this] {
            _wanted = keys_of(_totals.resources);
            ask_listing(api::listing::resources, "", _services.resources, [this] {
              _wanted = keys_of(_totals.workers);
              ask_listing(api::listing::workers, "", _services.workers, [this] { ask_reporting(); });
            });
          });
        });
  }

  static std::set<std::string> keys_of(const std::vector<named>& all) {
    std::set<std::string> keys;
    for (const named& n : all) keys.insert(n.key);
    return keys;
  }

  // Page by page, until every wanted key has been seen or the list ends.
  void ask_listing(api::listing of, const std::string& cursor, std::int64_t& found, std::function<void()> then) {
    _sender.send(api::list_page(of, cursor), [=, this, &found](result<answer> r) {
      if (!r) return give_up(r.error().message);
      const auto page = api::read_key_page(of, r->body);
      if (r->status != 200 || !page) {
        note(r->status != 200 ? api::read_problem(r->status, r->body) : page.error().message);
        return then();
      }
      for (const std::string& key : page->keys) found += static_cast<std::int64_t>(_wanted.erase(key));
      if (_wanted.empty() || page->next_cursor.empty()) return then();
      ask_listing(of, page->next_cursor, found, then);
    });
  }

  void ask_reporting() {
    const bool first = _reporting_since == clock::time_point();
    if (first) _reporting_since = clock::now();
    struct grouping {
      const char* name;
      api::production_answer reporting_totals::* into;
    };
    static constexpr grouping groupings[] = {{"part", &reporting_totals::by_part},
                                             {"resource", &reporting_totals::by_resource},
                                             {"worker", &reporting_totals::by_worker},
                                             {"report_type", &reporting_totals::by_type},
                                             {"work_order", &reporting_totals::by_order}};
    constexpr std::chrono::hours a_day(24);
    std::vector<api::call> calls;
    for (const grouping& g : groupings)
      calls.push_back(
          api::production(g.name, _totals.first_start, _totals.last_end + std::chrono::microseconds(a_day)));
    send_all(
        first ? "reporting" : "", std::move(calls),
        [this](std::size_t i, const answer& a) {
          auto read =
              a.status == 200
                  ? api::read_production(a.body)
                  : result<api::production_answer>(fail(error_code::internal, api::read_problem(a.status, a.body)));
          _reporting_problem = read ? "" : read.error().message;
          if (read) _reporting.*(groupings[i].into) = std::move(*read);
        },
        [this] { compare(); });
  }

  void compare() {
    _reconciliation = reconcile(_totals, _services, _reporting);
    const bool late = clock::now() - _reporting_since > std::chrono::seconds(_options.reconcile_s);
    if (_reconciliation.equal())
      _reconciled_seconds = std::chrono::duration<double>(clock::now() - _reports_started).count();
    if (_reconciliation.equal() || late) return _loop.stop();
    _again = _loop.after(std::chrono::milliseconds(200), [this] { ask_reporting(); });
  }

  void note(const std::string& what) {
    if (_notes.size() < 20) _notes.push_back(what);
  }

  int tell() const {
    const bool equal = _failure.empty() && _reconciliation.equal();
    _options.json ? tell_json(equal) : tell_table(equal);
    return equal ? 0 : 1;
  }

  void tell_table(bool equal) const {
    for (const std::string& n : _notes) fmt::print(stderr, "note: {}\n", n);
    if (!_reporting_problem.empty()) fmt::print(stderr, "reporting: {}\n", _reporting_problem);
    if (!_failure.empty()) {
      fmt::print(stderr, "mes import: {}\nWhat was acknowledged is kept; the same command goes on from here.\n",
                 _failure);
      return;
    }
    fmt::print("{} rows: {} reports acknowledged in {:.1f} s ({:.0f} a second), {} skipped, {} rejected\n", _rows,
               _acknowledged, _report_seconds, rate(), _skipped, _rejects.count());
    if (_rejects.count() > 0) fmt::print("rejected rows with their reasons: {}\n", _rejects.path());
    fmt::print("\n{}\n{}\n", _reconciliation.to_table(), equal ? "Everything arrived." : "NOT everything arrived.");
  }

  void tell_json(bool equal) const {
    namespace json = boost::json;
    json::array rows, notes;
    const auto optional = [](const std::optional<std::string>& v) {
      return v ? json::value(*v) : json::value(nullptr);
    };
    for (const reconciled_figure& f : _reconciliation.figures)
      rows.push_back(json::object{{"figure", f.name},
                                  {"file", f.file},
                                  {"services", optional(f.services)},
                                  {"reporting", optional(f.reporting)},
                                  {"equal", f.equal()}});
    for (const std::string& n : _notes) notes.emplace_back(n);
    if (!_reporting_problem.empty()) notes.emplace_back("reporting: " + _reporting_problem);
    json::object out{{"file", _options.file},
                     {"mapping", _mapping.name},
                     {"rows", _rows},
                     {"acknowledged", _acknowledged},
                     {"skipped", _skipped},
                     {"rejected_rows", _rejects.count()},
                     {"rejects_file", _rejects.count() > 0 ? json::value(_rejects.path()) : json::value(nullptr)},
                     {"report_seconds", _report_seconds},
                     {"reports_per_second", rate()},
                     {"reconciled_seconds", _reconciled_seconds},
                     {"calls_repeated", _sender.counted().repeated},
                     {"reconciliation", std::move(rows)},
                     {"reconciled", equal},
                     {"notes", std::move(notes)},
                     {"error", _failure.empty() ? json::value(nullptr) : json::value(_failure)}};
    fmt::print("{}\n", json::serialize(out));
  }

  double rate() const { return _report_seconds > 0 ? static_cast<double>(_acknowledged) / _report_seconds : 0; }

  const import_options& _options;
  const import_mapping& _mapping;
  uuid _name_space;
  runtime::event_loop _loop;
  sender _sender;
  reject_list _rejects;
  progress_bar _progress;
  file_totals _totals;
  std::int64_t _rows = 0, _skipped = 0, _acknowledged = 0, _reports_open = 0;
  std::unordered_map<std::string, std::string> _order_ids, _order_problems;
  std::vector<std::string> _unknown_orders;
  std::unique_ptr<import_file> _file;
  clock::time_point _started, _reports_started, _reporting_since;
  double _report_seconds = 0;
  double _reconciled_seconds = 0;  // from the first report until services and reporting told the file's figures
  std::set<std::string> _wanted;
  service_totals _services;
  reporting_totals _reporting;
  std::string _reporting_problem;
  reconciliation _reconciliation;
  std::shared_ptr<runtime::event_loop::timer> _again;
  std::vector<std::string> _notes;
  std::string _failure;  // why the import ended early
};

result<std::string> read_password(const std::string& path) {
  std::ifstream in(path);
  std::string password;
  if (!std::getline(in, password) || password.empty())
    return fail(error_code::not_found, fmt::format("--password-file {}: cannot be read, or is empty", path));
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

}  // namespace

int import_command(const import_options& options) {
  const auto mapping = read_mapping(options.mapping);
  if (!mapping) {
    fmt::print(stderr, "{}\n", mapping.error().message);
    return 2;
  }
  auto password = read_password(options.password_file);
  if (!password) {
    fmt::print(stderr, "mes import: {}\n", password.error().message);
    return 2;
  }
  import_run run(options, *mapping,
                 {.gateway = options.gateway,
                  .username = options.username,
                  .password = *password,
                  .ca_file = options.ca_file,
                  .in_flight_max = options.in_flight,
                  .give_up_after = std::chrono::seconds(options.give_up_s)});
  return run.go();
}

}  // namespace mes::platform
