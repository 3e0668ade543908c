#include "gateway/net/certificates.h"

#include <openssl/ssl.h>

#include "base/lower_case.h"
#include "base/sha256.h"
#include "runtime/openssl_handles.h"

namespace mes::gateway {
namespace {

using runtime::certificate_ptr;
using runtime::key_ptr;
using runtime::read_certificates;
using runtime::read_key;

}  // namespace

struct certificate_store::pair {
  std::vector<certificate_ptr> chain;
  key_ptr key;

  bool use(SSL* connection) const {
    if (chain.empty() || !key) return false;
    if (SSL_use_certificate(connection, chain.front().get()) != 1 || SSL_use_PrivateKey(connection, key.get()) != 1)
      return false;
    SSL_clear_chain_certs(connection);
    for (std::size_t i = 1; i < chain.size(); ++i) SSL_add1_chain_cert(connection, chain[i].get());
    return true;
  }
};

struct certificate_store::entry {
  std::shared_ptr<const pair> main, alternative;  // nullptr: none
};

std::shared_ptr<const certificate_store::pair> certificate_store::pair_of(const std::string& cert,
                                                                          const std::string& key,
                                                                          const certificate_store* before) {
  const std::string digest = sha256_hex(cert + '\0' + key);
  auto& slot = _pairs[digest];
  if (slot) return slot;
  if (before)
    if (auto known = before->_pairs.find(digest); known != before->_pairs.end()) return slot = known->second;
  return slot = std::make_shared<const pair>(pair{read_certificates(cert), read_key(key)});
}

certificate_store::certificate_store(const configuration& all, const certificate_store* before) {
  std::unordered_map<const certificate*, const entry*> made;
  for (const certificate& c : all.certificates) {
    auto e = std::make_unique<entry>();
    e->main = pair_of(c.cert, c.key, before);
    if (!c.cert_alt.empty()) e->alternative = pair_of(c.cert_alt, c.key_alt, before);
    made[&c] = e.get();
    for (const std::string& name : c.snis) _by_name[lower_case(name)] = e.get();
    _entries.push_back(std::move(e));
  }
  for (const sni& s : all.snis)
    if (auto found = made.find(s.of); found != made.end()) _by_name[lower_case(s.name)] = found->second;
}

certificate_store::~certificate_store() = default;

const certificate_store::entry* certificate_store::find(std::string_view name) const {
  auto get = [&](const std::string& key) {
    auto found = _by_name.find(key);
    return found == _by_name.end() ? nullptr : found->second;
  };
  std::string exact = lower_case(name);
  if (const entry* e = get(exact)) return e;
  if (std::size_t dot = exact.find('.'); dot != std::string::npos) {
    if (const entry* e = get('*' + exact.substr(dot))) return e;
    if (const entry* e = get(exact.substr(0, exact.rfind('.')) + ".*")) return e;
  }
  return get("*");
}

bool certificate_store::use(ssl_st* connection, std::string_view name) const {
  if (_by_name.empty()) return false;
  const entry* e = find(name);
  if (!e) return false;
  SSL_certs_clear(connection);
  bool fine = e->main->use(connection);
  if (e->alternative) e->alternative->use(connection);
  return fine;
}

}  // namespace mes::gateway
