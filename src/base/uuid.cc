#include "base/uuid.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "base/hex.h"

namespace mes {
namespace {

// Random bytes are drawn a page at a time: a call of RAND_bytes costs more than a request's other ids together.
void random_bytes(std::uint8_t* out, std::size_t count) {
  thread_local std::array<std::uint8_t, 1024> pool;
  thread_local std::size_t used = pool.size();
  if (pool.size() - used < count) {
    if (RAND_bytes(pool.data(), static_cast<int>(pool.size())) != 1)
      throw std::runtime_error("the system's random generator failed");
    used = 0;
  }
  std::memcpy(out, pool.data() + used, count);
  used += count;
}

void set_version(uuid& id, std::uint8_t version) {
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | (version << 4));
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
}

}  // namespace

// RFC 9562, section 6.2, method 3: the twelve bits behind the milliseconds carry their fraction, and a stamp that is
// not above the last one of this process is made so: ids sort in the order in which they were made.
uuid uuid::make_v7() {
  uuid id;
  random_bytes(id.bytes.data(), id.bytes.size());
  auto now = std::chrono::system_clock::now().time_since_epoch();
  auto ms = std::chrono::floor<std::chrono::milliseconds>(now);
  auto fraction_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now - ms).count();
  auto stamp =
      (static_cast<std::uint64_t>(ms.count()) << 12) | static_cast<std::uint64_t>(fraction_ns * 4096 / 1'000'000);
  static std::atomic<std::uint64_t> last{0};
  std::uint64_t before = last.load(std::memory_order_relaxed);
  do {
    if (stamp <= before) stamp = before + 1;
  } while (!last.compare_exchange_weak(before, stamp, std::memory_order_relaxed));
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(stamp >> (52 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>((stamp >> 8) & 0x0f);
  id.bytes[7] = static_cast<std::uint8_t>(stamp);
  set_version(id, 7);
  return id;
}

uuid uuid::make_v4() {
  uuid id;
  random_bytes(id.bytes.data(), id.bytes.size());
  set_version(id, 4);
  return id;
}

uuid uuid::make_v5(const uuid& name_space, std::string_view name) {
  std::string input(reinterpret_cast<const char*>(name_space.bytes.data()), name_space.bytes.size());
  input += name;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("SHA-1 failed");
  uuid id;
  std::memcpy(id.bytes.data(), digest.data(), id.bytes.size());
  set_version(id, 5);
  return id;
}

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid id;
  std::size_t byte = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return std::nullopt;
      continue;
    }
    int high = hex_value(text[i]), low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[byte++] = static_cast<std::uint8_t>(high << 4 | low);
    i += 2;
  }
  return id;
}

std::string uuid::to_hex() const { return mes::to_hex(bytes); }

std::string uuid::to_string() const {
  std::string text;
  append_to(text);
  return text;
}

void uuid::append_to(std::string& out) const {
  std::size_t at = out.size();
  out.resize(at + 36);
  char* to = out.data() + at;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    to = write_hex(to, bytes[i]);
  }
}

}  // namespace mes
