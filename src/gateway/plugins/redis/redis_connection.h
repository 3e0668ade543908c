// One connection to Redis, for a thread that may wait: commands are written together, replies read one by one.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/plugins/delivery/blocking_stream.h"
#include "gateway/plugins/redis/redis_link.h"

namespace mes::gateway {

struct free_redis_reply {
  void operator()(redisReply* r) const { freeReplyObject(r); }
};
using redis_reply_ptr = std::unique_ptr<redisReply, free_redis_reply>;

std::string text_of_error(const redisReply& r);

// One thread at a time.
class redis_connection {
 public:
  // With user and database of `to`.
  static result<std::unique_ptr<redis_connection>> open(const redis_address& to, stream_target& where,
                                                        const deadline& until);
  bool looks_alive() const { return _stream->looks_alive(); }

  result<void> send(const std::vector<redis_command>& commands, const deadline& until);
  result<redis_reply_ptr> receive(const deadline& until);  // the next reply, which may be an error

 private:
  struct free_reader {
    void operator()(redisReader* r) const { redisReaderFree(r); }
  };

  explicit redis_connection(std::unique_ptr<blocking_stream> stream)
      : _stream(std::move(stream)), _reader(redisReaderCreate()) {}

  std::unique_ptr<blocking_stream> _stream;
  std::unique_ptr<redisReader, free_reader> _reader;
};

}  // namespace mes::gateway
