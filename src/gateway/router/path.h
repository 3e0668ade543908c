// Paths as Kong treats them (kong/tools/uri.lua, kong/router/utils.lua): normalised before matching, and the upstream's
// path built from what was matched.
#pragma once

#include <string>
#include <string_view>

namespace mes::gateway {

// Decodes %XX except of reserved characters, removes dot segments and, with merge_slashes, empty segments.
std::string normalize_path(std::string_view path, bool merge_slashes);

// False if a % stands without two hex digits behind it, or for a NUL: nginx, and so Kong, answers 400. What is left of
// an escape could make another one once the rest is decoded ("%4%41" is "%4A"), and the service would see another path.
bool has_whole_escapes(std::string_view path);

// True if normalising and escaping would change nothing: the common case, without a copy.
bool is_plain_path(std::string_view path);

// Percent-encodes what may not stand in a request target.
std::string escape_path(std::string_view path);

// Path handling v0. `matched`: what the route's path matched of `path`; `base`: the service's path or "".
std::string upstream_path(std::string_view base, std::string_view path, std::string_view matched, bool strip_path);

}  // namespace mes::gateway
