#include "bus/broker.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>

#include "base/instant.h"
#include "bus/configs.h"
#include "bus/handlers/waiting_fetches.h"
#include "bus/host_overrides.h"
#include "bus/log/number_text.h"
#include "os/descriptor_limit.h"

namespace mes::bus {
namespace kafka = wire::kafka;
namespace {

constexpr std::int64_t producer_id_block = 1'000;
constexpr unsigned char producer_ids_change = 32;
constexpr std::int64_t housekeeping_ms = 60'000;
constexpr std::int64_t folder_check_ms = 1'000;
// As Kafka's offsets.retention.check.interval.ms and producer.id.expiration.check.interval.ms.
constexpr std::int64_t unused_check_ms = 600'000;

// Segments, index files and connections each take a descriptor.
std::size_t descriptors_left() {
  rlimit limit{};
  const int next = eventfd(0, EFD_CLOEXEC);  // the lowest that is free
  if (next < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  close(next);
  return limit.rlim_cur - static_cast<rlim_t>(next);
}

// Without those for the log's files: with none for the next it would stop.
std::size_t connections_possible(std::size_t descriptors) {
  constexpr std::size_t files_max = 8'192;
  return std::max<std::size_t>(descriptors - std::min(descriptors / 2, files_max), 1);
}

// Where a topic is not what its row of topics.yaml says; empty if it is.
std::string differences(const topic_spec& wanted, const log::topic& have) {
  std::string all;
  const auto add = [&all](std::string_view what, std::string_view is, std::string_view says) {
    all += fmt::format("{}{} is {}, the file says {}", all.empty() ? "" : "; ", what, is, says);
  };
  if (have.partitions.size() != static_cast<std::size_t>(wanted.partitions))
    add("partitions", std::to_string(have.partitions.size()), std::to_string(wanted.partitions));
  for (const auto& [key, value] : wanted.configs) {
    const auto it = have.configs.find(key);
    if (it == have.configs.end() || it->second != value)
      add(key, it == have.configs.end() ? "the default" : it->second, value);
  }
  return all;
}

}  // namespace

// Producer ids are given from blocks whose end is in the log, so that none is given twice.
struct broker::state : log::state_machine {
  groups::coordinator* groups = nullptr;
  transactions::coordinator* transactions = nullptr;
  security::cluster_settings* settings = nullptr;
  std::int64_t block_end = 0;  // durable
  std::int64_t next_id = 0;    // below block_end: may be given
  bool asking = false;
  std::vector<std::function<void(std::int64_t)>> waiting;

  void apply(std::string_view payload) override {
    if (transactions::is_change(static_cast<std::int8_t>(payload[0]))) return transactions->apply(payload);
    if (static_cast<unsigned char>(payload[0]) == security::cluster_settings::change_byte)
      return settings->apply(payload);
    if (static_cast<unsigned char>(payload[0]) != producer_ids_change) return groups->apply(payload);
    kafka::reader in(payload);
    in.int8();
    block_end = std::max(block_end, in.int64());
  }
  void topic_deleted(const std::string& topic) override {
    groups->topic_deleted(topic);
    transactions->topic_deleted(topic);
  }
  void snapshot(kafka::writer& out) const override {
    out.int64(block_end);
    groups->snapshot(out);
    transactions->snapshot(out);
    settings->snapshot(out);
  }
  bool restore(kafka::reader& in, std::int8_t version) override {
    block_end = in.int64();
    if (!groups->restore(in, version)) return false;
    if (in.left() == 0) return true;  // checkpoints of version 1 have no more
    if (!transactions->restore(in, version)) return false;
    return in.left() == 0 || settings->restore(in);  // those of version 2 have no settings
  }
};

// What the coordinator sees of the log's topics.
struct broker::topic_names : groups::topic_view {
  explicit topic_names(const broker& b) : of(b) {}
  const broker& of;

  static std::optional<groups::known_topic> known(const std::shared_ptr<log::topic>& t) {
    if (!t) return std::nullopt;
    return groups::known_topic{t->id, t->name, static_cast<std::int32_t>(t->partitions.size())};
  }
  std::optional<groups::known_topic> find(std::string_view name) const override { return known(of._store->find(name)); }
  std::optional<groups::known_topic> find(const uuid& id) const override { return known(of._store->find(id)); }
  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, t] : of._store->topics()) all.push_back(name);
    return all;
  }
  std::uint64_t version() const override { return of._store->topics_version() + of.access().acls().version(); }
  bool may_describe(std::string_view principal, std::string_view host, std::string_view topic) const override {
    host.remove_prefix(host.starts_with('/') ? 1 : 0);  // as Java prints an address
    return of.access().acls().allows(principal, host, security::operation::describe, security::resource_type::topic,
                                     topic);
  }
};

broker::broker(broker_settings settings, observe::logger& log)
    : _settings(std::move(settings)), _given(_settings), _logger(log), _level(log) {}

broker::~broker() = default;

result<std::unique_ptr<broker>> broker::open(broker_settings settings, os::file_system& files, observe::logger& log) {
  os::raise_descriptor_limit();
  std::unique_ptr<broker> b(new broker(std::move(settings), log));
  broker* const raw = b.get();
  auto loop = net::poller::make();
  if (!loop) return fail(std::move(loop.error()));
  b->_loop = std::move(*loop);
  b->_changes = std::make_unique<change_queue>(*b->_loop);
  b->_state = std::make_unique<state>();
  b->_groups = std::make_unique<groups::coordinator>(
      b->_settings.groups, *b->_loop,
      [raw](std::string payload, std::move_only_function<void(bool)> done) {
        raw->_store->append_state(std::move(payload), std::move(done));
      },
      log);
  b->_transactions = std::make_unique<transactions::coordinator>(
      b->_settings.transactions, *b->_loop,
      transactions::surroundings{
          [raw](std::function<void(std::int64_t)> use) { raw->with_producer_id(std::move(use)); },
          [raw](const std::string& group) { raw->_groups->make_applied(group); },
          [raw](const std::string& group, const transactions::group_offsets& offsets) {
            raw->_groups->commit_applied(group, offsets);
          },
          [] { return instant::now().ms(); }},
      log);
  b->_groups->set_changed([raw](const std::string& group, const groups::topic_partition* where) {
    where ? raw->_transactions->offset_changed(group, *where) : raw->_transactions->group_deleted(group);
  });
  b->_state->groups = b->_groups.get();
  b->_state->transactions = b->_transactions.get();
  b->_access = std::make_unique<security::access>(std::move(b->_settings.access),
                                                  [raw](std::string payload, std::move_only_function<void(bool)> done) {
                                                    raw->_store->append_state(std::move(payload), std::move(done));
                                                  });
  b->_state->settings = &b->_access->settings();

  log::store_options options;
  options.files = &files;
  options.directory = b->_settings.directory;
  options.segment_bytes = b->_settings.segment_bytes;
  options.sync = b->_settings.sync;
  options.retention_ms = b->_settings.retention_ms;
  options.retention_bytes = b->_settings.retention_bytes;
  options.disk_bytes_max = b->_settings.disk_bytes_max;
  options.cleaner_memory_bytes = b->_settings.cleaner_memory_bytes;
  options.producer_expiry_ms = b->_settings.producer_id_expiry_ms;
  options.now_ms = instant::now().ms();
  options.notify = [loop_ptr = b->_loop.get()] { loop_ptr->wake(); };
  auto store = log::store::open(options, *b->_state, log);
  if (!store) return fail(std::move(store.error()));
  b->_store = std::move(*store);
  b->_state->next_id = b->_state->block_end;
  b->_store->set_events({[raw](const std::shared_ptr<log::topic>& t, std::int32_t p) {
                           raw->_fetches->grew(*t->partitions[static_cast<std::size_t>(p)]);
                         },
                         [raw](const log::topic& t) {
                           for (const auto& p : t.partitions) raw->_fetches->grew(*p);
                         }});
  b->_fetches = std::make_unique<waiting_fetches>(*raw, b->_settings.waiting_fetch_bytes_max);
  b->_topic_names = std::make_unique<topic_names>(*raw);
  b->_groups->set_topics(*b->_topic_names);
  b->_groups->set_pending([raw](std::string_view group, const groups::topic_partition* where) {
    const transactions::coordinator& all = *raw->_transactions;
    return where ? all.has_pending_offset(std::string(group), *where) : all.has_pending_offset(std::string(group));
  });
  b->_groups->set_config_reader([raw](const std::string& group, std::string_view name, std::int64_t otherwise) {
    return group_config_number(*raw, group, name, otherwise);
  });
  b->_groups->start();
  b->_transactions->start(*b->_store);
  b->_access->set_config_changed([raw](const security::access::config_key&) { raw->apply_configs(); });

  const std::size_t left = descriptors_left();
  constexpr std::size_t admin_connections_max = 256;
  b->_admin_connections_max = std::min(left / 8, admin_connections_max);
  b->_connections_possible = connections_possible(left - b->_admin_connections_max);
  if (auto listening = b->listen(); !listening) return fail(std::move(listening.error()));
  b->apply_configs();
  b->_loop->set_after_turn([raw] { raw->after_turn(); });
  if (auto made = b->make_topics(); !made) return fail(std::move(made.error()));
  return b;
}

// Takes over what administrators have set of the broker's configurations.
void broker::apply_configs() {
  const auto number = [this](std::string_view name, auto& into) {
    const std::string text = dynamic_broker_config(*this, name);
    into = log::parse_number<std::remove_reference_t<decltype(into)>>(text).value_or(into);
  };
  number("log.retention.ms", _settings.retention_ms);
  number("log.retention.bytes", _settings.retention_bytes);
  number("message.max.bytes", _settings.message_bytes_max);
  number("max.connections", _settings.connections_max);
  number("max.connections.per.ip", _settings.connections_per_ip_max);
  _settings.connections_per_ip_overrides = dynamic_broker_config(*this, "max.connections.per.ip.overrides");
  _settings.compression.type = dynamic_broker_config(*this, "compression.type");
  number("compression.gzip.level", _settings.compression.gzip_level);
  number("compression.lz4.level", _settings.compression.lz4_level);
  number("compression.zstd.level", _settings.compression.zstd_level);
  _settings.verify_transactions =
      canonical_value(config_type::boolean,
                      dynamic_broker_config(*this, "transaction.partition.verification.enable")) == "true";
  _store->set_retention(_settings.retention_ms, _settings.retention_bytes);
  if (_settings.connections_max > _connections_possible) {
    _logger.warn("the limit of open files (ulimit -n) allows fewer connections",
                 {{"max.connections", static_cast<std::int64_t>(_settings.connections_max)},
                  {"allowed", static_cast<std::int64_t>(_connections_possible)}});
    _settings.connections_max = _connections_possible;
  }
  _server->set_connections_max(_settings.connections_max);
  _server->set_host_limits({.each = _settings.connections_per_ip_max,
                            .overrides = parse_host_overrides(_settings.connections_per_ip_overrides)
                                             .value_or(decltype(net::host_limits::overrides){})});
}

result<void> broker::listen() {
  constexpr std::size_t sasl_bytes_max = std::size_t{512} << 10;  // Kafka's sasl.server.max.receive.size
  net::server_options options;
  for (const security::listener& l : _access->connections().options().listeners)
    options.listeners.push_back(
        {l.host, l.port, _access->tls_of(l), security::uses_sasl(l.secured_by) ? sasl_bytes_max : 0});
  options.request_bytes_max = _settings.request_bytes_max;
  options.partial_bytes_max = _settings.queued_request_bytes_max;
  options.connections_max = _settings.connections_max;
  auto server = net::server::listen(*_loop, options,
                                    [this](net::answer_slot slot, const net::peer& who, const net::frame& request) {
                                      return handlers::dispatch(*this, slot, who, request);
                                    });
  if (!server) return fail(std::move(server.error()));
  _server = std::move(*server);
  const auto file_of = [](const kafka::external_bytes& part) -> const os::file& {
    return *static_cast<const log::segment*>(part.source.get())->file;
  };
  _server->set_external({[=](const kafka::external_bytes& part, std::size_t from, char* into, std::size_t size) {
                           const auto got = file_of(part).pread(part.position + from, {into, size});
                           return got && *got == size;
                         },
                         [=](const kafka::external_bytes& part) { return file_of(part).descriptor(); }});
  _server->set_closed([this](std::uint64_t connection) {
    _fetches->forget(connection);
    _access->connections().forget(connection);
  });
  _server->set_hurried([this](std::uint64_t connection) { _fetches->hurry(connection); });
  _server->set_doorman([this](const std::string& host) { return _access->limits().connected(host, net::now_ms()); });
  _server->set_tls_failed([this](const net::peer& who, std::string_view why) {
    _stats.authentications_failed += 1;
    _logger.warn("TLS failed", {{"client", std::string_view(who.host)}, {"reason", why}});
  });
  return {};
}

// The topics of the settings, with one sync; they are there when this returns.
result<void> broker::make_topics() {
  std::size_t left = 0, failed = 0;
  for (const topic_spec& t : _settings.topics) {
    if (const auto there = _store->find(t.name)) {
      if (const auto differs = differences(t, *there); !differs.empty())
        _logger.warn(
            "topics.yaml makes topics and does not change those that there are: kafka-configs and kafka-topics --alter "
            "do",
            {{"topic", std::string_view(t.name)}, {"differs", std::string_view(differs)}});
      continue;
    }
    ++left;
    _store->create_topic(t.name, t.partitions, t.configs, [&left, &failed](bool stored) {
      --left;
      if (!stored) ++failed;
    });
  }
  _store->submit();
  while (left > 0 && _outcome) _loop->turn();
  if (!_outcome) return _outcome;
  // The disk is full: what is there can be read all the same, and the next start makes the rest.
  if (failed > 0) _logger.error("no space to make topics", {{"missing", static_cast<std::int64_t>(failed)}});
  return {};
}

result<void> broker::run() {
  housekeeping();
  _loop->after(folder_check_ms, [this] { look_at_folder(); });
  // The clock may be wrong until NTP has set it: at once goes only what no clock decides on.
  _store->delete_expired(log::retention_by::size);
  _loop->after(_settings.initial_task_delay_ms, [this] { expire_records(); });
  _loop->after(unused_check_ms, [this] { expire_unused(); });
  clean();
  _loop->run();
  _server->stop_accepting();
  if (!_outcome) return _outcome;
  auto closed = _store->close();
  if (!closed)
    _logger.error("the stop could not write all that it should; what was acknowledged is in the log",
                  {{"error", std::string_view(closed.error().message)}});
  _server->flush();
  return closed;
}

void broker::stop() {
  _loop->post([this] { _loop->stop(); });
}

void broker::post(std::function<void()> work) { _loop->post(std::move(work)); }

// What was asked for in this turn goes to the writer together; what became durable is answered.
void broker::after_turn() {
  if (auto collected = _store->collect(); !collected) {
    _logger.error("the log cannot be written: stopping, nothing unsynced was acknowledged",
                  {{"error", std::string_view(collected.error().message)}});
    _outcome = std::move(collected);
    return _loop->stop();
  }
  tell_of_space();
  _store->submit();
  _fetches->wake();
  _server->set_paused(std::max(_store->pending_bytes(), _changes->waiting_bytes()) > _settings.pending_bytes_max);
  _server->flush();
  _store->submit();  // of requests that flush() let in
}

void broker::tell_of_space() {
  if (std::exchange(_was_full, _store->is_full()) == _store->is_full()) return;
  if (_store->is_full())
    _logger.error("there is no space for the log: what is produced or committed is refused, reads go on",
                  {{"directory", std::string_view(_settings.directory)}});
  else
    _logger.info("there is space for the log again");
}

void broker::housekeeping() {
  // Buffers of a burst would otherwise stay with the allocator for good.
  if (std::exchange(_trimmed_at, _server->stats().bytes_in) != _server->stats().bytes_in) malloc_trim(0);
  _access->limits().forget_idle(net::now_ms());
  _is_full_told = false;
  if (_settings.connections_idle_max_ms > 0) _server->close_idle(_settings.connections_idle_max_ms);
  _loop->after(housekeeping_ms, [this] { housekeeping(); });
}

// What is written to a folder that was removed or replaced is lost with it, however many acknowledgements it gets.
void broker::look_at_folder() {
  if (auto in_place = _settings.in_place(); !in_place) {
    _logger.error("the data folder is gone: stopping", {{"error", std::string_view(in_place.error().message)}});
    _outcome = std::move(in_place);
    return _loop->stop();
  }
  _loop->after(folder_check_ms, [this] { look_at_folder(); });
}

// Intervals are the loop's: the clock of the wall may jump.
void broker::expire_records() {
  _store->delete_expired(log::retention_by::age_and_size);
  _loop->after(_settings.retention_check_ms, [this] { expire_records(); });
}

void broker::expire_unused() {
  const std::int64_t now_ms = instant::now().ms();
  _groups->expire(now_ms);
  _transactions->expire_ids(now_ms);
  _store->expire_producers(now_ms);
  _loop->after(unused_check_ms, [this] { expire_unused(); });
}

void broker::clean() {
  _store->retire();
  _loop->after(_settings.cleaner_interval_ms, [this] { clean(); });
}

bool broker::has_room_for(std::size_t partitions) {
  if (partitions == 0 || _store->partition_count() + partitions <= _settings.partitions_max) return true;
  if (!std::exchange(_is_full_told, true))  // clients that want topics made for them are not told why they are not
    _logger.warn("no more partitions are made: partitions_max is reached",
                 {{"partitions", static_cast<std::int64_t>(_store->partition_count())},
                  {"wanted", static_cast<std::int64_t>(partitions)}});
  return false;
}

void broker::with_producer_id(std::function<void(std::int64_t)> use) {
  state& s = *_state;
  if (s.next_id < s.block_end) return use(s.next_id++);
  s.waiting.push_back(std::move(use));
  if (std::exchange(s.asking, true)) return;
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(producer_ids_change));
  out.int64(s.block_end + producer_id_block);
  _store->append_state(std::move(out.buffer()), [this](bool stored) {
    state& now = *_state;
    now.asking = false;
    auto waiting = std::exchange(now.waiting, {});
    for (auto& w : waiting) {
      if (stored)
        with_producer_id(std::move(w));
      else
        w(-1);
    }
  });
}

void broker::wait_for_data(std::unique_ptr<waiting_fetch> fetch) { _fetches->add(std::move(fetch)); }

}  // namespace mes::bus
