// Serves the embedded pages: the right representation, cache headers, conditional requests, one page for all paths.
#pragma once

#include <span>
#include <string_view>

#include "pages/assets.h"
#include "runtime/http.h"

namespace mes::pages {

// Answers GET and HEAD of a page or an asset; other methods get 405. A path without a file is one of the program's
// own addresses ("/logs") and gets `index` ("/index.html", or "/traces.html" as Jaeger's page), except that a missing
// file below /assets/ is 404, so that a browser with an old page does not take HTML for a script. Thread-safe.
runtime::http_response serve_page(const runtime::http_request& request, std::string_view index,
                                  std::span<const asset> assets = all_assets());

// How well the client takes an encoding by its Accept-Encoding (RFC 9110, section 12.5.3): 0 = not at all … 1000.
int encoding_quality(std::string_view accept_encoding, std::string_view encoding);

// What every answer to a browser carries: content policy, no sniffing, no framing, no referrer to other sites.
void add_security_headers(runtime::http_headers& headers);

}  // namespace mes::pages
