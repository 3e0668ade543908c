// key-auth, basic-auth, hmac-auth, acl and their combinations: messages and headers of K:kong/plugins/*/access.lua and
// of K:spec/03-plugins/{09-key-auth,10-basic-auth,19-hmac-auth,18-acl}.
#include "gateway/plugins/authentication.h"

#include "base/base64.h"
#include "gateway/plugins/test_exchange.h"

namespace mes::gateway {
namespace {

const std::string consumers = R"(consumers:
- username: bob
  custom_id: b-1
  id: 11111111-1111-1111-1111-111111111111
  keyauth_credentials: [{key: kong, id: 22222222-2222-2222-2222-222222222222}]
  basicauth_credentials:
  - {username: bob, password: "s:ecret"}
  - {username: empty-handed, password: x}
  hmacauth_credentials: [{username: bob, secret: secret}]
  acls: [{group: admin}, {group: staff}]
- username: nobody
- username: visitor
  keyauth_credentials: [{key: visitor-key}]
)";

std::string refused(int status, std::string_view message) {
  return std::to_string(status) + " {\n  \"message\":\"" + std::string(message) + "\"\n}";
}

struct key_case {
  const char* what;
  const char* config;
  const char* target;
  const char* fields;
  const char* message;  // nullptr: it passes
};

TEST(key_auth, takes_keys_where_it_is_told_to) {
  constexpr const char* missing = "No API key found in request";
  constexpr const char* wrong = "Invalid authentication credentials";
  constexpr const char* twice = "Duplicate API key found";
  const key_case cases[] = {
      {"no key", "{}", "/", "", missing},
      {"an empty key", "{}", "/?apikey=", "", missing},
      {"a header", "{}", "/", "apikey: kong\r\n", nullptr},
      {"the query", "{}", "/?apikey=kong", "", nullptr},
      {"another's", "{}", "/?apikey=other", "", wrong},
      {"two in the query", "{}", "/?apikey=kong&apikey=kong", "", twice},
      {"two headers", "{}", "/", "apikey: a\r\napikey: b\r\n", twice},
      {"the header goes before the query", "{}", "/?apikey=kong", "apikey: other\r\n", wrong},
      {"another name", "{key_names: [X-Api-Key]}", "/", "x-api-key: kong\r\n", nullptr},
      {"the second name", "{key_names: [a, b]}", "/?b=kong", "", nullptr},
      {"not in headers", "{key_in_header: false}", "/", "apikey: kong\r\n", missing},
      {"not in the query", "{key_in_query: false}", "/?apikey=kong", "", missing},
  };
  for (const key_case& k : cases) {
    test_exchange t(with_plugins("- {name: key-auth, config: " + std::string(k.config) + "}\n", consumers));
    EXPECT_EQ(t.get(k.target, k.fields), k.message ? refused(401, k.message) : "") << k.what;
  }
}

TEST(key_auth, tells_the_service_who_it_is_and_challenges_only_who_has_no_key) {
  test_exchange t(with_plugins("- {name: key-auth, config: {hide_credentials: true}}\n", consumers));
  auto seen = t.send("GET /?a=1&apikey=kong HTTP/1.1\r\nHost: a\r\nX-Consumer-ID: forged\r\n\r\n");
  EXPECT_EQ(seen.sent("x-consumer-id"), "11111111-1111-1111-1111-111111111111");
  EXPECT_EQ(seen.sent("x-consumer-username"), "bob");
  EXPECT_EQ(seen.sent("x-consumer-custom-id"), "b-1");
  EXPECT_EQ(seen.sent("x-credential-identifier"), "22222222-2222-2222-2222-222222222222");
  EXPECT_EQ(seen.sent("x-anonymous-consumer"), "");
  EXPECT_EQ(seen.query, "a=1");
  EXPECT_EQ(t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").header("www-authenticate"), "Key realm=\"kong\"");
  EXPECT_EQ(t.send("GET /?apikey=x HTTP/1.1\r\nHost: a\r\n\r\n").header("www-authenticate"), "");
}

struct body_case {
  const char* type;
  const char* body;
  const char* hidden;  // what the service gets
};

TEST(key_auth, finds_and_hides_keys_in_bodies) {
  const body_case cases[] = {
      {"application/x-www-form-urlencoded", "a=1&apikey=kong", "a=1"},
      {"application/json", R"({"apikey":"kong","a":1})", R"({"a":1})"},
      {"application/json", "{\"apikey\":\"kong\",\"a\":\"\xe9\"}", "{\"a\":\"\xe9\"}"},
      {"multipart/form-data; boundary=xx",
       "--xx\r\nContent-Disposition: form-data; name=\"apikey\"\r\n\r\nkong\r\n--xx\r\n"
       "Content-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xx--\r\n",
       "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xx--\r\n"},
  };
  for (const body_case& b : cases) {
    test_exchange t(
        with_plugins("- {name: key-auth, config: {key_in_body: true, hide_credentials: true}}\n", consumers));
    auto seen = t.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + std::string(b.type) +
                       "\r\nContent-Length: " + std::to_string(std::string_view(b.body).size()) + "\r\n\r\n" + b.body);
    EXPECT_EQ(seen.refusal(), "") << b.type;
    EXPECT_EQ(seen.request_body, b.hidden) << b.type;
  }
}

TEST(key_auth, looks_in_no_body_of_more_members_than_are_read) {
  test_exchange t(with_plugins("- {name: key-auth, config: {key_in_body: true}}\n", consumers));
  auto answer = [&](const std::string& type, const std::string& body) {
    return t
        .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + type +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
        .refusal();
  };
  const std::string form = "application/x-www-form-urlencoded", none = refused(401, "No API key found in request");
  EXPECT_EQ(answer(form, "apikey=kong" + repeated("&a", 999)), "");
  EXPECT_EQ(answer(form, "apikey=kong" + repeated("&a", 1000)), none);
  EXPECT_EQ(answer("application/json", R"({"apikey":"kong","a":[0)" + repeated(",0", 999'996) + "]}"), "");
  EXPECT_EQ(answer("application/json", R"({"apikey":"kong","a":[0)" + repeated(",0", 999'997) + "]}"), none);
  EXPECT_EQ(answer("application/json", R"({"apikey":"kong","a":")" + repeated(",\\\"", 1'000'000) + "\"}"), "");
}

TEST(key_auth, lets_no_key_through_in_a_body_of_more_members_than_are_read) {
  test_exchange t(with_plugins("- {name: key-auth, config: {key_in_body: true, hide_credentials: true}}\n", consumers));
  auto answer = [&](const std::string& type, const std::string& body) {
    return t
        .send("POST / HTTP/1.1\r\nHost: a\r\napikey: kong\r\nContent-Type: " + type +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
        .refusal();
  };
  const std::string too_many = refused(413, "The body has too many members");
  const std::string form = "application/x-www-form-urlencoded",
                    part = "--x\r\nContent-Disposition: form-data; name=b\r\n\r\n1\r\n";
  EXPECT_EQ(answer(form, "apikey=kong" + repeated("&a", 999)), "");
  EXPECT_EQ(answer(form, "apikey=kong" + repeated("&a", 1000)), too_many);
  EXPECT_EQ(answer("application/json", R"({"apikey":"kong","a":[0)" + repeated(",0", 999'997) + "]}"), too_many);
  EXPECT_EQ(answer("multipart/form-data; boundary=x", repeated(part, 1001) + "--x--\r\n"), too_many);
  EXPECT_EQ(answer("application/json", "no JSON"), "");
}

TEST(key_auth, lets_preflights_pass_if_told_to_and_forgets_old_keys) {
  test_exchange open(with_plugins("- {name: key-auth, config: {run_on_preflight: false}}\n", consumers));
  EXPECT_TRUE(open.send("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n").reached_service);
  test_exchange t(
      with_plugins("- {name: key-auth}\n", "consumers: [{username: u, keyauth_credentials: [{key: k, ttl: 10}]}]\n"));
  EXPECT_EQ(t.get("/?apikey=k"), "");
  t.clock.now_s += 10;
  EXPECT_EQ(t.get("/?apikey=k"), refused(401, "Invalid authentication credentials"));
}

// kong/runloop/plugins_iterator.lua, should_process_plugin: by subsystem, not by the request's protocol.
TEST(plugins, run_on_every_request_if_a_protocol_of_theirs_is_of_http) {
  auto answer = [](const std::string& protocols) {
    return test_exchange(
               with_plugins("- {name: ip-restriction, config: {allow: [192.0.2.1]}, protocols: " + protocols + "}\n"))
        .get("/");
  };
  EXPECT_NE(answer("[tcp, grpcs]"), "");
  EXPECT_EQ(answer("[tcp, tls, udp]"), "");
}

TEST(basic_auth, checks_names_and_passwords) {
  test_exchange t(with_plugins("- {name: basic-auth, config: {hide_credentials: true}}\n", consumers));
  auto basic = [](const std::string& text) { return "Authorization: Basic " + base64_encode(text) + "\r\n"; };
  EXPECT_EQ(t.get("/", basic("bob:s:ecret")), "");
  EXPECT_EQ(t.get("/", "Proxy-" + basic("bob:s:ecret")), "");
  EXPECT_EQ(t.get("/", "authorization: basic" + base64_encode("bob:s:ecret") + "\r\n"), "");
  std::string invalid = refused(401, "Invalid authentication credentials");
  for (const std::string& wrong :
       {basic("bob:wrong"), basic("bob:"), basic("eve:s:ecret"), basic("nothing"), std::string("Authorization: x\r\n"),
        std::string("Authorization: Basic %%%\r\n"), std::string("Authorization: Bearer abc\r\n")})
    EXPECT_EQ(t.get("/", wrong), invalid) << wrong;
  auto nobody = t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(nobody.refusal(), refused(401, "Unauthorized"));
  EXPECT_EQ(nobody.header("www-authenticate"), "Basic realm=\"kong\"");
  auto seen = t.send("GET / HTTP/1.1\r\nHost: a\r\n" + basic("bob:s:ecret") + "\r\n");
  EXPECT_EQ(seen.sent("authorization"), "");
  EXPECT_EQ(seen.sent("x-credential-identifier"), "bob");
}

TEST(basic_auth, takes_hashed_passwords_from_a_configuration_that_was_written_with_them) {
  // sha1("hunter2" + the consumer's id), with sha1sum.
  test_exchange t("_transform: false\n" + with_plugins("- {name: basic-auth}\n", R"(consumers:
- {username: u, id: 11111111-1111-1111-1111-111111111111,
   basicauth_credentials: [{username: u, password: 194d6c2efd020c5a814db703562e996c00962b98}]}
)"));
  EXPECT_EQ(t.get("/", "Authorization: Basic " + base64_encode("u:hunter2") + "\r\n"), "");
  EXPECT_EQ(t.get("/", "Authorization: Basic " + base64_encode("u:194d6c2efd020c5a814db703562e996c00962b98") + "\r\n"),
            refused(401, "Invalid authentication credentials"));
}

// Signatures computed with Python's hmac module over "date: <date>" and the request line.
TEST(hmac_auth, checks_signature_date_and_body) {
  test_exchange t(with_plugins("- {name: hmac-auth, config: {validate_request_body: true}}\n", consumers));
  t.clock.now_s = 1'700'000'000;
  std::string date = "date: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
  auto signed_by = [](std::string_view user, std::string_view signature) {
    return "Authorization: hmac username=\"" + std::string(user) +
           "\", algorithm=\"hmac-sha256\", headers=\"date request-line\", signature=\"" + std::string(signature) +
           "\"\r\n";
  };
  std::string good = "CELF0ugw4dc+YI6VaG7wR4Kt7H9WH7unLiEal/0+umI=";
  EXPECT_EQ(t.get("/a?b=c", date + signed_by("bob", good)), "");
  EXPECT_EQ(t.get("/a?b=d", date + signed_by("bob", good)), refused(401, "HMAC signature does not match"));
  EXPECT_EQ(t.get("/a?b=c", date + signed_by("eve", good)), refused(401, "HMAC signature cannot be verified"));
  EXPECT_EQ(t.get("/a?b=c", date + "Authorization: hmac x\r\n"), refused(401, "HMAC signature cannot be verified"));
  EXPECT_EQ(t.get("/a?b=c", date), refused(401, "Unauthorized"));
  t.clock.now_s += 301;
  EXPECT_EQ(t.get("/a?b=c", date + signed_by("bob", good)),
            refused(401,
                    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC "
                    "Authentication"));
}

struct acl_case {
  const char* config;
  const char* key;
  const char* expected;  // "" passes
  const char* groups;    // X-Consumer-Groups
};

TEST(acl, lets_groups_pass) {
  std::string no = refused(403, "You cannot consume this service");
  const acl_case cases[] = {
      {"{allow: [admin]}", "kong", "", "admin, staff"},
      {"{allow: [other]}", "kong", no.c_str(), ""},
      {"{allow: [admin]}", "visitor-key", no.c_str(), ""},
      {"{deny: [staff]}", "kong", no.c_str(), ""},
      {"{deny: [other]}", "kong", "", "admin, staff"},
      {"{deny: [staff]}", "visitor-key", "", ""},
      {"{allow: [admin], hide_groups_header: true}", "kong", "", ""},
  };
  for (const acl_case& a : cases) {
    test_exchange t(
        with_plugins("- {name: key-auth}\n- {name: acl, config: " + std::string(a.config) + "}\n", consumers));
    auto seen = t.send("GET /?apikey=" + std::string(a.key) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(seen.refusal(), a.expected) << a.config << ' ' << a.key;
    EXPECT_EQ(seen.sent("x-consumer-groups"), a.groups) << a.config;
  }
  test_exchange alone(with_plugins("- {name: acl, config: {allow: [admin]}}\n", consumers));
  EXPECT_EQ(alone.get(), refused(401, "Unauthorized"));
}

// One of several is enough where each allows an anonymous consumer (Kong's documentation, "Multiple Authentication").
TEST(authentication, of_several_plugins_is_one_or_the_other) {
  test_exchange t(
      with_plugins("- {name: key-auth, config: {anonymous: nobody}}\n"
                   "- {name: basic-auth, config: {anonymous: nobody}}\n",
                   consumers));
  auto by_key = t.send("GET /?apikey=kong HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(by_key.sent("x-consumer-username"), "bob");
  auto by_password =
      t.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic " + base64_encode("bob:s:ecret") + "\r\n\r\n");
  EXPECT_EQ(by_password.sent("x-consumer-username"), "bob");
  EXPECT_EQ(by_password.sent("x-anonymous-consumer"), "");
  auto by_none = t.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(by_none.sent("x-consumer-username"), "nobody");
  EXPECT_EQ(by_none.sent("x-anonymous-consumer"), "true");
  EXPECT_EQ(by_none.sent("x-credential-identifier"), "");
  test_exchange gone(with_plugins("- {name: key-auth, config: {anonymous: not-there}}\n", consumers));
  EXPECT_EQ(gone.get(), refused(500, "An unexpected error occurred"));
}

TEST(jwt, decodes_secrets_that_are_base64) {
  // "c2VzYW1l" is "sesame" in Base64; the token is signed with that, over {"alg":"HS256"} and {"iss":"k"}.
  test_exchange t(with_plugins("- {name: jwt, config: {secret_is_base64: true}}\n",
                               "consumers: [{username: u, jwt_secrets: [{key: k, secret: c2VzYW1l}]}]\n"));
  EXPECT_EQ(
      t.get(
          "/",
          "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrIn0.SearHfCbgYYXqi1jn1lFY0I3svTa6v8wTv7vaiJBMYc\r\n"),
      "");
  EXPECT_EQ(
      t.get(
          "/",
          "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrIn0.z_A_fDr0NYMM47aQtz8qsh73PPd2PS94mB9cz5o4dGI\r\n"),
      R"(401 {"message":"Invalid signature"})");
}

TEST(jwt, takes_segments_that_are_padded) {
  test_exchange t(with_plugins("- {name: jwt, config: {secret_is_base64: true}}\n",
                               "consumers: [{username: u, jwt_secrets: [{key: k, secret: c2VzYW1l}]}]\n"));
  // The token of the test above; its segments have 20, 15 and 43 characters.
  EXPECT_EQ(t.get("/",
                  "Authorization: Bearer "
                  "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrIn0.SearHfCbgYYXqi1jn1lFY0I3svTa6v8wTv7vaiJBMYc=\r\n"),
            "");
}

TEST(jwt, finds_a_cookie_in_whichever_line) {
  test_exchange t(with_plugins("- {name: jwt, config: {secret_is_base64: true, cookie_names: [tok]}}\n",
                               "consumers: [{username: u, jwt_secrets: [{key: k, secret: c2VzYW1l}]}]\n"));
  const std::string cookie = "tok=eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrIn0.SearHfCbgYYXqi1jn1lFY0I3svTa6v8wTv7vaiJBMYc\r\n";
  for (const char* before : {"Cookie: ", "Cookie: a=1; ", "Cookie: a=1\r\nCookie: ", "Cookie: a=1\r\ncookie: b=2; "})
    EXPECT_EQ(t.get("/", before + cookie), "") << before;
  EXPECT_NE(t.get("/", "Cookie: a=1\r\n"), "");
}

TEST(rate_limiting, counts_by_what_authentication_says_and_never_by_what_a_client_says) {
  test_exchange t(
      with_plugins("- {name: key-auth}\n- {name: rate-limiting, config: {minute: 1, policy: local, limit_by: header, "
                   "header_name: X-Consumer-Username}}\n",
                   "consumers: [{username: a, keyauth_credentials: [{key: ka}]}, {username: b, "
                   "keyauth_credentials: [{key: kb}]}]\n"));
  auto status = [&](const std::string& fields) { return t.get("/", fields).substr(0, 3); };
  EXPECT_EQ(status("apikey: ka\r\n"), "");
  EXPECT_EQ(status("apikey: ka\r\n"), "429");
  EXPECT_EQ(status("apikey: ka\r\nX-Consumer-Username: c\r\n"), "429");
  EXPECT_EQ(status("apikey: kb\r\n"), "");
  test_exchange open(with_plugins("- {name: cors}\n"));
  EXPECT_EQ(open.send("GET / HTTP/1.1\r\nHost: a\r\nX-Consumer-Username: c\r\n\r\n").sent("x-consumer-username"), "");
}

}  // namespace
}  // namespace mes::gateway
