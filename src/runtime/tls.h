// TLS as a filter between bytes and bytes: no sockets in here, so that server, client and tests use the same.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::runtime {

// Certificates, keys and trust; shared by many sessions. Immutable, thread-safe. TLS 1.2 or later.
class tls_context {
 public:
  static result<std::shared_ptr<tls_context>> for_server(const std::string& certificate_chain_file,
                                                         const std::string& key_file);
  static result<std::shared_ptr<tls_context>> for_client(const std::string& ca_file);  // "": the system's
  ~tls_context();

 private:
  friend class tls_session;
  struct state;
  explicit tls_context(std::unique_ptr<state> s);
  std::unique_ptr<state> _state;
};

// One end of one connection. What is sent before the handshake is over waits in here. One thread.
class tls_session {
 public:
  static result<std::unique_ptr<tls_session>> make_server(std::shared_ptr<tls_context> context);
  // `host` is verified against the certificate, and sent as server name.
  static result<std::unique_ptr<tls_session>> make_client(std::shared_ptr<tls_context> context,
                                                          const std::string& host);
  ~tls_session();

  // Appends to `to_peer` what must go out; a client's first call starts the handshake.
  result<void> send(std::string_view plain, std::string& to_peer);
  result<void> receive(std::string_view from_peer, std::string& plain, std::string& to_peer);
  void close(std::string& to_peer);  // close_notify
  bool peer_closed() const;          // the peer said that it is done: not a truncation

 private:
  struct state;
  explicit tls_session(std::unique_ptr<state> s);
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
