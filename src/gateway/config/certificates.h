// Rules for certificates and keys in PEM, and for the entities that hold them
// (kong/db/schema/entities/certificates.lua, ca_certificates.lua).
#pragma once

#include <string>
#include <string_view>

#include "gateway/config/schema.h"

namespace mes::gateway {

std::string check_certificate(std::string_view pem);  // "" if fine, else what is wrong
std::string check_private_key(std::string_view pem);

void finish_certificate(record& source, const std::string& what, reporter& report);
void finish_ca_certificate(record& source, const std::string& what, reporter& report);  // fills cert_digest in

}  // namespace mes::gateway
