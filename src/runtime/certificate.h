// The self-signed certificate that a role makes at its first start, where none is configured.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace mes::runtime {

struct certificate_files {
  std::filesystem::path certificate;  // PEM
  std::filesystem::path key;          // PEM, readable by the owner alone
};

// Makes a self-signed certificate for localhost and this host's name (P-256, ten years) in `folder`, which exists, if
// the files are not there.
result<certificate_files> ensure_certificate(const std::filesystem::path& folder);

}  // namespace mes::runtime
