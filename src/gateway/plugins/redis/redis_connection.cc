#include "gateway/plugins/redis/redis_connection.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

namespace mes::gateway {
namespace {

// RESP: an array of bulk strings.
void put_command(std::string& out, const redis_command& command) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", command.size());
  for (const std::string& word : command) fmt::format_to(std::back_inserter(out), "${}\r\n{}\r\n", word.size(), word);
}

}  // namespace

std::string text_of_error(const redisReply& r) { return {r.str, r.len}; }

result<std::unique_ptr<redis_connection>> redis_connection::open(const redis_address& to, stream_target& where,
                                                                 const deadline& until) {
  auto stream = blocking_stream::open(where, until);
  if (!stream) return fail(stream.error());
  std::unique_ptr<redis_connection> made(new redis_connection(std::move(*stream)));
  std::vector<redis_command> greeting;
  if (!to.password.empty())
    greeting.push_back(to.username.empty() ? redis_command{"AUTH", to.password}
                                           : redis_command{"AUTH", to.username, to.password});
  if (to.database != 0) greeting.push_back({"SELECT", std::to_string(to.database)});
  if (auto sent = made->send(greeting, until); !sent) return fail(sent.error());
  for (std::size_t i = 0; i < greeting.size(); ++i) {
    auto reply = made->receive(until);
    if (!reply) return fail(reply.error());
    if ((*reply)->type == REDIS_REPLY_ERROR) return fail(error_code::unavailable, text_of_error(**reply));
  }
  return made;
}

result<void> redis_connection::send(const std::vector<redis_command>& commands, const deadline& until) {
  std::string text;
  for (const redis_command& c : commands) put_command(text, c);
  return _stream->write(text, until);
}

result<redis_reply_ptr> redis_connection::receive(const deadline& until) {
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(_reader.get(), &reply) != REDIS_OK)
      return fail(error_code::unavailable, std::string(_reader->errstr));
    if (reply) return redis_reply_ptr(static_cast<redisReply*>(reply));
    std::array<char, 16 << 10> block;
    auto got = _stream->read(block.data(), block.size(), until);
    if (!got) return fail(got.error());
    if (*got == 0) return fail(error_code::unavailable, "the connection was closed");
    redisReaderFeed(_reader.get(), block.data(), *got);
  }
}

}  // namespace mes::gateway
