#include "wire/gzip/gunzip.h"

#include <fmt/format.h>
#include <zlib.h>

namespace mes::wire {
namespace {
constexpr int detect_gzip_or_zlib = 15 + 32;  // zlib.h, inflateInit2
constexpr std::size_t step_bytes = 256u << 10;
}  // namespace

result<std::string> gunzip(std::string_view packed, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, detect_gzip_or_zlib) != Z_OK) return fail(error_code::internal, "zlib has no memory");
  std::string input(packed);  // zlib's input is not const
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  std::string out;
  int code = Z_OK;
  while (code == Z_OK && out.size() <= bytes_max) {
    std::size_t before = out.size();
    out.resize(before + step_bytes);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(step_bytes);
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > bytes_max)
    return fail(error_code::too_large, fmt::format("The body unpacks to more than {} bytes", bytes_max));
  if (code != Z_STREAM_END) return fail(error_code::corrupt, "The body is not whole gzip");
  return out;
}

}  // namespace mes::wire
