#include "runtime/span_exporter.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <span>
#include <utility>

#include "runtime/http_client.h"
#include "wire/otlp/otlp_writer.h"

namespace mes::runtime {
namespace {

constexpr std::size_t batch_spans_max = 512, waiting_spans_max = 8'192;
constexpr std::chrono::milliseconds batch_time{500}, first_pause{200}, longest_pause{5'000};

void append(std::string& out, const observe::span& s) {
  wire::append_span(out, {.trace_id = s.context.trace,
                          .span_id = s.context.span,
                          .parent_span_id = s.parent,
                          .name = s.name,
                          .kind = static_cast<int>(s.kind),
                          .start = s.start,
                          .end = s.end,
                          .failed = s.failed,
                          .attributes = s.attributes,
                          .numbers = {}});
}

// Spans as they will be sent.
struct batch {
  std::string bytes;
  std::size_t spans = 0;
};

}  // namespace

struct span_exporter::state : std::enable_shared_from_this<span_exporter::state> {
  state(event_loop& l, std::string u, std::string service, observe::registry& metrics)
      : loop(l),
        url(std::move(u)),
        service_name(std::move(service)),
        dropped(metrics.make_counter("mes_spans_dropped_total",
                                     "Spans that were not sent: too many waiting, or refused by the collector")),
        client(l) {}

  // Any thread. Wakes the loop for the first span of a batch and for a full batch, not for those between.
  void push(std::span<const observe::span> finished) {
    bool wakes = false;
    {
      std::lock_guard lock(mutex);
      for (const observe::span& s : finished) {
        if (!s.context.sampled) continue;
        if (waiting_spans >= waiting_spans_max) {
          dropped.add();
          continue;
        }
        if (waiting.empty() || waiting.back().spans == batch_spans_max)
          waiting.emplace_back().bytes.reserve(last_batch_bytes);
        append(waiting.back().bytes, s);
        std::size_t count = ++waiting.back().spans;
        ++waiting_spans;
        wakes |= count == 1 || count == batch_spans_max;
      }
    }
    if (wakes) loop.post([self = shared_from_this()] { self->consider(); });
  }

  std::size_t waiting_count() {
    std::lock_guard lock(mutex);
    return waiting_spans;
  }

  void consider() {
    if (gone || sending || pausing) return;
    std::size_t count = waiting_count();
    if (count == 0) return finish_flush();
    if (count >= batch_spans_max || flushed) return send_next();
    if (!timer)
      timer = loop.after(batch_time, [s = this] {
        s->timer = nullptr;
        s->send_next();
      });
  }

  void send_next() {
    timer = nullptr;
    {
      std::lock_guard lock(mutex);
      if (waiting.empty()) return;
      current = std::move(waiting.front());
      waiting.pop_front();
      waiting_spans -= current.spans;
      last_batch_bytes = current.bytes.size();
    }
    send();
  }

  void send() {
    sending = true;
    wire::otlp_attribute resource{"service.name", service_name};
    http_call call{
        .method = "POST",
        .url = url + "/v1/traces",
        .body = wire::write_trace_request(std::span(&resource, 1), {.name = "mes", .version = {}}, current.bytes)};
    call.headers.add("Content-Type", "application/x-protobuf");
    client.send(std::move(call), [s = this](const result<http_response>& answer) { s->on_answer(answer); });
  }

  void on_answer(const result<http_response>& answer) {
    sending = false;
    // OTLP/HTTP, "Failures": 429, 502, 503 and 504 are to be tried again, other errors are final.
    int status = answer ? answer->status : 503;
    bool again = status == 429 || status == 502 || status == 503 || status == 504;
    if (again && !flushed) {
      pausing = true;
      timer = loop.after(pause, [s = this] {
        s->timer = nullptr;
        s->pausing = false;
        s->send();
      });
      pause = std::min(pause * 2, longest_pause);
      return;
    }
    if (status / 100 == 2)
      pause = first_pause;
    else
      dropped.add(static_cast<double>(current.spans));
    current = {};
    if (again) return finish_flush();
    consider();
  }

  void finish_flush() {
    if (flushed) std::exchange(flushed, nullptr)();
  }

  event_loop& loop;
  std::string url;
  std::string service_name;
  observe::counter dropped;

  std::mutex mutex;
  std::deque<batch> waiting;         // under mutex; all but the last are full
  std::size_t waiting_spans = 0;     // under mutex
  std::size_t last_batch_bytes = 0;  // under mutex: the next will be about as large

  // Loop thread:
  http_client client;
  batch current;  // is being sent
  bool sending = false;
  bool pausing = false;
  bool gone = false;
  std::chrono::milliseconds pause = first_pause;
  std::shared_ptr<event_loop::timer> timer;
  std::function<void()> flushed;
};

span_exporter::span_exporter(event_loop& loop, std::string url, std::string service_name, observe::registry& metrics)
    : _state(std::make_shared<state>(loop, std::move(url), std::move(service_name), metrics)) {}

span_exporter::~span_exporter() {
  _state->gone = true;
  _state->timer = nullptr;
}

void span_exporter::record(std::span<const observe::span> finished) {
  if (!_state->url.empty()) _state->push(finished);
}

void span_exporter::flush(std::function<void()> done) {
  state& s = *_state;
  s.flushed = std::move(done);
  if (s.pausing) {
    s.timer = nullptr;
    s.pausing = false;
    return s.send();
  }
  s.consider();
}

}  // namespace mes::runtime
