#include "bus/security/sasl.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/base64.h"
#include "runtime/config.h"
#include "wire/yaml/yaml.h"

namespace mes::bus::security {
namespace {

sasl_step refused(std::string why) { return {.what = sasl_step::outcome::refused, .why = std::move(why)}; }

// RFC 4616: authorization identity, name, password, with zero bytes between.
class plain_exchange : public sasl_exchange {
 public:
  explicit plain_exchange(const sasl_users& users) : _users(users) {}

  void step(std::string_view message, std::function<void(sasl_step)> done) override { done(check(message)); }

 private:
  sasl_step check(std::string_view message) const {
    const auto first = message.find('\0');
    const auto second = first == std::string_view::npos ? first : message.find('\0', first + 1);
    if (second == std::string_view::npos || message.find('\0', second + 1) != std::string_view::npos)
      return refused("the message has not three parts");
    const std::string_view other = message.substr(0, first);
    const std::string_view name = message.substr(first + 1, second - first - 1);
    const std::string_view password = message.substr(second + 1);
    if (name.empty() || password.empty()) return refused("the name or the password is empty");
    if (!other.empty() && other != name) return refused("the client asks to act for another user");
    const auto found = _users.passwords.find(name);
    if (found == _users.passwords.end() || found->second.size() != password.size() ||
        CRYPTO_memcmp(found->second.data(), password.data(), password.size()) != 0)
      return refused("no such user, or another password");
    return {.what = sasl_step::outcome::done, .user = std::string(name)};
  }

  const sasl_users& _users;
};

std::string random_nonce() {
  std::array<char, 24> bytes{};
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return base64_encode({bytes.data(), bytes.size()});  // no comma in that alphabet
}

class scram_exchange : public sasl_exchange {
 public:
  scram_exchange(scram_hash hash, const sasl_users& users)
      : _server(hash, [&users, hash](const std::string& user) { return users.scram(hash, user); }, random_nonce()) {}

  void step(std::string_view message, std::function<void(sasl_step)> done) override {
    auto answer = _server.step(message);
    if (!answer) return done(refused(std::move(answer.error())));
    done({.what = _server.is_done() ? sasl_step::outcome::done : sasl_step::outcome::go_on,
          .message = std::move(*answer),
          .user = _server.user()});
  }

 private:
  scram_server _server;
};

// RFC 7628: a header like GS2's, then key=value pairs between 0x01. A refusal is told in JSON first; the client
// answers that with one 0x01, and only then the exchange has failed, in Kafka by the same words.
class bearer_exchange : public sasl_exchange {
 public:
  explicit bearer_exchange(const sasl_users& users) : _users(users) {}

  void step(std::string_view message, std::function<void(sasl_step)> done) override {
    if (!_why.empty()) return done({.what = sasl_step::outcome::refused, .message = invalid_token, .why = _why});
    std::string authorization;
    auto token = token_of(message, authorization);
    if (!token) return done(refused(std::move(token.error().message)));
    _users.tokens(std::move(*token), [this, alive = std::weak_ptr<int>(_alive), authorization,
                                      done = std::move(done)](const result<verified_token>& verified) {
      if (alive.expired()) return;
      if (verified && (authorization.empty() || authorization == verified->user))
        return done({.what = sasl_step::outcome::done, .user = verified->user, .expires_ms = verified->expires_ms});
      _why = verified ? "the client asks to act for another user" : verified.error().message;
      done({.what = sasl_step::outcome::go_on, .message = invalid_token});
    });
  }

 private:
  static constexpr auto invalid_token = R"({"status":"invalid_token"})";

  static result<std::string> token_of(std::string_view message, std::string& authorization) {
    const auto wrong = [](std::string why) { return fail(error_code::invalid_argument, std::move(why)); };
    const auto header_end = message.find('\x01');
    if (header_end == std::string_view::npos || !message.starts_with("n,") || message[header_end - 1] != ',')
      return wrong("the client's message has no header of a mechanism without channel binding");
    std::string_view other = message.substr(2, header_end - 3);
    if (other.starts_with("a=")) authorization = other.substr(2);
    std::string_view rest = message.substr(header_end + 1);
    while (!rest.empty() && rest.front() != '\x01') {
      const auto end = rest.find('\x01');
      if (end == std::string_view::npos) break;
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (!pair.starts_with("auth=")) continue;
      pair.remove_prefix(5);
      std::string scheme(pair.substr(0, 7));
      std::ranges::transform(scheme, scheme.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      if (scheme != "bearer " || pair.size() == 7) return wrong("the client's message has no bearer token");
      return std::string(pair.substr(7));
    }
    return wrong("the client's message has no token");
  }

  const sasl_users& _users;
  std::string _why;
  std::shared_ptr<int> _alive = std::make_shared<int>(0);
};

constexpr std::array<std::string_view, 4> mechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"};

}  // namespace

result<std::vector<std::string>> parse_mechanisms(std::string_view wanted) {
  std::vector<std::string> out;
  while (!wanted.empty()) {
    const auto comma = wanted.find(',');
    std::string_view name = wanted.substr(0, comma);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (std::ranges::count(mechanisms, name) == 0)
      return fail(runtime::wrong_setting("sasl_mechanisms",
                                         fmt::format("{} is none of {}", name, fmt::join(mechanisms, ", "))));
    out.emplace_back(name);
    wanted = comma == std::string_view::npos ? std::string_view{} : wanted.substr(comma + 1);
  }
  return out;
}

std::unique_ptr<sasl_exchange> make_exchange(std::string_view mechanism, const sasl_users& users) {
  if (mechanism == "PLAIN") return std::make_unique<plain_exchange>(users);
  if (mechanism == "SCRAM-SHA-256") return std::make_unique<scram_exchange>(scram_hash::sha256, users);
  if (mechanism == "SCRAM-SHA-512") return std::make_unique<scram_exchange>(scram_hash::sha512, users);
  if (mechanism == "OAUTHBEARER" && users.tokens) return std::make_unique<bearer_exchange>(users);
  return nullptr;
}

result<std::map<std::string, std::string, std::less<>>> read_users_file(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0)
    return fail(error_code::not_found, fmt::format("sasl_users: {}: {}", path, std::strerror(errno)));
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(error_code::invalid_argument,
                fmt::format("sasl_users: {} holds passwords, but others may read it: chmod 600 {}", path, path));
  const auto root = wire::read_yaml_file(path);
  if (!root) return fail(root.error());
  const auto wrong = [&](const wire::yaml_node& at, std::string_view what) {
    return fail(error_code::invalid_argument, fmt::format("{}:{}:{}: {}", path, at.mark.line, at.mark.column, what));
  };
  const wire::yaml_node* const list = root->find("users");
  if (!list || list->type != wire::yaml_node::kind::sequence) return wrong(*root, "`users` is a list of users");
  std::map<std::string, std::string, std::less<>> users;
  for (const wire::yaml_node& item : list->items) {
    for (const auto& [key, value] : item.members)
      if (key.scalar != "name" && key.scalar != "password")
        return wrong(key, fmt::format("a user has a `name` and a `password`, no \"{}\"", key.scalar));
    const wire::yaml_node* const name = item.find("name");
    const wire::yaml_node* const password = item.find("password");
    if (!name || name->scalar.empty()) return wrong(item, "a user needs a `name`");
    if (!password || password->scalar.empty()) return wrong(item, "a user needs a `password`");
    if (!users.emplace(name->scalar, password->scalar).second) return wrong(*name, "that user is named twice");
  }
  return users;
}

}  // namespace mes::bus::security
