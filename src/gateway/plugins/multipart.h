// multipart/form-data (RFC 7578) as far as plugins change it, and telling body types apart as Kong does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::gateway {

// Kong looks for the type anywhere in the field, without case.
bool is_json(std::string_view content_type);
bool is_multipart(std::string_view content_type);
bool is_urlencoded(std::string_view content_type);

class multipart_form {
 public:
  struct part {
    std::string name;
    std::string head;  // its lines, each with CRLF
    std::string value;
  };

  // An error if there is no boundary or the text does not follow it; error_code::too_large beyond 1000 parts.
  static result<multipart_form> parse(std::string_view text, std::string_view content_type);
  std::string encode() const;

  const std::vector<part>& parts() const { return _parts; }
  const part* find(std::string_view name) const;
  void erase(std::string_view name);
  void set(std::string_view name, std::string value);  // in place of all of that name

 private:
  std::string _boundary;
  std::vector<part> _parts;
};

}  // namespace mes::gateway
