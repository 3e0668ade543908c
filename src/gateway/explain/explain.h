// `mes gateway explain METHOD URL`: which route takes a request and why, which came second, what then runs, and where
// the request goes, each with its line of the configuration.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/config/configuration.h"

namespace mes::gateway {

struct explain_question {
  std::string method;                // "GET"
  std::string url;                   // "https://host:8443/path?query", or "/path"
  std::vector<std::string> headers;  // "Name: value"
  std::string sni;                   // "" = the URL's host, over https
  std::string consumer;              // username of who sends it; "" = nobody known
};

struct explanation {
  std::string text;
  bool taken = false;  // a route takes the request
};

// The error says what is wrong with the question.
result<explanation> explain(const configuration& all, const explain_question& q);

}  // namespace mes::gateway
