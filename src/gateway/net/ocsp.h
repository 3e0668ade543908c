// What certificates' authorities say of them, to be shown to TLS clients that ask (OCSP stapling, RFC 6066 and 6960).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/openssl_handles.h"

namespace mes::gateway {

std::string digest_of(X509* certificate);  // SHA-256

// A question about one certificate.
struct ocsp_question {
  std::string digest;   // of the certificate
  std::string url;      // of the responder, as the certificate names it; "" = it names none
  std::string request;  // DER
  runtime::certificate_ptr certificate, issuer;
};
result<ocsp_question> ask_about(X509* certificate, X509* issuer);

struct ocsp_answer {
  std::string der;
  std::int64_t expires_s = 0;  // Unix time; what is older is not shown
};
// The error says why the response cannot be shown: it is not about the certificate, not signed by its issuer or by whom
// the issuer has named, out of date, or says anything but good.
result<ocsp_answer> check_answer(std::string_view der, const ocsp_question& question, std::int64_t now_s);

// Answers by the certificate's digest: written by the fetcher, read in handshakes. Thread-safe.
class staple_store {
 public:
  void put(const std::string& digest, ocsp_answer answer);
  std::shared_ptr<const std::string> find(const std::string& digest, std::int64_t now_s) const;  // nullptr: none

 private:
  mutable std::mutex _lock;
  struct entry {
    std::shared_ptr<const std::string> der;
    std::int64_t expires_s = 0;
  };
  std::map<std::string, entry> _answers;
};

}  // namespace mes::gateway
