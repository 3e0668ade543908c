// Rules of CAPAs, first articles and signatures.
#pragma once

#include "base/error.h"
#include "services/quality/inputs.h"

namespace mes::quality {

// Each step brings what it is named for: the root cause, the actions, what the verification found.
result<capa> advance(capa c, capa_verb verb, const advance_capa& input, instant now);

result<first_article> fill(first_article f, const fill_forms& input);
// Every characteristic has a result or names its NCR; the forms' required fields are there.
result<first_article> submit(first_article f);
// The author does not decide.
result<first_article> decide(first_article f, fai_verb verb, const decide_fai& input, const std::string& user,
                             instant now);
result<first_article> change(first_article f, fai_verb verb);

// What a re-authentication token claims, already verified.
struct reauth_claims {
  std::string user_id;
  std::string record_hash;
  std::string meaning;
};
result<signature> sign(signature s, const reauth_claims& claims, const std::string& printed_name,
                       const std::string& record_sha256_now, instant now);
result<signature> change(signature s, signature_verb verb);

}  // namespace mes::quality
