#include "bus/cli/client_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "bus/cli/jaas.h"
#include "bus/cli/key_store.h"
#include "bus/cli/pem.h"
#include "bus/cli/properties.h"
#include "bus/cli/token_source.h"
#include "os/whole_file.h"

namespace mes::bus::cli {
namespace {

using settings = std::map<std::string, std::string>;

// Keys whose value is librdkafka's as it is; `ours` empty: so is the name.
struct direct_key {
  std::string_view kafka, ours = {};
};
constexpr direct_key direct_keys[] = {
    {"security.protocol"},
    {"sasl.mechanism"},
    {"sasl.mechanisms", "sasl.mechanism"},
    {"sasl.username"},
    {"sasl.password"},
    {"ssl.ca.location"},
    {"ssl.ca.pem"},
    {"ssl.truststore.certificates", "ssl.ca.pem"},
    {"ssl.certificate.location"},
    {"ssl.certificate.pem"},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
    {"ssl.key.location"},
    {"ssl.key.pem"},
    {"ssl.keystore.key", "ssl.key.pem"},
    {"ssl.key.password"},
    {"ssl.crl.location"},
    {"ssl.cipher.suites"},
    {"enable.ssl.certificate.verification"},
    {"request.timeout.ms", "socket.timeout.ms"},
    {"socket.timeout.ms"},
    {"socket.connection.setup.timeout.ms"},
    {"reconnect.backoff.ms"},
    {"reconnect.backoff.max.ms"},
    {"retry.backoff.ms"},
    {"connections.max.idle.ms"},
    {"metadata.max.age.ms"},
};

// Keys that mean something here together, or by their value.
constexpr std::string_view composed_keys[] = {
    "bootstrap.servers",
    "sasl.jaas.config",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.client.credentials.client.id",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.scope",
    "https.ca.location",
    "ssl.truststore.location",
    "ssl.truststore.type",
    "ssl.truststore.password",
    "ssl.keystore.location",
    "ssl.keystore.type",
    "ssl.keystore.password",
    "ssl.endpoint.identification.algorithm",
};

// Kafka's keys that our client has nothing for.
struct missing_key {
  std::string_view prefix, why;
};
constexpr missing_key missing_keys[] = {
    {"sasl.kerberos.", "Kerberos is not supported"},
    {"sasl.client.callback.handler.class", "classes of Java are not supported"},
    {"sasl.login.callback.handler.class", "classes of Java are not supported"},
    {"ssl.engine.factory.class", "classes of Java are not supported"},
    {"ssl.protocol", "the newest version of TLS that both sides know is taken"},
    {"ssl.enabled.protocols", "the newest version of TLS that both sides know is taken"},
};

result<std::string> contents(const std::string& path) { return os::read_whole(*os::make_real_file_system(), path); }

class file_reader {
 public:
  file_reader(std::string path, std::string bootstrap) : _path(std::move(path)), _bootstrap(std::move(bootstrap)) {}

  result<runtime::kafka_cluster> read() {
    const auto text = contents(_path);
    if (!text) return fail(error_code::invalid_argument, text.error().message);
    for (const property& p : parse_properties(*text))
      if (auto taken = take(p); !taken) return fail(std::move(taken.error()));
    for (const auto step : {&file_reader::trust, &file_reader::identify, &file_reader::log_in})
      if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
    runtime::kafka_cluster to(std::move(_bootstrap));
    if (to.bootstrap.empty()) to.bootstrap = value("bootstrap.servers").value_or("");
    to.settings = std::move(_settings);
    to.token = std::move(_token);
    if (auto fits = to.check(); !fits)
      return fail(error_code::invalid_argument, fmt::format("{}: {}", _path, fits.error().message));
    return to;
  }

 private:
  result<void> take(const property& p) {
    _lines[p.key] = p.line;
    if (const auto direct = std::ranges::find(direct_keys, p.key, &direct_key::kafka);
        direct != std::end(direct_keys)) {
      const std::string_view name = direct->ours.empty() ? direct->kafka : direct->ours;
      _settings[std::string(name)] = name.ends_with(".pem") ? in_lines(p.value) : p.value;
      return {};
    }
    if (std::ranges::find(composed_keys, p.key) != std::end(composed_keys)) {
      _composed[p.key] = p.value;
      return {};
    }
    for (const missing_key& m : missing_keys)
      if (p.key.starts_with(m.prefix)) return wrong(p.key, fmt::format("cannot be set here: {}", m.why));
    return wrong(p.key, "is no setting of TLS, SASL or time-outs that is known here");
  }

  std::unexpected<error> wrong(const std::string& key, std::string_view why) const {
    const auto line = _lines.find(key);
    return fail(error_code::invalid_argument,
                fmt::format("{}:{}: {} {}", _path, line == _lines.end() ? 0 : line->second, key, why));
  }
  // Of the file as a whole.
  std::unexpected<error> lacks(std::string_view what) const {
    return fail(error_code::invalid_argument, fmt::format("{}: {}", _path, what));
  }

  std::optional<std::string> value(const std::string& key) const {
    const auto it = _composed.find(key);
    return it == _composed.end() ? std::nullopt : std::optional(it->second);
  }
  bool has(const std::string& setting) const { return _settings.contains(setting); }

  // A store's bytes and form: none without its location.
  struct key_store {
    std::string location, bytes;
    store_form form = store_form::pem;
  };
  result<std::optional<key_store>> open_store(const std::string& prefix) const {
    if (const auto type = value(prefix + ".type")) {
      constexpr std::string_view types[] = {"PEM", "PKCS12", "JKS"};
      if (std::ranges::find(types, *type) == std::end(types))
        return wrong(prefix + ".type", fmt::format("is '{}': PEM, PKCS12 or JKS is possible", *type));
    }
    const std::string key = prefix + ".location";
    const auto location = value(key);
    if (!location) return std::nullopt;
    auto bytes = contents(*location);
    if (!bytes) return wrong(key, fmt::format("cannot be read: {}", bytes.error().message));
    const auto form = form_of_store(*bytes);
    if (!form) return wrong(key, form.error().message);
    return key_store{*location, std::move(*bytes), *form};
  }

  result<void> trust() {
    if (const auto algorithm = value("ssl.endpoint.identification.algorithm"))
      _settings["ssl.endpoint.identification.algorithm"] = algorithm->empty() ? "none" : *algorithm;
    const auto store = open_store("ssl.truststore");
    if (!store) return fail(store.error());
    if (!*store) return {};
    if ((*store)->form == store_form::pem) {
      _settings["ssl.ca.location"] = (*store)->location;
      return {};
    }
    auto parts = parts_of_pkcs12((*store)->bytes, value("ssl.truststore.password").value_or(""));
    if (!parts) return wrong("ssl.truststore.location", parts.error().message);
    _settings["ssl.ca.pem"] = std::move(parts->certificates);
    return {};
  }

  result<void> identify() {
    const auto store = open_store("ssl.keystore");
    if (!store) return fail(store.error());
    if (*store && (*store)->form == store_form::pem) {
      _settings["ssl.certificate.location"] = _settings["ssl.key.location"] = (*store)->location;
    } else if (*store) {
      auto parts = parts_of_pkcs12((*store)->bytes, value("ssl.keystore.password").value_or(""));
      if (!parts) return wrong("ssl.keystore.location", parts.error().message);
      if (parts->key.empty()) return wrong("ssl.keystore.location", "holds no key");
      _settings["ssl.certificate.pem"] = std::move(parts->certificates);
      _settings["ssl.key.pem"] = std::move(parts->key);
    }
    const bool certificate = has("ssl.certificate.location") || has("ssl.certificate.pem");
    if (certificate != (has("ssl.key.location") || has("ssl.key.pem")))
      return lacks(certificate ? "there is a certificate, but no key of it"
                               : "there is a key, but no certificate of it");
    return {};
  }

  result<void> log_in() {
    std::string protocol = has("security.protocol") ? _settings["security.protocol"] : "PLAINTEXT";
    std::ranges::transform(protocol, protocol.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (!protocol.starts_with("SASL_")) {
      for (const char* key : {"sasl.jaas.config", "sasl.mechanism", "sasl.username"})
        if (has(key) || value(key))
          return lacks(
              fmt::format("{} is set, but security.protocol is {}: SASL_SSL or SASL_PLAINTEXT uses it", key, protocol));
      return {};
    }
    if (!has("sasl.mechanism"))
      return lacks("sasl.mechanism is missing: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");
    const std::string& mechanism = _settings["sasl.mechanism"];
    const std::string_view wanted = mechanism == "PLAIN"              ? "PlainLoginModule"
                                    : mechanism.starts_with("SCRAM-") ? "ScramLoginModule"
                                    : mechanism == "OAUTHBEARER"      ? "OAuthBearerLoginModule"
                                                                      : "";
    if (wanted.empty())
      return wrong("sasl.mechanism",
                   fmt::format("is '{}': PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER is possible", mechanism));
    std::map<std::string, std::string> options;
    if (const auto config = value("sasl.jaas.config")) {
      auto login = parse_jaas(*config);
      if (!login) return wrong("sasl.jaas.config", fmt::format("is wrong: {}", login.error().message));
      if (login->module != wanted)
        return wrong("sasl.jaas.config", fmt::format("names {}, but {} needs {}", login->module, mechanism, wanted));
      options = std::move(login->options);
    }
    if (mechanism == "OAUTHBEARER") return log_in_by_token(options);
    for (const auto& [option, setting] :
         {std::pair("username", "sasl.username"), std::pair("password", "sasl.password")}) {
      if (const auto given = options.find(option); given != options.end()) _settings[setting] = given->second;
      if (!has(setting))
        return lacks(
            fmt::format("the {} for {} is missing: in sasl.jaas.config, or as {}", option, mechanism, setting));
    }
    return {};
  }

  // By a token in a file, or from an identity provider.
  result<void> log_in_by_token(const std::map<std::string, std::string>& options) {
    constexpr const char* endpoint = "sasl.oauthbearer.token.endpoint.url";
    const auto url = value(endpoint);
    if (!url)
      return lacks(
          "sasl.oauthbearer.token.endpoint.url is missing: https://… of an identity provider, or file:///… with a "
          "token");
    if (const auto method = value("sasl.oauthbearer.method"); method && *method != "oidc")
      return wrong("sasl.oauthbearer.method", fmt::format("is '{}': oidc is possible", *method));
    constexpr std::string_view file = "file:";
    if (url->starts_with(file)) {
      std::string path = url->substr(file.size());
      if (path.starts_with("//")) path.erase(0, 2);
      _token = [path] { return token_of_file(path); };
    } else {
      auto who = credentials(*url, options);
      if (!who) return fail(std::move(who.error()));
      _token = [who = std::move(*who)] { return token_of_provider(who); };
    }
    const auto now = _token();
    return now ? result<void>() : wrong(endpoint, now.error().message);
  }

  // Of the login module, or under the names of newer clients or librdkafka.
  result<client_credentials> credentials(const std::string& url,
                                         const std::map<std::string, std::string>& options) const {
    client_credentials who{.url = url, .ca_file = value("https.ca.location").value_or("")};
    const struct {
      const char *option, *key, *other_key;
      std::string* to;
      bool needed;
    } parts[] = {
        {"clientId", "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id", &who.id, true},
        {"clientSecret", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret",
         &who.secret, true},
        {"scope", "sasl.oauthbearer.scope", "sasl.oauthbearer.scope", &who.scope, false},
    };
    for (const auto& part : parts) {
      const auto of_login = options.find(part.option);
      const auto given = of_login != options.end() ? std::optional(of_login->second)
                         : value(part.key)         ? value(part.key)
                                                   : value(part.other_key);
      if (!given && part.needed)
        return lacks(fmt::format("{} is missing: in sasl.jaas.config, or as {}", part.option, part.key));
      *part.to = given.value_or("");
    }
    return who;
  }

  const std::string _path;
  std::string _bootstrap;
  std::map<std::string, std::size_t> _lines;
  settings _settings, _composed;
  std::function<result<runtime::kafka_token>()> _token;
};

}  // namespace

result<runtime::kafka_cluster> read_client_properties(const std::string& path, std::string bootstrap) {
  return file_reader(path, std::move(bootstrap)).read();
}

}  // namespace mes::bus::cli
