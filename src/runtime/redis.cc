#include "runtime/redis.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <array>
#include <atomic>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace mes::runtime {
namespace {

constexpr timeval call_time{.tv_sec = 0, .tv_usec = 100'000};
constexpr std::chrono::seconds rest_after_failure{1};

struct free_context {
  void operator()(redisContext* c) const { redisFree(c); }
};
struct free_reply {
  void operator()(redisReply* r) const { freeReplyObject(r); }
};
using context_ptr = std::unique_ptr<redisContext, free_context>;
using reply_ptr = std::unique_ptr<redisReply, free_reply>;
using command = std::vector<std::string_view>;

std::string_view text_of(const redisReply& reply) { return {reply.str, reply.len}; }

}  // namespace

struct redis_client::state {
  std::string host;
  int port;
  std::mutex mutex;
  context_ptr context;                                 // under mutex; null: not connected
  std::chrono::steady_clock::time_point rest_until{};  // under mutex
  std::string last_error;                              // under mutex
  std::atomic<bool> reached{false};

  state(std::string h, int p) : host(std::move(h)), port(p) {}

  std::unexpected<error> failed(std::string what) {
    context = nullptr;
    reached = false;
    rest_until = std::chrono::steady_clock::now() + rest_after_failure;
    last_error = "redis at " + host + ":" + std::to_string(port) + ": " + std::move(what);
    return fail(error_code::unavailable, last_error);
  }

  result<void> connect() {
    if (context) return {};
    if (std::chrono::steady_clock::now() < rest_until) return fail(error_code::unavailable, last_error);
    context.reset(redisConnectWithTimeout(host.c_str(), port, call_time));
    if (!context) return failed("out of memory");
    if (context->err) return failed(context->errstr);
    if (redisSetTimeout(context.get(), call_time) != REDIS_OK) return failed(context->errstr);
    return {};
  }

  // Sends all, then reads all the answers: one round trip. An empty list: the connection broke.
  std::vector<reply_ptr> exchange(std::span<const command> commands) {
    std::vector<reply_ptr> replies;
    for (const command& words : commands) {
      std::vector<const char*> parts;
      std::vector<std::size_t> sizes;
      for (std::string_view word : words) {
        parts.push_back(word.data());
        sizes.push_back(word.size());
      }
      if (redisAppendCommandArgv(context.get(), static_cast<int>(words.size()), parts.data(), sizes.data()) != REDIS_OK)
        return {};
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
      void* reply = nullptr;
      if (redisGetReply(context.get(), &reply) != REDIS_OK) return {};
      replies.emplace_back(static_cast<redisReply*>(reply));
    }
    return replies;
  }

  // `repeatable`: may be sent again on a new connection when the old one turns out to be closed (Redis restarted).
  result<std::vector<reply_ptr>> call(std::span<const command> commands, bool repeatable) {
    std::lock_guard lock(mutex);
    bool was_connected = context != nullptr;
    if (auto connected = connect(); !connected) return fail(connected.error());
    auto replies = exchange(commands);
    if (replies.empty() && was_connected && repeatable && context->err == REDIS_ERR_EOF) {
      context = nullptr;
      if (auto connected = connect(); !connected) return fail(connected.error());
      replies = exchange(commands);
    }
    if (replies.empty()) return failed(context->errstr);
    reached = true;
    for (const reply_ptr& reply : replies)
      if (reply->type == REDIS_REPLY_ERROR)
        return fail(error_code::unavailable, "redis answered: " + std::string(text_of(*reply)));
    return replies;
  }

  result<std::vector<reply_ptr>> call(command words) { return call(std::array{std::move(words)}, true); }
};

redis_client::redis_client(std::string host, int port) : _state(std::make_unique<state>(std::move(host), port)) {}
redis_client::~redis_client() = default;

result<std::optional<std::string>> redis_client::get(std::string_view key) {
  auto replies = _state->call({"GET", key});
  if (!replies) return fail(replies.error());
  const redisReply& reply = *replies->front();
  if (reply.type == REDIS_REPLY_NIL) return std::nullopt;
  if (reply.type != REDIS_REPLY_STRING) return fail(error_code::internal, "redis answered GET with no string");
  return std::string(text_of(reply));
}

result<void> redis_client::set(std::string_view key, std::string_view value, std::chrono::seconds time_to_live) {
  std::string seconds = std::to_string(time_to_live.count());
  auto replies = _state->call({"SET", key, value, "EX", seconds});
  if (!replies) return fail(replies.error());
  return {};
}

result<void> redis_client::remove(std::string_view key) {
  auto replies = _state->call({"DEL", key});
  if (!replies) return fail(replies.error());
  return {};
}

// EXPIRE NX (Redis 7) leaves a running time alone, and mends a key whose time was not set because we died in between.
result<std::int64_t> redis_client::increment(std::string_view key, std::chrono::seconds time_to_live) {
  std::string seconds = std::to_string(time_to_live.count());
  std::array<command, 2> both = {command{"INCR", key}, command{"EXPIRE", key, seconds, "NX"}};
  auto replies = _state->call(both, false);
  if (!replies) return fail(replies.error());
  const redisReply& count = *replies->front();
  if (count.type != REDIS_REPLY_INTEGER) return fail(error_code::internal, "redis answered INCR with no number");
  return count.integer;
}

bool redis_client::available() const { return _state->reached; }

}  // namespace mes::runtime
