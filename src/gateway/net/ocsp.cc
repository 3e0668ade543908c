#include "gateway/net/ocsp.h"

#include <openssl/ocsp.h>

#include <array>
#include <utility>

namespace mes::gateway {
namespace {

using runtime::free_with;
using runtime::openssl_error;
using request_ptr = std::unique_ptr<OCSP_REQUEST, free_with<OCSP_REQUEST_free>>;
using response_ptr = std::unique_ptr<OCSP_RESPONSE, free_with<OCSP_RESPONSE_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, free_with<OCSP_BASICRESP_free>>;
using certificate_id_ptr = std::unique_ptr<OCSP_CERTID, free_with<OCSP_CERTID_free>>;
using store_ptr = std::unique_ptr<X509_STORE, free_with<X509_STORE_free>>;

// Not what is in it: the issuer is the question's.
void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }

constexpr long clock_difference_s = 300;
constexpr std::int64_t undated_answer_s = 3600;  // an answer without a next update is good for so long

std::string first_responder(X509* certificate) {
  std::string url;
  STACK_OF(OPENSSL_STRING)* all = X509_get1_ocsp(certificate);
  if (sk_OPENSSL_STRING_num(all) > 0) url = sk_OPENSSL_STRING_value(all, 0);
  X509_email_free(all);
  return url;
}

runtime::certificate_ptr shared(X509* one) {
  X509_up_ref(one);
  return runtime::certificate_ptr(one);
}

std::int64_t unix_time(const ASN1_GENERALIZEDTIME* time) {
  std::unique_ptr<ASN1_TIME, free_with<ASN1_TIME_free>> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return 0;
  return std::int64_t{days} * 86'400 + seconds;
}

result<basic_ptr> read_signed(std::string_view der, X509* issuer) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  response_ptr response(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der.size())));
  if (!response) return fail(error_code::invalid_argument, "no OCSP response: " + openssl_error());
  if (int status = OCSP_response_status(response.get()); status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return fail(error_code::unavailable, std::string("the responder says ") + OCSP_response_status_str(status));
  basic_ptr basic(OCSP_response_get1_basic(response.get()));
  store_ptr trusted(X509_STORE_new());
  if (!basic || !trusted || X509_STORE_add_cert(trusted.get(), issuer) != 1)
    return fail(error_code::invalid_argument, "no basic OCSP response: " + openssl_error());
  X509_STORE_set_flags(trusted.get(), X509_V_FLAG_PARTIAL_CHAIN);  // the issuer may be an intermediate one
  std::unique_ptr<STACK_OF(X509), free_with<free_stack>> signers(sk_X509_new_null());
  if (!signers || sk_X509_push(signers.get(), issuer) <= 0) return fail(error_code::internal, openssl_error());
  if (OCSP_basic_verify(basic.get(), signers.get(), trusted.get(), 0) != 1)
    return fail(error_code::invalid_argument, "signed by somebody else: " + openssl_error());
  return basic;
}

}  // namespace

std::string digest_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &bytes);
  return {reinterpret_cast<const char*>(digest.data()), bytes};
}

result<ocsp_question> ask_about(X509* certificate, X509* issuer) {
  ocsp_question question{.digest = digest_of(certificate),
                         .url = first_responder(certificate),
                         .request = {},
                         .certificate = shared(certificate),
                         .issuer = shared(issuer)};
  request_ptr request(OCSP_REQUEST_new());
  certificate_id_ptr id(OCSP_cert_to_id(nullptr, certificate, issuer));
  if (!request || !id || !OCSP_request_add0_id(request.get(), id.get()))
    return fail(error_code::internal, openssl_error());
  (void)id.release();  // the request's now
  unsigned char* bytes = nullptr;
  int size = i2d_OCSP_REQUEST(request.get(), &bytes);
  if (size <= 0) return fail(error_code::internal, openssl_error());
  question.request.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return question;
}

result<ocsp_answer> check_answer(std::string_view der, const ocsp_question& question, std::int64_t now_s) {
  auto basic = read_signed(der, question.issuer.get());
  if (!basic) return fail(basic.error());
  certificate_id_ptr id(OCSP_cert_to_id(nullptr, question.certificate.get(), question.issuer.get()));
  int status = 0;
  ASN1_GENERALIZEDTIME *updated = nullptr, *next = nullptr;
  if (!id || OCSP_resp_find_status(basic->get(), id.get(), &status, nullptr, nullptr, &updated, &next) != 1)
    return fail(error_code::invalid_argument, "the response is not about the certificate");
  if (status != V_OCSP_CERTSTATUS_GOOD)
    return fail(error_code::invalid_argument, std::string("the certificate is ") + OCSP_cert_status_str(status));
  if (OCSP_check_validity(updated, next, clock_difference_s, -1) != 1)
    return fail(error_code::invalid_argument, "the response is out of date: " + openssl_error());
  return ocsp_answer{.der = std::string(der), .expires_s = next ? unix_time(next) : now_s + undated_answer_s};
}

void staple_store::put(const std::string& digest, ocsp_answer answer) {
  std::lock_guard lock(_lock);
  _answers[digest] = {std::make_shared<const std::string>(std::move(answer.der)), answer.expires_s};
}

std::shared_ptr<const std::string> staple_store::find(const std::string& digest, std::int64_t now_s) const {
  std::lock_guard lock(_lock);
  auto found = _answers.find(digest);
  return found == _answers.end() || found->second.expires_s <= now_s ? nullptr : found->second.der;
}

}  // namespace mes::gateway
