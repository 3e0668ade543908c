#include "gateway/role.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/instant.h"
#include "base/sha256.h"
#include "gateway/admin/admin.h"
#include "gateway/admin/entity_store.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/log_level.h"
#include "gateway/burst_memory.h"
#include "gateway/config/built_in.h"
#include "gateway/config/configuration.h"
#include "gateway/config/read_text.h"
#include "gateway/explain/command.h"
#include "gateway/jwt/jwks_source.h"
#include "gateway/jwt/keys.h"
#include "gateway/names/names.h"
#include "gateway/net/loop.h"
#include "gateway/net/ocsp_fetcher.h"
#include "gateway/net/tls.h"
#include "gateway/observe/node_metrics.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/proxy_cache/response_cache.h"
#include "gateway/plugins/rate_limiting/windows.h"
#include "gateway/plugins/redis/redis_link.h"
#include "gateway/proxy/proxy.h"
#include "gateway/settings.h"
#include "gateway/watched_files.h"
#include "os/file_system.h"
#include "os/lock_file.h"
#include "runtime/data_lock.h"
#include "runtime/http_server.h"
#include "runtime/kafka.h"
#include "runtime/own_names.h"

namespace mes::gateway {
namespace {

using namespace std::chrono_literals;

class gateway {
 public:
  explicit gateway(runtime::process& process)
      : _process(process),
        _logs(process.log()),
        _redis(process.log()),
        _names(process.settings().text("service_host") != "dns", process.port(0)),
        _jwks(
            process.loop(), _keys, process.log(), [this] { return jwks_url(); },
            (process.data_dir() / "jwks.json").string()),
        _disk(os::make_real_file_system()),
        _store(*_disk, {.folder = process.data_dir().string(), .writable = process.settings().flag("admin_writes")},
               process.log(), [this](std::shared_ptr<const configuration> all) { activate(std::move(all)); }),
        _writes(process.loop(), _store),
        _level(process.loop(), process.log(),
               observe::parse_level(process.settings().text("log_level")).value_or(observe::level::info)) {}

  result<void> start() {
    if (auto locked = lock_writes(); !locked) return locked;
    if (auto opened = _store.open(); !opened) return opened;
    watch_files(_process.settings());
    if (auto loaded = load_file(_process.settings(), read_text); !loaded) return loaded;
    auto options = make_options(_process.settings());
    if (!options) return fail(options.error());
    // Before the first request can come: without it, a key that is not known yet is one that nobody has.
    if (announces_keys())
      _keys.set_refresher([this](std::function<void()> done) { return _jwks.refresh(std::move(done)); });
    auto started = proxy::start(
        *options, {.names = _names, .log = _process.log(), .spans = &_process.spans(), .staples = &_staples}, _current);
    if (!started) return fail(started.error());
    _proxy = std::move(*started);
    _certificate = _process.settings().text("tls_certificate");
    _process.on_stop([this] { _proxy->stop(10s); });
    watch_memory();
    if (auto listening = start_admin(); !listening) return listening;
    if (_process.settings().flag("ocsp_stapling"))
      _ocsp = std::make_unique<ocsp_fetcher>(_process.loop(), _staples, _process.log());
    ask_about_certificates();
    if (_process.settings().flag("discovery")) follow_heartbeats();
    _process.on_hangup([this] { reload(); });
    _process.log().info("listening", {{"http", std::int64_t{_proxy->port()}},
                                      {"https", std::int64_t{_proxy->tls_port()}},
                                      {"admin", std::int64_t{_admin->port()}}});
    return {};
  }

  // Ready means that a valid token is taken. Where no auth service answers, the routes without tokens serve all the
  // same.
  void announce_ready() {
    auto once = [this] {
      if (!_process.is_ready()) _process.ready();
    };
    if (!announces_keys()) return once();
    _ready_anyway = _process.loop().after(3s, once);
    _jwks.start(once);
  }

  // Threads end before what they use.
  ~gateway() {
    if (_proxy) _proxy->stop(0ms);
    _redis.stop();  // its answers go to the proxy's loops
  }
  gateway(const gateway&) = delete;
  gateway& operator=(const gateway&) = delete;

 private:
  bool announces_keys() const { return _process.settings().text("jwks_url") != "none"; }

  std::string jwks_url() const {
    const std::string& given = _process.settings().text("jwks_url");
    return given.empty() ? _process.service_url("auth") + "/api/v1/auth/.well-known/jwks.json" : given;
  }

  // Two gateways that write one entities.json lose each other's writes.
  result<void> lock_writes() {
    if (!_store.writable()) return {};
    auto lock = runtime::lock_data_dir(_process);
    if (!lock && lock.error().code == error_code::conflict)
      return fail(error_code::conflict, lock.error().message + ", or set admin_writes=false");
    if (!lock) return fail(lock.error());
    _write_lock.emplace(std::move(*lock));
    return {};
  }

  using file_reader = result<std::string> (*)(const std::string& path);

  result<void> load_file(const runtime::config& settings, file_reader read) {
    const std::string& path = settings.text("kong_config");
    if (path.empty()) return _store.use_file(built_in_configuration(), built_in_name);
    auto text = read(path);
    return text ? use_text(std::move(*text), path) : fail(text.error());
  }

  result<void> use_text(std::string text, const std::string& path) {
    auto used = _store.use_file(text, path);
    if (!was_not_read(used)) _file_text = std::move(text);
    return used;
  }

  void watch_files(const runtime::config& settings) {
    _configuration_files.watch({settings.text("kong_config")}, [this, settings] {
      const std::string& path = settings.text("kong_config");
      auto text = read_regular_text(path);
      if (text && *text == _file_text) return _configuration_files.note({});
      take(_configuration_files, text ? use_text(std::move(*text), path) : fail(text.error()));
    });
    _certificate_files.watch({settings.text("tls_certificate"), settings.text("tls_key")},
                             [this, settings] { take(_certificate_files, use_options(settings)); });
  }

  void take(watched_files& files, const result<void>& taken) {
    files.note(taken);
    if (!was_not_read(taken)) tell(files.what(), taken);
  }

  // SIGHUP: settings, certificate and configuration, each all or nothing.
  void reload() {
    auto settings = _process.read_settings();
    if (!settings) return tell("settings", fail(settings.error()));
    for (const std::string_view name : settings_of_start())
      if (settings->text(name) != _process.settings().text(name))
        _process.log().warn(fmt::format("{} has changed: used from the next start on", name));
    const auto used = use_options(*settings), loaded = load_file(*settings, read_regular_text);
    watch_files(*settings);
    tell("settings", used);
    tell("configuration", loaded);
    _certificate_files.note(used);
    _configuration_files.note(loaded);
  }

  result<void> use_options(const runtime::config& settings) {
    auto options = make_options(settings);
    if (!options) return fail(options.error());
    if (options->tls)
      for (const auto& file : {options->tls->certificate, options->tls->key})
        if (auto text = read_regular_text(file); !text) return fail(text.error());
    auto used = _proxy->use(*options);
    if (used) _certificate = settings.text("tls_certificate");
    return used;
  }

  void ask_about_certificates() {
    if (!_ocsp) return;
    std::vector<std::string> chains;
    for (const certificate& c : _config->certificates) {
      chains.push_back(c.cert);
      chains.push_back(c.cert_alt);
    }
    if (auto own = read_regular_text(_certificate)) chains.push_back(std::move(*own));
    _ocsp->use(chains);
  }

  // How a reload went, of files or by the Admin API. What is refused has changed nothing.
  void tell(std::string_view what, const result<void>& loaded, std::string_view from = "file") {
    if (loaded) {
      ask_about_certificates();
      _process.log().info(fmt::format("reloaded the {}", what),
                          {{"from", from}, {"generation", static_cast<std::int64_t>(_generation_number)}});
      return;
    }
    ++_refused_reloads;
    _process.log().error(fmt::format("nothing changed, the {} cannot be used: {}", what, loaded.error().message),
                         {{"from", from}});
    for (const field_error& f : loaded.error().fields) _process.log().error(f.message);
  }

  void activate(std::shared_ptr<const configuration> all) {
    const std::shared_ptr<const generation> before = _current;
    retire(std::move(_current));
    retire(std::move(_config));
    _keys.set_configured(*all);
    _current = std::make_shared<const generation>(all,
                                                  plugin_parts{.clock = system_wall_clock(),
                                                               .keys = _keys,
                                                               .limits = _limits,
                                                               .logs = &_logs,
                                                               .redis = &_redis,
                                                               .cache = &_cache},
                                                  ++_generation_number, _process.settings().flag("generation_header"),
                                                  before.get());
    _config = std::move(all);
    if (_proxy) _proxy->use(_current);
    ask_about_certificates();
  }

  void watch_memory() {
    _memory_look = _process.loop().after(1s, [this] {
      _memory.look(_proxy->current().active, _proxy->take_most_active(), net_loop::clock_us() / 1000);
      watch_memory();
    });
  }

  // What is replaced is freed here, not by the loop that lets go of it last: for 9,000 entities that takes 0.1 s.
  void retire(std::shared_ptr<const void> replaced) {
    if (replaced) _retired.push_back(std::move(replaced));
    std::erase_if(_retired, [](const auto& one) { return one.use_count() == 1; });
    _retiring = _retired.empty() ? nullptr : _process.loop().after(100ms, [this] { retire(nullptr); });
  }

  result<proxy_options> make_options(const runtime::config& s) {
    auto port = [&](std::string_view name) {
      auto base = static_cast<int>(s.integer(name));
      return static_cast<std::uint16_t>(base == 0 ? 0 : _process.port(base));
    };
    proxy_options o{.address = s.text("bind"),
                    .port = port("port"),
                    .tls_port = port("tls_port"),
                    .tls = std::nullopt,
                    .threads = static_cast<int>(s.integer("threads")),
                    .batched_sends = s.flag("io_uring"),
                    .header_bytes_max = static_cast<std::size_t>(s.integer("header_max")),
                    .body_bytes_max = static_cast<std::uint64_t>(s.integer("body_max")),
                    .held_bytes_max = static_cast<std::size_t>(s.integer("held_bodies_max")),
                    .connections_max = static_cast<std::size_t>(s.integer("connections_max")),
                    .header_timeout_ms = s.duration("header_timeout").count(),
                    .body_timeout_ms = s.duration("body_timeout").count(),
                    .idle_timeout_ms = s.duration("idle_timeout").count(),
                    .body_rate_min = static_cast<std::uint64_t>(s.integer("body_rate_min")),
                    .body_rate_period_ms = s.duration("body_rate_period").count(),
                    .access_log = s.flag("access_log"),
                    .allow_debug_header = s.flag("allow_debug_header"),
                    .tracing = s.flag("tracing")};
    auto timed = parse_instrumentations(s.text("tracing_instrumentations"));
    if (!timed) return fail(timed.error());
    o.timed = *timed;
    o.timed_per_second = s.integer("tracing_instrumentations_rate");
    std::vector<std::string> trusted;
    for_each_token(s.text("trusted_ips"), [&](std::string_view one) { trusted.emplace_back(one); });
    auto ranges = ip_ranges::parse(trusted);
    if (!ranges) return fail(error_code::invalid_argument, "trusted_ips: not a list of addresses and ranges");
    o.real_ip = {
        .trusted = std::move(*ranges), .header = s.text("real_ip_header"), .recursive = s.flag("real_ip_recursive")};
    if (!s.flag("tls")) return o;
    certificate_files files{s.text("tls_certificate"), s.text("tls_key")};
    if (files.certificate.empty() != files.key.empty())
      return fail(error_code::invalid_argument,
                  fmt::format("{} is not set: tls_certificate and tls_key are the two files of one certificate",
                              files.key.empty() ? "tls_key" : "tls_certificate"));
    if (files.certificate.empty()) {
      auto made = runtime::ensure_certificate(_process.data_dir());
      if (!made) return fail(made.error());
      files = *made;
    }
    o.tls = files;
    return o;
  }

  result<void> start_admin() {
    admin_view view{.store = _store,
                    .writes = _writes,
                    .cache = _cache,
                    .level = _level,
                    .generation = [this] { return _generation_number; },
                    .metrics = [this] { return metrics(); },
                    .status = [this] { return status(); },
                    .ready = [this] { return _process.is_ready(); },
                    .upstreams = [this] { return _proxy ? &_proxy->upstreams() : nullptr; },
                    .posted = [this](const result<void>& taken) { tell("configuration", taken, "POST /config"); }};
    const std::string& address = _process.settings().text("admin_bind");
    admin_exposure exposure{.loopback = runtime::is_loopback(address),
                            .hosts = runtime::names_in(_process.settings().text("admin_hosts"))};
    auto guard = std::make_shared<admin_guard>(_process.loop(), _keys, std::move(exposure));
    auto base = static_cast<int>(_process.settings().integer("admin_port"));
    runtime::http_server_options options{.address = address,
                                         .port = static_cast<std::uint16_t>(base == 0 ? 0 : _process.port(base)),
                                         .body_bytes_max = 16 << 20};
    auto server = runtime::http_server::listen(
        _process.loop(), options, [view, guard](runtime::http_request request, runtime::http_responder responder) {
          guard->admit(std::move(request), std::move(responder),
                       [view](runtime::http_request asked, runtime::http_responder answer) {
                         answer_admin(view, std::move(asked), std::move(answer));
                       });
        });
    if (!server) return fail(server.error());
    _admin = std::move(*server);
    _process.on_stop_async([this](std::function<void()> done) { _admin->stop(1s, std::move(done)); });
    return {};
  }

  std::string metrics() const {
    std::string text = _proxy->expose_stats();
    if (wants_upstream_health()) text += _proxy->upstreams().expose();
    text += fmt::format(
        "# HELP mes_gateway_config_generation Number of the active configuration\n# TYPE mes_gateway_config_generation "
        "gauge\n"
        "mes_gateway_config_generation {}\n"
        "# HELP mes_gateway_reloads_refused_total Reloads that were refused, and changed nothing\n# TYPE "
        "mes_gateway_reloads_refused_total counter\nmes_gateway_reloads_refused_total {}\n"
        "# HELP mes_gateway_config_writes Entities that the admin API has written over the file\n# TYPE "
        "mes_gateway_config_writes gauge\nmes_gateway_config_writes {}\n"
        "# HELP mes_gateway_config_conflicts Of these, those that the file has changed since\n# TYPE "
        "mes_gateway_config_conflicts gauge\nmes_gateway_config_conflicts {}\n"
        "# HELP mes_gateway_announced_keys Token keys from the JWKS\n# TYPE mes_gateway_announced_keys "
        "gauge\nmes_gateway_announced_keys {}\n"
        "# HELP mes_gateway_discovered_instances Service instances known by heartbeat\n# TYPE "
        "mes_gateway_discovered_instances gauge\n"
        "mes_gateway_discovered_instances {}\n",
        _generation_number, _refused_reloads, _store.writes(), _store.conflicts().size(), _keys.announced_count(),
        _names.instances());
    text += expose_node(_cache.bytes(), _cache.bytes_max());
    text += _logs.metrics();
    text += _redis.metrics();
    return text + _process.metrics().expose();
  }

  // As Kong: the metric is there if a prometheus plugin asks for it.
  bool wants_upstream_health() const {
    return _config && std::ranges::any_of(_config->plugins, [](const plugin_entry& p) {
             return p.enabled && p.name == "prometheus" && p.config.flag("upstream_health_metrics");
           });
  }

  node_status status() {
    if (_hashed_generation != _generation_number) {
      _configuration_hash = sha256_hex(_store.config_text()).substr(0, 32);  // as long as Kong's MD5
      _hashed_generation = _generation_number;
    }
    return {.traffic = _proxy->current(),
            .cache_bytes = _cache.bytes(),
            .cache_bytes_max = _cache.bytes_max(),
            .resident_bytes = resident_bytes(),
            .configuration_hash = _configuration_hash};
  }

  void follow_heartbeats() {
    runtime::kafka_consumer_options options{.bootstrap = _process.bus_address(),
                                            .client_id = "gateway",
                                            .group = "",
                                            .topics = {"system.health-check"},
                                            .start_time_ms = instant::now().ms() - 60'000};
    _heartbeats = std::make_unique<runtime::kafka_consumer>(std::move(options), _process.log(),
                                                            [this](const std::vector<runtime::kafka_record>& batch) {
                                                              std::int64_t now_ms = net_loop::clock_us() / 1000;
                                                              for (const runtime::kafka_record& r : batch)
                                                                if (auto beat = parse_heartbeat(r.key, r.value))
                                                                  _names.note(*beat, now_ms);
                                                              _names.forget_silent(now_ms);
                                                              return true;
                                                            });
    _process.on_stop([this] { _heartbeats.reset(); });
  }

  runtime::process& _process;
  staple_store _staples;
  std::unique_ptr<ocsp_fetcher> _ocsp;
  std::unique_ptr<proxy> _proxy;  // outlives the resolver, which may still call back to its loops
  deliveries _logs;
  redis_links _redis;
  response_cache _cache;
  name_directory _names;
  jwt_keys _keys;
  rate_limit_store _limits;
  jwks_source _jwks;
  std::unique_ptr<os::file_system> _disk;
  std::optional<os::lock_file> _write_lock;
  entity_store _store;
  entity_writes _writes;
  std::shared_ptr<const configuration> _config;
  std::shared_ptr<const generation> _current;
  std::vector<std::shared_ptr<const void>> _retired;
  std::shared_ptr<runtime::event_loop::timer> _retiring;
  burst_memory _memory;
  std::shared_ptr<runtime::event_loop::timer> _memory_look;
  std::uint64_t _generation_number = 0, _refused_reloads = 0, _hashed_generation = 0;
  std::string _configuration_hash;  // of _hashed_generation
  std::string _file_text;           // of the configuration's file when it was last read
  std::string _certificate;         // the listener's file in use; "" = one that was made here
  watched_files _configuration_files{"configuration", _process.loop(), _process.log()};
  watched_files _certificate_files{"certificate", _process.loop(), _process.log()};
  log_level _level;
  std::unique_ptr<runtime::http_server> _admin;
  std::unique_ptr<runtime::kafka_consumer> _heartbeats;
  std::shared_ptr<runtime::event_loop::timer> _ready_anyway;
};

int run(runtime::process& process) {
  gateway g(process);
  if (auto started = g.start(); !started) {
    process.log().error(started.error().message);
    for (const field_error& f : started.error().fields) process.log().error(f.message);
    return 1;
  }
  g.announce_ready();
  return process.run();
}

}  // namespace

const runtime::role_definition& role() {
  static const runtime::role_definition definition = {.name = "gateway",
                                                      .summary = "API gateway: routes, tokens, limits; reads kong.yml",
                                                      .settings = role_settings,
                                                      .run = run,
                                                      .commands = commands};
  return definition;
}

}  // namespace mes::gateway
