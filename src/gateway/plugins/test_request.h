// For tests: what plugins see of a request, made of its head's text. Fixtures take it as a base.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

struct test_request {
  explicit test_request(std::string head_with_crlf) : text(std::move(head_with_crlf)) {
    EXPECT_EQ(parse_request_head(text, head), 0) << text;
    c.request = &head;
    c.link = &link;
    c.request_number = 1;
    c.totals = &totals;
  }

  const std::string text;
  request_head head;
  client_link link{.port = 8000, .number = 1};
  exchange_totals totals;
  plugin_context c;
};

}  // namespace mes::gateway
