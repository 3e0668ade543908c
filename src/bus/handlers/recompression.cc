#include "bus/handlers/recompression.h"

#include <string>
#include <string_view>

#include "bus/broker.h"
#include "bus/log/number_text.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
namespace {

struct codec_row {
  std::string_view type;
  kafka::compression codec;
  const char* level_config;  // null: it has none
  int compression_settings::* level;
};

constexpr codec_row codecs[] = {
    {"uncompressed", kafka::compression::none, nullptr, nullptr},
    {"gzip", kafka::compression::gzip, "compression.gzip.level", &compression_settings::gzip_level},
    {"snappy", kafka::compression::snappy, nullptr, nullptr},
    {"lz4", kafka::compression::lz4, "compression.lz4.level", &compression_settings::lz4_level},
    {"zstd", kafka::compression::zstd, "compression.zstd.level", &compression_settings::zstd_level},
};

}  // namespace

std::optional<wanted_codec> codec_for(const compression_settings& broker, const log::topic& t) {
  const auto own = t.configs.find("compression.type");
  const std::string_view type = log::trimmed(own == t.configs.end() ? broker.type : own->second);
  for (const codec_row& row : codecs)
    if (row.type == type)
      return wanted_codec{
          row.codec, row.level_config ? static_cast<int>(t.config_number(row.level_config, broker.*row.level)) : 0};
  return std::nullopt;  // producer
}

}  // namespace mes::bus::handlers
