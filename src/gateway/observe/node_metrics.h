// What Kong's prometheus plugin tells of the node itself.
#pragma once

#include <cstddef>
#include <string>

namespace mes::gateway {

std::size_t resident_bytes();  // of this process; 0 where the system does not say

// `cache_bytes` of `cache_bytes_max` are in use. Kong's workers and shared dictionaries are this process and its cache
// of answers.
std::string expose_node(std::size_t cache_bytes, std::size_t cache_bytes_max);

}  // namespace mes::gateway
