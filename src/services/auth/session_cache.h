// Open sessions in Redis, for whoever asks often; the database has them all the same, and is asked where Redis is away.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/redis.h"
#include "runtime/worker_pool.h"
#include "service/api.h"
#include "services/auth/model.h"

namespace mes::auth {
namespace json = boost::json;

// Thread-safe. Connects when it is first used.
class session_cache {
 public:
  explicit session_cache(const service::api& surface) : _surface(surface), _writes(1, 1024) {}

  // Return at once; what Redis does not take is not missed.
  void keep(const std::string& session_id, const user& who, instant started_at);
  void drop(const std::string& session_id);
  // {"session_id","user_id","username","roles","started_at"}; none: not there, or Redis is away.
  std::optional<json::object> find(const std::string& session_id);

 private:
  runtime::redis_client& redis();

  const service::api _surface;
  std::once_flag _connected;
  std::unique_ptr<runtime::redis_client> _redis;
  runtime::worker_pool _writes;  // ends first: its work uses the client
};

json::object session_json(const std::string& session_id, const user& who, instant started_at);

}  // namespace mes::auth
