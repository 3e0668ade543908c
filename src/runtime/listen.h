// Opens the socket of a server, or says who holds its port and what to do.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace mes::runtime {

// `address` is an IP address or "localhost"; port 0 takes any free one.
result<void> listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& address, std::uint16_t port);
result<void> bind_to(boost::asio::ip::udp::socket& socket, const std::string& address, std::uint16_t port);

}  // namespace mes::runtime
