#include "runtime/http_client.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>

#include "runtime/http_url.h"
#include "runtime/test_server.h"
#include "runtime/tls.h"

namespace mes::runtime {
namespace {

using testing::HasSubstr;

void echo(http_request request, http_responder responder) {
  auto response = http_response::text(200, request.method + " " + request.target + " [" + request.body + "]");
  response.headers.add("X-Host", request.headers.get("Host"));
  responder.send(std::move(response));
}

// A peer that answers connections by a script: what it does with each accepted socket, one after the other.
class scripted_peer {
 public:
  explicit scripted_peer(std::vector<std::function<void(int)>> script) : _fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    if (::bind(_fd, reinterpret_cast<sockaddr*>(&any), size) != 0 || ::listen(_fd, 16) != 0 ||
        ::getsockname(_fd, reinterpret_cast<sockaddr*>(&any), &size) != 0)
      throw std::runtime_error("cannot listen");
    port = ntohs(any.sin_port);
    limit_waiting(_fd);
    _thread = std::thread([this, steps = std::move(script)] {
      for (const auto& step : steps) {
        int fd = ::accept(_fd, nullptr, nullptr);
        if (fd < 0) break;
        limit_waiting(fd);
        step(fd);
        ::close(fd);
      }
    });
  }
  ~scripted_peer() {
    _thread.join();
    ::close(_fd);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port) + "/"; }

  static std::string read_header(int fd) {
    std::string text;
    char c = 0;
    while (text.find("\r\n\r\n") == std::string::npos && ::recv(fd, &c, 1, 0) == 1) text += c;
    return text;
  }
  static void write(int fd, std::string_view text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

  std::uint16_t port = 0;

 private:
  // So that a test whose client does not come fails and does not hang.
  static void limit_waiting(int fd) {
    timeval limit{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  int _fd;
  std::thread _thread;
};

TEST(http_fetch, asks_and_keeps_the_connection) {
  std::atomic<int> peers = 0;
  test_server server([&](http_request request, http_responder responder) {
    ++peers;
    echo(std::move(request), std::move(responder));
  });
  for (int i = 0; i < 5; ++i) {
    auto answer = http_fetch({.method = "POST", .url = server.url("/a?b=c"), .headers = {}, .body = "body"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST /a?b=c [body]");
    EXPECT_EQ(answer->headers.get("x-host"), "127.0.0.1:" + std::to_string(server.server->port()));
  }
  EXPECT_EQ(peers, 5);
}

TEST(http_fetch, takes_head_and_large_bodies) {
  std::string large(5 << 20, 'x');
  http_server_options options;
  options.body_bytes_max = 10 << 20;
  test_server server(
      [&](http_request request, http_responder r) { r.send(http_response::text(200, request.body + large)); }, options);
  auto head = http_fetch({.method = "HEAD", .url = server.url("/")});
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->headers.get("Content-Length"), std::to_string(large.size()));
  auto body = http_fetch({.method = "POST", .url = server.url("/"), .headers = {}, .body = large});
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(body->body.size(), 2 * large.size());
  auto limited = http_fetch({.url = server.url("/"), .headers = {}, .body = "", .body_bytes_max = 1000});
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().code, error_code::too_large);
}

TEST(http_fetch, names_what_failed) {
  auto refused = http_fetch({.url = "http://127.0.0.1:1/"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("http://127.0.0.1:1 cannot be reached: Connection refused"));
  for (const char* bad :
       {"ftp://x/", "http://", "http://h:0/", "http://h:99999/", "http://a b/", "http://u@h/", "unix:x"}) {
    auto wrong = http_fetch({.url = bad});
    ASSERT_FALSE(wrong) << bad;
    EXPECT_EQ(wrong.error().code, error_code::invalid_argument) << bad;
  }
}

TEST(http_fetch, gives_up_in_time) {
  std::promise<void> end;
  scripted_peer peer({[&](int) { end.get_future().wait(); }});
  auto answer = http_fetch({.url = peer.url(), .timeout = std::chrono::milliseconds(50)});
  end.set_value();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, error_code::timed_out);
}

TEST(http_fetch, skips_interim_answers_and_reads_bodies_to_the_end) {
  scripted_peer peer({[](int fd) {
    scripted_peer::read_header(fd);
    scripted_peer::write(fd, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end");
  }});
  auto answer = http_fetch({.url = peer.url()});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "to the end");
}

TEST(http_fetch, a_torn_answer_is_an_error) {
  scripted_peer peer({[](int fd) {
    scripted_peer::read_header(fd);
    scripted_peer::write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  }});
  auto answer = http_fetch({.url = peer.url()});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, error_code::unavailable);
}

constexpr std::string_view ok_and_keep = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// The peer takes a second request on the kept connection and closes without an answer.
void answer_once_then_hang_up(int fd) {
  scripted_peer::read_header(fd);
  scripted_peer::write(fd, ok_and_keep);
  scripted_peer::read_header(fd);
}

TEST(http_fetch, repeats_an_idempotent_request_that_met_a_stale_connection) {
  scripted_peer peer({answer_once_then_hang_up, [](int fd) {
                        scripted_peer::read_header(fd);
                        scripted_peer::write(fd, ok_and_keep);
                      }});
  ASSERT_TRUE(http_fetch({.url = peer.url()}));
  auto again = http_fetch({.url = peer.url()});
  EXPECT_TRUE(again) << again.error().message;
}

TEST(http_fetch, does_not_repeat_what_may_have_been_done) {
  scripted_peer peer({answer_once_then_hang_up});
  ASSERT_TRUE(http_fetch({.url = peer.url()}));
  auto post = http_fetch({.method = "POST", .url = peer.url()});
  ASSERT_FALSE(post);
  EXPECT_EQ(post.error().code, error_code::unavailable);
}

TEST(http_client, runs_many_calls_at_once) {
  test_server server(echo);
  event_loop loop;
  http_client client(loop);
  int open = 200;
  for (int i = 0; i < 200; ++i)
    client.send({.url = server.url("/" + std::to_string(i))}, [&, i](const result<http_response>& answer) {
      EXPECT_TRUE(answer && answer->body == "GET /" + std::to_string(i) + " []");
      if (--open == 0) loop.stop();
    });
  loop.run();
  EXPECT_EQ(open, 0);
}

TEST(http_fetch, speaks_over_a_unix_socket) {
  char dir[] = "/tmp/mes-runtime-XXXXXX";
  ASSERT_NE(mkdtemp(dir), nullptr);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = std::string(dir) + "/s";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  std::string asked;
  std::thread peer([&] {
    int fd = ::accept(listener, nullptr, nullptr);
    asked = scripted_peer::read_header(fd);
    scripted_peer::write(fd, ok_and_keep);
    ::close(fd);
  });
  auto answer = http_fetch({.url = "unix:" + path + ":/status?x=1"});
  peer.join();
  ::close(listener);
  std::filesystem::remove_all(dir);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "ok");
  EXPECT_THAT(asked, HasSubstr("GET /status?x=1 HTTP/1.1\r\nHost: localhost\r\n"));
}

// A self-signed certificate for localhost and 127.0.0.1.
struct certificate_files {
  certificate_files() {
    char pattern[] = "/tmp/mes-runtime-XXXXXX";
    dir = mkdtemp(pattern);
    std::string curve = "P-256";
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data());
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_sign(certificate, key, EVP_sha256());
    FILE* file = fopen(cert().c_str(), "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    file = fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    fclose(file);
    X509_EXTENSION_free(names);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~certificate_files() { std::filesystem::remove_all(dir); }
  std::string cert() const { return dir + "/cert.pem"; }
  std::string key_file() const { return dir + "/key.pem"; }
  std::string dir;
};

TEST(http_fetch, speaks_tls_and_verifies_the_peer) {
  certificate_files files;
  auto context = tls_context::for_server(files.cert(), files.key_file());
  ASSERT_TRUE(context) << context.error().message;
  http_server_options options;
  options.tls = *context;
  options.body_bytes_max = 4 << 20;
  test_server server(echo, options);
  std::string base = "https://127.0.0.1:" + std::to_string(server.server->port());
  std::string large(3 << 20, 'y');
  for (int i = 0; i < 3; ++i) {
    auto answer =
        http_fetch({.method = "PUT", .url = base + "/t", .headers = {}, .body = large, .ca_file = files.cert()});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "PUT /t [" + large + "]");
  }
  auto by_name =
      http_fetch({.url = "https://localhost:" + std::to_string(server.server->port()) + "/n", .ca_file = files.cert()});
  EXPECT_TRUE(by_name) << by_name.error().message;
  auto untrusted = http_fetch({.url = base + "/"});
  ASSERT_FALSE(untrusted);
  EXPECT_THAT(untrusted.error().message, HasSubstr("certificate verify failed"));
  auto plain = http_fetch({.url = server.url("/")});
  EXPECT_FALSE(plain);
}

TEST(tls, the_wrong_host_is_refused) {
  certificate_files files;
  auto server_context = tls_context::for_server(files.cert(), files.key_file());
  auto client_context = tls_context::for_client(files.cert());
  ASSERT_TRUE(server_context && client_context);
  auto server = tls_session::make_server(*server_context);
  auto client = tls_session::make_client(*client_context, "example.org");
  ASSERT_TRUE(server && client);
  std::string to_server, to_client, plain;
  ASSERT_TRUE((*client)->send("x", to_server));
  ASSERT_TRUE((*server)->receive(to_server, plain, to_client));
  to_server.clear();
  EXPECT_FALSE((*client)->receive(to_client, plain, to_server));
  EXPECT_FALSE(tls_context::for_server(files.dir + "/none.pem", files.key_file()));
}

TEST(http_url, takes_addresses_apart) {
  auto url = parse_http_url("https://[::1]:8443?q=1#part");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/?q=1");
  EXPECT_EQ(url->host_field(), "[::1]:8443");
  EXPECT_EQ(parse_http_url("HTTP://h/p")->host_field(), "h");
}

}  // namespace
}  // namespace mes::runtime
