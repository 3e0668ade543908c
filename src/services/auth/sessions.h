// Sessions: a login opens one; its refresh tokens follow each other, each used once. A token used twice was stolen:
// the whole session ends.
#pragma once

#include <optional>
#include <string>

#include "services/auth/model.h"
#include "services/auth/signing_keys.h"

namespace mes::auth {

inline constexpr std::chrono::hours refresh_token_lifetime{24 * 14};

struct opened_session {
  std::string id;
  token_pair tokens;
};
opened_session open_session(store::session& db, const user& who, instant now);

struct refreshed {
  std::string user_id;
  std::string session_id;
};
// unauthenticated: unknown, expired, or used before: then the session has been ended (commit that), and `ended` names
// it.
result<refreshed> use_refresh_token(store::session& db, std::string_view token, instant now, std::string& ended);
token_pair continue_session(store::session& db, const user& who, const std::string& session_id, instant now);
void end_session(store::session& db, std::string_view session_id, instant now);
std::vector<std::string> end_sessions_of(store::session& db, std::string_view user_id, instant now);  // their ids
bool session_is_open(store::session& db, std::string_view session_id);

// A token for one electronic signature (21 CFR 11.200): 60 s, bound to the record's hash and the meaning.
std::string signature_token(store::session& db, const user& who, const reauth_input& input, instant now);

}  // namespace mes::auth
