// What a topic may be called, and how many partitions it may have: for requests and for topics.yaml alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mes::bus {

inline constexpr std::size_t topic_name_bytes_max = 249;
inline constexpr std::int32_t partitions_max = 10'000;  // of a topic, and of what one request makes

bool is_topic_name(std::string_view name);

// Nothing: it is one. Otherwise what is wrong with it, as Kafka says it.
std::optional<std::string> topic_name_fault(std::string_view name);

// Kafka's metrics write '.' as '_': names that differ in nothing else would be one there. Equal for such names.
std::string name_in_metrics(std::string_view name);

}  // namespace mes::bus
