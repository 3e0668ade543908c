#include "runtime/process.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "runtime/log_shipper.h"
#include "runtime/span_exporter.h"

namespace mes::runtime {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds flush_time{2'000};
constexpr int bus_port = 9092, redis_default_port = 6379, otlp_port = 4318, log_default_port = 5000;

// The specification's ports.
constexpr std::array<std::pair<std::string_view, int>, 8> service_ports = {{{"auth", 3008},
                                                                            {"work-order", 3009},
                                                                            {"quality", 3010},
                                                                            {"material", 3011},
                                                                            {"traceability", 3012},
                                                                            {"resource", 3013},
                                                                            {"reporting", 3014},
                                                                            {"integration", 3015}}};

const int* service_port(std::string_view name) {
  for (const auto& [service, port] : service_ports)
    if (service == name) return &port;
  return nullptr;
}

observe::level checked_level(const std::string& text) {
  if (auto level = observe::parse_level(text)) return *level;
  throw std::invalid_argument("log_level: \"" + text + "\" is none of debug, info, warn, error");
}

struct host_and_port {
  std::string host;
  int port;
};

host_and_port split_address(std::string_view setting, const std::string& text) {
  std::size_t colon = text.rfind(':');
  int port = 0;
  if (colon != std::string::npos) {
    auto [end, ec] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    if (ec != std::errc() || end != text.data() + text.size()) port = 0;
  }
  if (colon == 0 || port < 1 || port > 65'535)
    throw std::invalid_argument(std::string(setting) + ": \"" + text + "\" is not host:port");
  return {text.substr(0, colon), port};
}

void prepare_system() {
  std::signal(SIGPIPE, SIG_IGN);
  // Each further arena costs resident memory in every role; ours spend their time elsewhere than in malloc.
  mallopt(M_ARENA_MAX, 2);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 65'536);
    setrlimit(RLIMIT_NOFILE, &files);  // if refused, the old limit holds and accept() says so when it is reached
  }
}

}  // namespace

struct process::state {
  using async_step = std::function<void(std::function<void()> done)>;

  state(std::string r, config c)
      : role(std::move(r)),
        service_name(service_port(role) ? role + "-service" : role),
        settings(std::move(c)),
        logger(service_name, checked_level(settings.text("log_level"))),
        signals(loop.context()),
        hangups(loop.context()) {}

  void watch_hangups() {
    hangups.async_wait([this](const boost::system::error_code& ec, int) {
      if (ec) return;
      watch_hangups();
      if (!stopping) hangup();
    });
  }

  void watch_signals() {
    signals.async_wait([this](const boost::system::error_code& ec, int number) {
      if (ec) return;
      if (stopping) {
        logger.warn("stopped at once by a second signal", {{"signal", std::int64_t{number}}});
        exit_code = 1;
        return loop.stop();
      }
      watch_signals();
      begin_stop();
    });
  }

  void begin_stop() {
    if (std::exchange(stopping, true)) return;
    logger.info("stopping");
    next_step();
  }

  void next_step() {
    if (steps.empty()) return flush();
    async_step step = std::move(steps.back());
    steps.pop_back();
    // Called once, whatever happens: by the step, or here if it throws.
    auto called = std::make_shared<bool>(false);
    auto done = [this, called] {
      if (!std::exchange(*called, true)) loop.post([this] { next_step(); });
    };
    try {
      step(done);
    } catch (const std::exception& e) {
      logger.error("a step of the stop failed", {{"error", std::string_view(e.what())}});
      exit_code = 1;
      done();
    }
  }

  // Spans first: what they are about is over. Then the lines, the last one among them.
  void flush() {
    give_up = loop.after(flush_time, [this] { loop.stop(); });
    exporter->flush([this] {
      logger.info("stopped");
      if (!shipper) return loop.stop();
      shipper->flush([this] { loop.stop(); });
    });
  }

  std::string role;
  std::string service_name;
  config settings;
  event_loop loop;
  observe::registry metrics;
  observe::logger logger;
  asio::signal_set signals;
  asio::signal_set hangups;
  std::function<void()> hangup;
  settings_reader read_again;
  std::unique_ptr<log_shipper> shipper;
  std::unique_ptr<span_exporter> exporter;
  std::vector<async_step> steps;
  std::shared_ptr<event_loop::timer> give_up;
  std::atomic<bool> ready{false};
  bool stopping = false;
  int exit_code = 0;
};

process::process(std::string role, config settings, settings_reader read_again) {
  prepare_system();
  _state = std::make_unique<state>(std::move(role), std::move(settings));
  state& s = *_state;
  s.read_again = std::move(read_again);
  const std::string& host = s.settings.text("service_host");
  if (host != "loopback" && host != "dns")
    throw std::invalid_argument("service_host: \"" + host + "\" is neither loopback nor dns");
  (void)redis_port();  // throws for a bad address
  if (const std::string& log_host = s.settings.text("log_host"); !log_host.empty()) {
    auto given = s.settings.integer("log_port");
    int log_port = given != 0 ? static_cast<int>(given) : port(log_default_port);
    s.shipper = std::make_unique<log_shipper>(s.loop, log_host, static_cast<std::uint16_t>(log_port), s.metrics);
    s.logger.set_shipper([shipper = s.shipper.get()](std::string lines) { shipper->ship(std::move(lines)); });
  }
  s.exporter = std::make_unique<span_exporter>(s.loop, otlp_url(), s.service_name, s.metrics);
  s.signals.add(SIGINT);
  s.signals.add(SIGTERM);
  s.watch_signals();
}

process::~process() { _state->logger.set_shipper(nullptr); }

const std::string& process::role() const { return _state->role; }
const std::string& process::service_name() const { return _state->service_name; }
const config& process::settings() const { return _state->settings; }
std::filesystem::path process::data_root() const { return _state->settings.text("data"); }

std::filesystem::path process::data_dir() const {
  auto dir = data_root() / _state->role;
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (failed)
    throw std::runtime_error("the data directory " + dir.string() + " cannot be used: " + failed.message() +
                             "; choose another one with --data");
  return dir;
}

int process::port(int base) const { return base + static_cast<int>(_state->settings.integer("port_offset")); }

std::string process::bus_address() const {
  const std::string& given = _state->settings.text("bus");
  return given.empty() ? "127.0.0.1:" + std::to_string(port(bus_port)) : given;
}

std::string process::redis_host() const {
  const std::string& given = _state->settings.text("redis");
  return given.empty() ? "127.0.0.1" : split_address("redis", given).host;
}

int process::redis_port() const {
  const std::string& given = _state->settings.text("redis");
  return given.empty() ? port(redis_default_port) : split_address("redis", given).port;
}

std::string process::otlp_url() const {
  std::string given = _state->settings.text("otlp");
  if (given == "none") return {};
  if (given.empty()) return "http://127.0.0.1:" + std::to_string(port(otlp_port));
  while (given.ends_with('/')) given.pop_back();
  return given;
}

event_loop& process::loop() { return _state->loop; }
observe::logger& process::log() { return _state->logger; }
observe::registry& process::metrics() { return _state->metrics; }
observe::span_sink& process::spans() { return *_state->exporter; }

std::string process::service_url(std::string_view service) const {
  if (service.ends_with("-service")) service.remove_suffix(std::string_view("-service").size());
  const int* base = service_port(service);
  if (!base) throw std::logic_error("no service is named " + std::string(service));
  if (_state->settings.text("service_host") == "dns")
    return "http://" + std::string(service) + "-service:" + std::to_string(*base);
  return "http://127.0.0.1:" + std::to_string(port(*base));
}

result<config> process::read_settings() const { return _state->read_again ? _state->read_again() : _state->settings; }

void process::on_hangup(std::function<void()> step) {
  _state->hangup = std::move(step);
  _state->hangups.add(SIGHUP);
  _state->watch_hangups();
}

void process::ready() {
  _state->ready = true;
  _state->logger.info("ready");
}

bool process::is_ready() const { return _state->ready; }

void process::on_stop(std::function<void()> step) {
  on_stop_async([s = std::move(step)](const std::function<void()>& done) {
    s();
    done();
  });
}

void process::on_stop_async(std::function<void(std::function<void()> done)> step) {
  _state->steps.push_back(std::move(step));
}

void process::stop() {
  _state->loop.post([this] { _state->begin_stop(); });
}

int process::run() {
  for (bool again = true; again;) {
    again = false;
    try {
      _state->loop.run();
    } catch (const std::exception& e) {
      // What is left is stopped in order: data matters more than a quick end.
      _state->logger.error("an event's handler failed; stopping", {{"error", std::string_view(e.what())}});
      _state->exit_code = 1;
      _state->loop.post([this] { _state->begin_stop(); });
      again = true;
    }
  }
  _state->ready = false;
  return _state->exit_code;
}

}  // namespace mes::runtime
