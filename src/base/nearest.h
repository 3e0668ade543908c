// A word that is none of those that there are: which one was meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mes {

// The one of `names` that is a slip of the pen away; "" if none is. One letter more, less, another, or two that changed
// places, in each three of the word.
std::string_view nearest(std::string_view word, std::span<const std::string_view> names);

// "did you mean 'routes'? there are id, name, routes", the question only if one is near.
std::string there_are(std::string_view word, std::span<const std::string_view> names);

}  // namespace mes
