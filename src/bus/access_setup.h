// The role's settings of listeners, TLS, SASL and authorization, and what they make.
#pragma once

#include <functional>
#include <vector>

#include "bus/broker.h"
#include "bus/security/access.h"
#include "runtime/process.h"

namespace mes::bus {

const std::vector<runtime::setting>& access_settings_table();

// What checks platform tokens for OAUTHBEARER; lives on the process's loop. Must outlive the broker.
class token_verifier {
 public:
  explicit token_verifier(runtime::process& process);
  ~token_verifier();
  // `to_loop` brings the outcome to the broker's loop.
  security::token_check check(std::function<void(std::function<void()>)> to_loop) const;

 private:
  struct state;
  std::shared_ptr<state> _state;
};

// What is wrong with these settings, without a look at the files that they name.
std::vector<error> check_access_settings(const runtime::config& settings);

// Errors say which setting or file is wrong.
result<security::access_settings> make_access_settings(const runtime::process& process);

}  // namespace mes::bus
