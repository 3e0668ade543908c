#include "bus/cli/token_source.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "base/base64.h"
#include "base/instant.h"
#include "os/whole_file.h"
#include "runtime/http_client.h"
#include "wire/jose/jwt.h"

namespace mes::bus::cli {
namespace {

constexpr std::size_t answer_bytes_max = 1 << 20;

result<runtime::kafka_token> as_token(std::string text) {
  const auto token = wire::parse_jwt(text);
  if (!token) return fail(error_code::invalid_argument, fmt::format("holds no token: {}", token.error().message));
  const auto* const expires = token->claims.if_contains("exp");
  const auto* const subject = token->claims.if_contains("sub");
  if (expires == nullptr || !expires->is_number() || subject == nullptr || !subject->is_string())
    return fail(error_code::invalid_argument, "holds a token without exp and sub");
  const auto expires_ms = static_cast<std::int64_t>(expires->to_number<double>() * 1000);
  if (expires_ms <= instant::now().ms())
    return fail(error_code::invalid_argument,
                fmt::format("holds a token that expired at {}", instant::from_ms(expires_ms).to_string()));
  std::string principal(subject->get_string());
  return runtime::kafka_token{std::move(text), std::move(principal), expires_ms};
}

// A member of an answer's object; empty: it has none of that name.
std::string text_of(const boost::json::value& answer, std::string_view name) {
  const auto* const object = answer.if_object();
  const auto* const member = object ? object->if_contains(name) : nullptr;
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

}  // namespace

result<runtime::kafka_token> token_of_file(const std::string& path) {
  auto text = os::read_whole(*os::make_real_file_system(), path);
  if (!text) return fail(std::move(text.error()));
  while (text->ends_with('\n') || text->ends_with('\r') || text->ends_with(' ')) text->pop_back();
  return as_token(std::move(*text));
}

result<runtime::kafka_token> token_of_provider(const client_credentials& who) {
  runtime::http_call call{.method = "POST", .url = who.url, .headers = {}, .body = "grant_type=client_credentials"};
  if (!who.scope.empty()) call.body += "&scope=" + runtime::percent_encode(who.scope);
  call.headers.set("Authorization", "Basic " + base64_encode(who.id + ":" + who.secret));
  call.headers.set("Content-Type", "application/x-www-form-urlencoded");
  call.headers.set("Accept", "application/json");
  call.ca_file = who.ca_file;
  call.body_bytes_max = answer_bytes_max;
  const auto answer = runtime::http_fetch(std::move(call));
  if (!answer) return fail(answer.error().code, fmt::format("cannot be asked: {}", answer.error().message));
  boost::system::error_code fault;
  const boost::json::value body = boost::json::parse(answer->body, fault);
  if (answer->status != 200)
    return fail(error_code::unauthenticated,
                fmt::format("gives no token: it answers {} {}", answer->status, fault ? "" : text_of(body, "error")));
  std::string token = fault ? std::string() : text_of(body, "access_token");
  if (token.empty()) return fail(error_code::invalid_argument, "answers without an access_token");
  return as_token(std::move(token));
}

}  // namespace mes::bus::cli
