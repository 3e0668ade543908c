#include "platform/supervisor/supervisor.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "platform/supervisor/child.h"
#include "platform/supervisor/log_file.h"
#include "platform/supervisor/probe.h"

namespace mes::platform {
namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;
using timer_handle = std::shared_ptr<runtime::event_loop::timer>;

// Copies one process' output into its log until the other end closes; owned by its own pending read.
class capture : public std::enable_shared_from_this<capture> {
 public:
  capture(boost::asio::io_context& on, int fd, std::shared_ptr<log_file> to) : _from(on, fd), _to(std::move(to)) {}

  void read() {
    _from.async_read_some(boost::asio::buffer(_block),
                          [self = shared_from_this()](const boost::system::error_code& e, std::size_t n) {
                            self->_to->write({self->_block.data(), n});
                            if (!e) self->read();
                          });
  }

 private:
  boost::asio::posix::stream_descriptor _from;
  std::shared_ptr<log_file> _to;
  std::array<char, 4096> _block{};
};

struct running {
  part what;
  part_status status;
  std::shared_ptr<log_file> log;
  clock::time_point started;
  int crashes_in_a_row = 0;
  bool restart_wanted = false;
  int generation = 0;  // of the process: answers to questions about an earlier one are ignored
  timer_handle timer;  // the next question, the end of the back-off, or the kill after the grace
};

}  // namespace

struct supervisor::state {
  runtime::event_loop& loop;
  supervisor_options options;
  callbacks tell;
  std::vector<std::unique_ptr<running>> parts;
  boost::asio::signal_set child_ended;
  timer_handle deadline;
  bool was_ready = false;
  bool stopping = false;
  bool failed = false;
  std::function<void()> stopped;

  state(runtime::event_loop& l, supervisor_options o, callbacks t)
      : loop(l), options(std::move(o)), tell(std::move(t)), child_ended(l.context(), SIGCHLD) {}

  running* find(std::string_view name) const {
    for (const auto& p : parts)
      if (p->what.name == name) return p.get();
    return nullptr;
  }

  void await_children() {
    child_ended.async_wait([this](const boost::system::error_code& e, int) {
      if (e) return;  // cancelled: the supervisor goes away
      reap();
      await_children();
    });
  }

  void reap() {
    for (const auto& p : parts) {
      int status = 0;
      if (p->status.pid != 0 && waitpid(p->status.pid, &status, WNOHANG) == p->status.pid) ended(*p, status);
    }
  }

  bool needs_are_ready(const running& p) const {
    return std::ranges::all_of(p.what.needs, [this](const std::string& name) {
      const running* other = find(name);
      return !other || other->status.state == part_state::ready;
    });
  }

  void start_what_can() {
    for (const auto& p : parts)
      if (p->status.state == part_state::waiting && (!p->what.waits || needs_are_ready(*p))) spawn(*p);
  }

  void spawn(running& p) {
    if (stopping) return;
    p.started = clock::now();
    ++p.generation;
    auto process = start_child(p.what.argv, p.what.env);
    if (!process) {
      p.status.last_exit = process.error().message;
      back_off(p);
      return;
    }
    p.status.pid = process->pid;
    p.status.state = part_state::starting;
    std::make_shared<capture>(loop.context(), process->output, p.log)->read();
    question(p);
  }

  void question(running& p) {
    const auto timeout = std::max(milliseconds(1000), options.ask_every);
    ask(loop.context().get_executor(), p.what.ready, timeout, [this, &p, generation = p.generation](bool yes) {
      if (p.generation != generation || p.status.state != part_state::starting) return;
      if (yes) return became_ready(p);
      p.timer = loop.after(options.ask_every, [this, &p] { question(p); });
    });
  }

  void became_ready(running& p) {
    p.status.state = part_state::ready;
    p.timer.reset();
    p.status.start_ms = std::chrono::duration_cast<milliseconds>(clock::now() - p.started).count();
    if (was_ready) tell.report(fmt::format("{} is ready again after {} ms", p.what.name, p.status.start_ms));
    start_what_can();
    if (was_ready || !all_ready()) return;
    was_ready = true;
    deadline.reset();
    tell.ready();
  }

  bool all_ready() const {
    return std::ranges::all_of(parts, [](const auto& p) { return p->status.state == part_state::ready; });
  }

  void ended(running& p, int wait_status) {
    p.status.pid = 0;
    p.status.last_exit = describe_exit(wait_status);
    p.timer.reset();
    if (stopping) {
      p.status.state = part_state::stopped;
      terminate_what_can();
      return;
    }
    if (std::exchange(p.restart_wanted, false)) {
      ++p.status.restarts;
      spawn(p);
      return;
    }
    back_off(p);
  }

  // The part has ended, or could not start.
  void back_off(running& p) {
    if (clock::now() - p.started >= options.healthy_after) p.crashes_in_a_row = 0;
    ++p.crashes_in_a_row;
    p.status.state = part_state::backing_off;
    if (!was_ready && p.crashes_in_a_row >= options.start_crashes_max)
      return give_up(p, fmt::format("ended {} times, last with {}", p.crashes_in_a_row, p.status.last_exit));
    const int doublings = std::min(p.crashes_in_a_row - 1, 20);
    const milliseconds delay = std::min(options.back_off_max, options.back_off_first * (std::int64_t{1} << doublings));
    tell.report(
        fmt::format("{} ended with {}; it starts again in {} ms", p.what.name, p.status.last_exit, delay.count()));
    p.timer = loop.after(delay, [this, &p] {
      ++p.status.restarts;
      spawn(p);
    });
  }

  void give_up(const running& p, const std::string& why) {
    if (failed) return;
    failed = true;
    tell.failed(p.what.name, why);
  }

  void deadline_passed() {
    for (const auto& p : parts) {
      if (p->status.state == part_state::ready) continue;
      std::string why =
          fmt::format("is {} after {} s", name_of(p->status.state), options.start_deadline.count() / 1000);
      if (p->what.waits && p->status.state == part_state::waiting)
        why += fmt::format(", it needs {}", fmt::join(p->what.needs, ", "));
      return give_up(*p, why);
    }
  }

  bool is_needed_by_a_running_one(const running& p) const {
    return std::ranges::any_of(parts, [&](const auto& other) {
      return other->status.pid != 0 && std::ranges::find(other->what.needs, p.what.name) != other->what.needs.end();
    });
  }

  void terminate_what_can() {
    for (const auto& p : parts) {
      if (p->status.pid == 0) {
        p->status.state = part_state::stopped;
        p->timer.reset();
      } else if (p->status.state != part_state::stopping && !is_needed_by_a_running_one(*p)) {
        terminate(*p);
      }
    }
    const bool left = std::ranges::any_of(parts, [](const auto& p) { return p->status.pid != 0; });
    if (!left && stopped) loop.post(std::exchange(stopped, nullptr));
  }

  void terminate(running& p) {
    p.status.state = part_state::stopping;
    ::kill(p.status.pid, SIGTERM);
    p.timer = loop.after(options.stop_grace, [this, &p] {
      tell.report(fmt::format("{} (pid {}) did not stop within {} ms: killed", p.what.name, p.status.pid,
                              options.stop_grace.count()));
      ::kill(p.status.pid, SIGKILL);
    });
  }
};

supervisor::supervisor(runtime::event_loop& loop, std::vector<part> parts, supervisor_options options, callbacks tell)
    : _state(std::make_unique<state>(loop, std::move(options), std::move(tell))) {
  for (part& p : parts) {
    auto r = std::make_unique<running>();
    r->status.name = p.name;
    r->status.ports = p.ports;
    r->log = std::make_shared<log_file>(_state->options.logs / (p.name + ".log"));
    r->what = std::move(p);
    _state->parts.push_back(std::move(r));
  }
}

supervisor::~supervisor() {
  for (const auto& p : _state->parts) {
    if (p->status.pid == 0) continue;
    ::kill(p->status.pid, SIGKILL);
    waitpid(p->status.pid, nullptr, 0);
  }
}

void supervisor::start() {
  _state->await_children();
  _state->deadline = _state->loop.after(_state->options.start_deadline, [s = _state.get()] { s->deadline_passed(); });
  _state->start_what_can();
}

void supervisor::stop(std::function<void()> done) {
  if (_state->stopping) return;
  _state->stopping = true;
  _state->deadline.reset();
  _state->stopped = std::move(done);
  _state->terminate_what_can();
}

result<void> supervisor::restart(std::string_view name) {
  running* p = _state->find(name);
  if (!p) return fail(error_code::not_found, fmt::format("no role {} runs here", name));
  if (_state->stopping) return fail(error_code::unavailable, "the platform is stopping");
  if (p->status.pid == 0) {
    p->timer.reset();
    ++p->status.restarts;
    _state->spawn(*p);
    return {};
  }
  if (p->status.state == part_state::stopping) return {};
  p->restart_wanted = true;
  _state->terminate(*p);
  return {};
}

std::vector<part_status> supervisor::status() const {
  std::vector<part_status> all;
  for (const auto& p : _state->parts) all.push_back(p->status);
  return all;
}

bool supervisor::ready() const { return _state->all_ready(); }

std::vector<std::string> supervisor::last_lines(std::string_view name, std::size_t count) const {
  const running* p = _state->find(name);
  return p ? p->log->last_lines(count) : std::vector<std::string>();
}

}  // namespace mes::platform
