#include "gateway/proxy/descriptor_outage.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace mes::gateway {
namespace {

constexpr std::int64_t quiet_ms = 2'000;  // one that a client gives back is no end of it: the next one takes it

bool can_be_had() {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

}  // namespace

void descriptor_outage::note(int error, std::int64_t now_ms) {
  std::lock_guard lock(_lock);
  _noted_ms = now_ms;
  if (std::exchange(_lasts, true)) return;
  const std::string why = std::generic_category().message(error);
  _log.error("clients are turned away or wait: no descriptor is left for another connection",
             {{"error", std::string_view(why)}});
}

bool descriptor_outage::lasts(std::int64_t now_ms) {
  std::lock_guard lock(_lock);
  if (!_lasts) return false;
  if (now_ms - _noted_ms < quiet_ms || !can_be_had()) return true;
  _lasts = false;
  _log.info("clients are let in again: there are descriptors for their connections");
  return false;
}

}  // namespace mes::gateway
