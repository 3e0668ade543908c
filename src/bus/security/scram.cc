#include "bus/security/scram.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"

namespace mes::bus::security {
namespace {

const EVP_MD* digest_of(scram_hash hash) { return hash == scram_hash::sha256 ? EVP_sha256() : EVP_sha512(); }

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string hmac(scram_hash hash, std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), &size);
  out.resize(size);
  return out;
}

std::string digest(scram_hash hash, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size, digest_of(hash), nullptr);
  out.resize(size);
  return out;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Takes "x=value" with the wanted letter off the front of `text`, and the comma behind it.
std::optional<std::string_view> take(std::string_view& text, char letter) {
  if (text.size() < 2 || text[0] != letter || text[1] != '=') return std::nullopt;
  const auto comma = text.find(',');
  const std::string_view value = text.substr(2, comma == std::string_view::npos ? comma : comma - 2);
  text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  return value;
}

// =2C and =3D stand for comma and equals sign; nothing else may follow an equals sign.
std::optional<std::string> decode_name(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      name += text[i];
      continue;
    }
    const std::string_view code = text.substr(i + 1, 2);
    if (code != "2C" && code != "3D") return std::nullopt;
    name += code == "2C" ? ',' : '=';
    i += 2;
  }
  return name;
}

}  // namespace

std::string salted_password(scram_hash hash, std::string_view password, std::string_view salt,
                            std::int32_t iterations) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash))), '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt), static_cast<int>(salt.size()),
                    iterations, digest_of(hash), static_cast<int>(out.size()),
                    reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

scram_credential make_credential(scram_hash hash, std::string salt, std::string_view salted, std::int32_t iterations) {
  return {std::move(salt), digest(hash, hmac(hash, salted, "Client Key")), hmac(hash, salted, "Server Key"),
          iterations};
}

scram_server::scram_server(scram_hash hash, lookup find, std::string server_nonce)
    : _hash(hash), _find(std::move(find)), _nonce(std::move(server_nonce)) {}

std::expected<std::string, std::string> scram_server::step(std::string_view from_client) {
  auto answer = _stage == stage::first   ? first(from_client)
                : _stage == stage::final ? final(from_client)
                                         : std::unexpected(std::string("a message after the last one"));
  if (!answer) _stage = stage::failed;
  return answer;
}

std::expected<std::string, std::string> scram_server::first(std::string_view message) {
  const auto wrong = [](std::string why) { return std::unexpected(std::move(why)); };
  const auto second_comma = message.find(',', message.find(',') + 1);
  if (second_comma == std::string_view::npos || !(message.starts_with("n,") || message.starts_with("y,")))
    return wrong("the client's first message has no header of a mechanism without channel binding");
  _gs2_header = message.substr(0, second_comma + 1);
  _first_bare = message.substr(second_comma + 1);
  std::string_view rest = _first_bare;
  const auto name = take(rest, 'n');
  const auto nonce = take(rest, 'r');
  const auto user = name ? decode_name(*name) : std::nullopt;
  if (!user || user->empty() || !nonce || nonce->empty())
    return wrong("the client's first message lacks a name or a nonce");
  std::string_view authorization = std::string_view(_gs2_header).substr(2);
  if (const auto other = take(authorization, 'a'); other && decode_name(*other) != user)
    return wrong("the client asks to act for another user");
  auto found = _find(*user);
  if (!found) return wrong("there is no credential of that user");
  _user = *user;
  _credential = std::move(*found);
  _nonce = std::string(*nonce) + _nonce;
  _server_first = fmt::format("r={},s={},i={}", _nonce, base64_encode(_credential.salt), _credential.iterations);
  _stage = stage::final;
  return _server_first;
}

std::expected<std::string, std::string> scram_server::final(std::string_view message) {
  const auto wrong = [](std::string why) { return std::unexpected(std::move(why)); };
  const auto proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return wrong("the client's final message has no proof");
  const std::string_view without_proof = message.substr(0, proof_at);
  const auto proof = base64_decode(message.substr(proof_at + 3));
  std::string_view rest = without_proof;
  const auto binding = take(rest, 'c');
  const auto nonce = take(rest, 'r');
  if (!binding || base64_decode(*binding) != _gs2_header)
    return wrong("the channel binding is not that of the first message");
  // It ends with ours: librdkafka before 2.6.1 puts its own in front once more, and Kafka let it up to 3.9. What the
  // proof covers has our nonce either way.
  if (!nonce || !nonce->ends_with(_nonce)) return wrong("the nonce is another one");
  const std::string signed_text = fmt::format("{},{},{}", _first_bare, _server_first, without_proof);
  std::string client_key = hmac(_hash, _credential.stored_key, signed_text);
  if (!proof || proof->size() != client_key.size()) return wrong("the proof has a wrong size");
  for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] = static_cast<char>(client_key[i] ^ (*proof)[i]);
  if (!equal(digest(_hash, client_key), _credential.stored_key)) return wrong("the proof does not hold");
  _stage = stage::done;
  return "v=" + base64_encode(hmac(_hash, _credential.server_key, signed_text));
}

}  // namespace mes::bus::security
