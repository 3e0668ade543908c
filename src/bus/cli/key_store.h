// Certificates and keys of a client in the forms that Kafka's tools take them: PEM and PKCS #12.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::bus::cli {

enum class store_form : std::uint8_t { pem, pkcs12 };

// By what is in it, whatever its name says. Java's own old form (JKS) is refused, with what to do about it.
result<store_form> form_of_store(std::string_view bytes);

// What a PKCS #12 store holds, as PEM; `key` is empty in a trust store.
struct pem_parts {
  std::string certificates;  // that of the key first
  std::string key;
};
result<pem_parts> parts_of_pkcs12(std::string_view bytes, const std::string& password);

}  // namespace mes::bus::cli
