#include "runtime/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace mes::runtime {
namespace asio = boost::asio;

struct event_loop::state {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(context);
};

// The handle owns the right to fire; what waits in Asio owns the rest and outlives the handle by one cancelled wait.
class event_loop::timer {
 public:
  struct waiting : std::enable_shared_from_this<waiting> {
    waiting(asio::io_context& context, std::chrono::milliseconds p, std::function<void()> w)
        : clock(context), period(p), work(std::move(w)) {}

    void arm(std::chrono::steady_clock::time_point at) {
      clock.expires_at(at);
      clock.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
        if (!ec && !self->cancelled) self->fire();
      });
    }

    void fire() {
      if (period.count() == 0) return std::exchange(work, nullptr)();
      auto run = work;  // `work` may destroy the handle, and with it the function that is running
      run();
      // A late tick is not made up for: the next one is a whole period away.
      if (!cancelled) arm(std::max(clock.expiry() + period, std::chrono::steady_clock::now()));
    }

    asio::steady_timer clock;
    std::chrono::milliseconds period;  // zero: once
    std::function<void()> work;
    bool cancelled = false;
  };

  explicit timer(std::shared_ptr<waiting> w) : _waiting(std::move(w)) {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer() {
    _waiting->cancelled = true;
    _waiting->clock.cancel();
    _waiting->work = nullptr;
  }

 private:
  std::shared_ptr<waiting> _waiting;
};

event_loop::event_loop() : _state(std::make_unique<state>()) {}
event_loop::~event_loop() = default;

void event_loop::run() {
  _state->context.run();
  _state->context.restart();
}

void event_loop::stop() { _state->context.stop(); }
void event_loop::post(std::function<void()> work) { asio::post(_state->context, std::move(work)); }
bool event_loop::is_current() const { return _state->context.get_executor().running_in_this_thread(); }
asio::io_context& event_loop::context() { return _state->context; }

std::shared_ptr<event_loop::timer> event_loop::after(std::chrono::milliseconds delay, std::function<void()> work) {
  auto w = std::make_shared<timer::waiting>(_state->context, std::chrono::milliseconds(0), std::move(work));
  w->arm(std::chrono::steady_clock::now() + delay);
  return std::make_shared<timer>(std::move(w));
}

std::shared_ptr<event_loop::timer> event_loop::every(std::chrono::milliseconds period, std::function<void()> work) {
  auto w = std::make_shared<timer::waiting>(_state->context, std::max(period, std::chrono::milliseconds(1)),
                                            std::move(work));
  w->arm(std::chrono::steady_clock::now() + period);
  return std::make_shared<timer>(std::move(w));
}

}  // namespace mes::runtime
