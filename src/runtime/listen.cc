#include "runtime/listen.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include "runtime/port_holder.h"

namespace mes::runtime {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using system_error_code = boost::system::error_code;

constexpr int backlog = 1024;

result<boost::asio::ip::address> parsed(const std::string& address) {
  system_error_code ec;
  auto made = boost::asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, ec);
  if (ec) return fail(error_code::unavailable, fmt::format("cannot listen on {}: {}", address, ec.message()));
  return made;
}

}  // namespace

result<void> listen_on(tcp::acceptor& acceptor, const std::string& address, std::uint16_t port) {
  const auto at = parsed(address);
  if (!at) return fail(at.error());
  const tcp::endpoint endpoint(*at, port);
  system_error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  // Without SO_REUSEADDR a restarted role could not bind while old connections linger in TIME_WAIT.
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(backlog, ec);
  if (ec) return fail(error_code::unavailable, listen_fault(address, port, ec.value()));
  return {};
}

result<void> bind_to(udp::socket& socket, const std::string& address, std::uint16_t port) {
  const auto at = parsed(address);
  if (!at) return fail(at.error());
  const udp::endpoint endpoint(*at, port);
  system_error_code ec;
  socket.open(endpoint.protocol(), ec);
  if (!ec) socket.bind(endpoint, ec);
  if (ec == boost::asio::error::address_in_use)
    return fail(error_code::unavailable,
                fmt::format("UDP port {} is taken by another process; stop it or use --port-offset", port));
  if (ec) return fail(error_code::unavailable, listen_fault(address, port, ec.value()));
  return {};
}

}  // namespace mes::runtime
