#include "pages/pages.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/trimmed.h"

namespace mes::pages {
namespace {

using runtime::http_request;
using runtime::http_response;

// No inline script or style, nothing from elsewhere: what an injected line of HTML could ask for is refused.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

constexpr std::string_view not_built =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>MES console</title>"
    "<h1>The console's pages are not in this program</h1>"
    "<p>They are built from <code>console/</code> with Node.js 20.19 or later. "
    "<code>./dev build</code> builds them and puts them in.</p>"
    "<p>The platform itself runs: <code>mes status</code> shows it.</p></html>";

// Calls `each` with every non-empty element of a comma-separated list.
template <class F>
void for_each_element(std::string_view list, F each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (const std::string_view element = trimmed(list.substr(0, comma)); !element.empty()) each(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// "0.8" as thousandths; a malformed weight counts as none.
int parse_quality(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  const std::string_view text = trimmed(parameters.substr(at + 2));
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end == text.data() || value < 0 || value > 1) return 0;
  return static_cast<int>(value * 1000);
}

const asset* choose(std::span<const asset> assets, std::string_view path, std::string_view accept_encoding) {
  const asset* best = nullptr;
  int best_rank = 0;
  for (const asset& one : assets) {
    if (one.path != path) continue;
    const int quality = one.encoding.empty() ? 1 : encoding_quality(accept_encoding, one.encoding);
    // At equal weight the smaller representation, brotli, wins.
    const int rank = quality == 0 ? 0 : quality * 2 + (one.encoding == "br" ? 1 : 0);
    if (rank > best_rank) {
      best = &one;
      best_rank = rank;
    }
  }
  return best;
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  bool found = trimmed(if_none_match) == "*";
  for_each_element(if_none_match, [&](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);  // weak comparison, RFC 9110, section 13.1.2
    found = found || tag == etag;
  });
  return found;
}

http_response missing_pages() {
  http_response response{.status = 503, .headers = {}, .body = std::string(not_built)};
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.headers.set("Cache-Control", "no-store");
  add_security_headers(response.headers);
  return response;
}

}  // namespace

int encoding_quality(std::string_view accept_encoding, std::string_view encoding) {
  int named = -1, any = 0;
  for_each_element(accept_encoding, [&](std::string_view element) {
    const std::size_t semicolon = element.find(';');
    const std::string_view name = trimmed(element.substr(0, semicolon));
    const int quality = semicolon == std::string_view::npos ? 1000 : parse_quality(element.substr(semicolon + 1));
    if (runtime::equal_ignoring_case(name, encoding)) named = quality;
    if (name == "*") any = quality;
  });
  return named >= 0 ? named : any;
}

void add_security_headers(runtime::http_headers& headers) {
  headers.set("Content-Security-Policy", content_policy);
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Referrer-Policy", "same-origin");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
}

http_response serve_page(const http_request& request, std::string_view index, std::span<const asset> assets) {
  if (request.method != "GET" && request.method != "HEAD") {
    http_response refused = http_response::problem(405, "Pages are read with GET.");
    refused.headers.set("Allow", "GET, HEAD");
    add_security_headers(refused.headers);
    return refused;
  }
  const std::string_view accepted = request.headers.get("Accept-Encoding");
  const bool is_asset = request.path.starts_with("/assets/");
  const asset* found = choose(assets, request.path, accepted);
  if (found == nullptr && is_asset) {
    http_response gone = http_response::problem(404, "There is no such file; reload the page.");
    add_security_headers(gone.headers);
    return gone;
  }
  if (found == nullptr) found = choose(assets, index, accepted);
  if (found == nullptr) return missing_pages();

  http_response response;
  response.headers.set("ETag", found->etag);
  response.headers.set("Vary", "Accept-Encoding");
  // Names below /assets/ carry a hash of their content; everything else is asked for again each time.
  response.headers.set("Cache-Control", is_asset ? "public, max-age=31536000, immutable" : "no-cache");
  add_security_headers(response.headers);
  if (matches(request.headers.get("If-None-Match"), found->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", found->content_type);
  if (!found->encoding.empty()) response.headers.set("Content-Encoding", found->encoding);
  response.body = found->content;
  return response;
}

}  // namespace mes::pages
