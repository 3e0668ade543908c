// What a client sends with a request of the Admin API, as JSON: JSON itself, a form or a multipart form, whose names
// say where a value belongs: "config.minute=5", "paths[]=/a", "hosts[1]=b.test" (kong/api/arguments.lua).
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string_view>

#include "gateway/admin/refusal.h"
#include "gateway/config/schema.h"
#include "runtime/http.h"

namespace mes::gateway {

struct body_arguments {
  boost::json::object values;
  bool from_form = false;  // all values are texts, or lists and mappings of texts
};

// 415 for another media type, 400 for JSON that is none. No body at all is an empty object.
std::expected<body_arguments, refusal> read_arguments(const runtime::http_request& request);

// Puts a form's value where its name says.
void put_argument(boost::json::object& into, std::string_view name, boost::json::value value);

// Turns a form's texts into what the fields are; what does not fit stays, for the reader to refuse. `config` is for the
// field of that name.
void infer_types(boost::json::object& values, const schema& fields, const schema* config = nullptr);

}  // namespace mes::gateway
