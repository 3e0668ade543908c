// A question from the command line, as the router takes it.
#pragma once

#include <string>

#include "gateway/explain/explain.h"
#include "gateway/router/query.h"

namespace mes::gateway {

// Owns what the views of `query` look at; stays where it is.
struct parsed_question {
  std::string method, path, host, sni;
  std::string query_text;  // with its '?', which may stand alone
  bool https = false;
  std::vector<std::pair<std::string, std::string>> fields;
  header_table headers;
  route_query query;

  parsed_question() { headers.clear(); }
  parsed_question(const parsed_question&) = delete;
  parsed_question& operator=(const parsed_question&) = delete;
};

result<void> parse_question(const explain_question& q, parsed_question& out);

}  // namespace mes::gateway
