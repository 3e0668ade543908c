// Dead letters carry where they came from in headers (service/event_consumer.cc): dlq_topic, dlq_partition, dlq_offset,
// dlq_reason. What of a topic was sent back is an offset of a group (redrive_group.h, sent_back.h), which one redrive
// at a time is a member of, so that none goes twice, but for the one that a redrive sends when it is killed: that it
// was sent is stored behind it.
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>

#include "bus/cli/commands.h"
#include "bus/cli/interruption.h"
#include "bus/cli/sent_back.h"
#include "bus/cli/support.h"
#include "bus/redrive_group.h"
#include "runtime/kafka_membership.h"

namespace mes::bus::cli {
namespace {

using runtime::kafka_admin;
using runtime::kafka_place;
using runtime::kafka_record;

using runtime::kafka_membership;

constexpr auto patience = std::chrono::seconds(10);
constexpr auto slice = std::chrono::milliseconds(100);  // of a wait, between looks at whether to end

struct redrive_options {
  connection to;
  std::string topic, filter;
  bool again = false, dry_run = false;
};

// The record as it was, with a header that tells where it has been.
kafka_record original(const kafka_record& dead) {
  kafka_record r = dead;
  r.topic = dead.header("dlq_topic");
  r.partition = -1;
  std::erase_if(r.headers, [](const auto& h) { return h.first.starts_with("dlq_"); });
  std::erase_if(r.headers, [](const auto& h) { return h.first == "redriven_from"; });
  r.headers.emplace_back("redriven_from", fmt::format("{}/{}/{}", dead.topic, dead.partition, dead.offset));
  return r;
}

class redrive {
 public:
  redrive(const redrive_options& options, kafka_admin& bus) : _options(options), _bus(bus) {}

  int run() {
    const auto topic = _bus.topic(_options.topic);
    if (!topic) return failed(topic.error());
    if (auto alone = be_alone(*topic); !alone) return _stop.came() ? _stop.exit_code() : failed(alone.error());
    const auto topics = _bus.topics();
    if (!topics) return failed(topics.error());
    for (const auto& t : *topics) _known.push_back(t.name);
    const auto ends = _bus.find_offsets(places_of(*topic), kafka_admin::at_end);
    if (!ends) return failed(ends.error());
    auto from = _bus.find_offsets(places_of(*topic), kafka_admin::at_start);
    if (!from) return failed(from.error());
    const auto committed = _bus.committed(std::string(redrive_group));
    if (!committed) return failed(committed.error());
    for (kafka_place& p : *from) {
      const auto at = std::ranges::find_if(
          *committed, [&p](const kafka_place& c) { return c.topic == p.topic && c.partition == p.partition; });
      const kafka_place known = _options.again || at == committed->end() ? kafka_place{} : *at;
      const sent_back& before =
          _sent_back.try_emplace(p.partition, known.offset, known.metadata, p.offset).first->second;
      p.offset = before.first_due();
    }
    const auto sent = send(*from, *ends);
    if (!sent) failed(sent.error());
    const int code = report();
    if (_stop.came()) return _stop.exit_code();
    return sent ? code : exit_failed;
  }

 private:
  // Of two that begin together, one stays in the group (kafka_membership.h).
  result<void> be_alone(const runtime::kafka_topic& topic) {
    if (_options.dry_run) return {};
    const auto others = _bus.group(std::string(redrive_group));
    if (!others) return fail(others.error());
    std::optional<result<void>> held;
    if (!has_members(*others)) {
      _membership.emplace(_options.to.cluster(), "mes-bus-redrive", _options.to.log(), std::string(redrive_group),
                          topic, _bus);
      held = hold();
    }
    if (held && (*held || held->error().code != error_code::conflict)) return *held;
    return fail(error_code::conflict,
                fmt::format("Another redrive is running (mes bus groups {}). One that was killed counts for {} s more: "
                            "try again then",
                            redrive_group, std::chrono::seconds(kafka_membership::session_timeout).count()));
  }

  result<void> hold() {
    return _membership->hold([this] { return _stop.came(); });
  }

  result<void> send(const std::vector<kafka_place>& from, const std::vector<kafka_place>& ends) {
    runtime::kafka_reader reader(_options.to.cluster(), "mes-bus-redrive", _options.to.log(), from, ends);
    if (reader.is_at_end()) return {};
    runtime::kafka_producer producer(_options.to.cluster(), "mes-bus-redrive", _options.to.log(), patience);
    auto last = std::chrono::steady_clock::now();
    while (!reader.is_at_end() && !_stop.came()) {
      auto got = reader.next(slice);
      if (!got) return fail(got.error());
      if (_membership)
        if (auto held = hold(); !held) return _stop.came() ? result<void>() : held;
      if (*got) {
        if (auto one = send_one(**got, producer); !one) return one;
        last = std::chrono::steady_clock::now();
      } else if (!reader.is_at_end() && std::chrono::steady_clock::now() - last > patience) {
        return fail(error_code::timed_out, "The bus gave no records in time");
      }
    }
    return {};
  }

  result<void> send_one(const kafka_record& dead, runtime::kafka_producer& producer) {
    sent_back& progress = _sent_back.at(dead.partition);
    if (progress.has(dead.offset)) return {};
    const std::string target(dead.header("dlq_topic"));
    const bool passes = _options.filter.empty() || dead.key.contains(_options.filter) ||
                        dead.value.contains(_options.filter) || dead.header("dlq_reason").contains(_options.filter);
    if (!passes) return ++_filtered, result<void>();
    if (target.empty()) return leave(dead, "has no header dlq_topic");
    if (!std::ranges::binary_search(_known, target))
      return leave(dead, fmt::format("topic {} is not there", printable(target)));
    if (const auto elsewhere = dead.header("dlq_value"); !elsewhere.empty())
      return leave(dead, fmt::format("has no value: {}", printable(elsewhere)));
    if (!_options.dry_run) {
      auto delivered = std::make_shared<std::promise<result<void>>>();
      producer.produce(original(dead), [delivered](result<void> r) { delivered->set_value(std::move(r)); });
      const auto outcome = delivered->get_future().get();
      if (!outcome && is_retryable(outcome.error().code)) return outcome;
      if (!outcome) return leave(dead, outcome.error().message);
      progress.add(dead.offset);
    }
    ++_sent[target];
    return commit(dead, progress);
  }

  result<void> leave(const kafka_record& dead, std::string_view why) {
    fmt::print(stderr, "{}@{}: {}: left\n", dead.partition, dead.offset, why);
    ++_left;
    sent_back& progress = _sent_back.at(dead.partition);
    if (!progress.leave(dead.offset))
      return fail(error_code::unavailable,
                  fmt::format("more records of partition {} were left than can be remembered: those behind offset "
                              "{} wait until they can be sent back",
                              dead.partition, dead.offset));
    return commit(dead, progress);
  }

  // Later runs go on from there; but with a filter they must see the others again.
  result<void> commit(const kafka_record& dead, const sent_back& progress) {
    if (_options.dry_run || !_options.filter.empty()) return {};
    return _membership->commit({dead.topic, dead.partition, progress.committed(), progress.metadata()});
  }

  int report() const {
    text_table table({"BACK TO", "RECORDS"});
    for (const auto& [topic, count] : _sent) table.row({topic, fmt::to_string(count)});
    if (!_sent.empty())
      fmt::print("{}", table.text());
    else if (_filtered + _left == 0)
      fmt::print("No dead letters to send back.\n");
    if (_filtered > 0) fmt::print("{} without the text were left.\n", _filtered);
    if (_left > 0) fmt::print("{} could not be sent back; the next redrive tries them again.\n", _left);
    if (_stop.came()) fmt::print("Interrupted: the next redrive goes on from there.\n");
    if (_options.dry_run) fmt::print("Nothing was sent (--dry-run).\n");
    return _left > 0 ? exit_failed : 0;
  }

  const redrive_options& _options;
  kafka_admin& _bus;
  const interruption _stop;
  std::optional<kafka_membership> _membership;
  std::vector<std::string> _known;
  std::map<std::int32_t, sent_back> _sent_back;  // by partition
  std::map<std::string, std::size_t> _sent;
  std::size_t _filtered = 0, _left = 0;
};

}  // namespace

int redrive_command(int argc, char** argv) {
  CLI::App app(
      "Sends dead letters back to the topics that they came from, each once; those whose topic is not there are left "
      "for the next time. Where a redrive is killed or loses the bus, the record that it was sending may go again with "
      "the next. Consumers pass over events that they have handled. One redrive runs at a time. On Apache Kafka, "
      "offsets.retention.minutes must not be less than twice the retention.ms of dead letters.",
      "mes bus redrive");
  redrive_options o;
  app.add_option("topic", o.topic, "The topic of dead letters, such as work-order-service.dlq")->required();
  app.add_option("--filter", o.filter,
                 "Only records with this text in key, value or the reason; does not count as sent once");
  app.add_flag("--again", o.again, "From the start, also those that were sent back before");
  app.add_flag("--dry-run", o.dry_run, "Count them, and send nothing");
  o.to.add_to(app);
  if (const auto code = parse(app, argc, argv, &o.to)) return *code;
  kafka_admin bus(o.to.cluster(), "mes-bus-redrive", o.to.log());
  return redrive(o, bus).run();
}

}  // namespace mes::bus::cli
