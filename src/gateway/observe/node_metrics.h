// What Kong's prometheus plugin tells of the node itself.
#pragma once

#include <cstddef>
#include <string>

namespace mes::gateway {

// `cache_bytes` of `cache_bytes_max` are in use. Kong's workers and shared dictionaries are this process and its cache
// of answers.
std::string expose_node(std::size_t cache_bytes, std::size_t cache_bytes_max);

}  // namespace mes::gateway
