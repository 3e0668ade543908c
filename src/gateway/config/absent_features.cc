#include "gateway/config/absent_features.h"

#include <fmt/format.h>

namespace mes::gateway {
namespace {

template <class Entity>
struct absent_feature {
  std::string_view member;  // where it is asked for
  bool (*asked)(const Entity& e);
  std::string_view instead;
};

constexpr std::string_view no_client_certificates =
    "client certificates towards a service are not available; leave the field out";

const absent_feature<service> of_services[] = {
    {"client_certificate", [](const service& s) { return s.client_certificate != nullptr; }, no_client_certificates},
    {"ca_certificates", [](const service& s) { return !s.ca_certificates.empty(); },
     "own certificate authorities are not available; tls_verify uses the system's"},
    {"protocol", [](const service& s) { return s.grpc; },
     "gRPC is not available towards a service; there are http and https"},
};

const absent_feature<route> of_routes[] = {
    {"protocols", [](const route& r) { return r.grpc || r.grpcs; }, "gRPC is not available; there are http and https"},
};

const absent_feature<upstream> of_upstreams[] = {
    {"algorithm", [](const upstream& u) { return u.algorithm != balancing::round_robin; },
     "only round-robin by weight is available"},
    {"healthchecks",
     [](const upstream& u) {
       return u.active.healthy_interval_s > 0 || u.active.unhealthy_interval_s > 0 || u.passive.tcp_failures > 0 ||
              u.passive.timeouts > 0 || u.passive.http_failures > 0;
     },
     "active and passive health checks are not available; a target that refuses a connection is passed over for the "
     "next one"},
    {"client_certificate", [](const upstream& u) { return u.client_certificate != nullptr; }, no_client_certificates},
    {"use_srv_name", [](const upstream& u) { return u.use_srv_name; },
     "names are resolved to addresses, not by SRV records"},
};

const absent_feature<certificate> of_certificates[] = {
    {"cert", [](const certificate&) { return true; }, "the TLS listener has one certificate, made at first start"},
};

template <class Entity, std::size_t N>
void refuse(const std::vector<Entity>& all, std::string_view what, const absent_feature<Entity> (&table)[N],
            reporter& report) {
  for (const Entity& e : all)
    for (const absent_feature<Entity>& f : table)
      if (f.asked(e)) report.error(e.source.mark_of(f.member), fmt::format("{}, {}: {}", what, f.member, f.instead));
}

}  // namespace

void refuse_absent_features(const configuration& all, reporter& report) {
  refuse(all.services, "service", of_services, report);
  refuse(all.routes, "route", of_routes, report);
  refuse(all.upstreams, "upstream", of_upstreams, report);
  refuse(all.certificates, "certificate", of_certificates, report);
}

}  // namespace mes::gateway
