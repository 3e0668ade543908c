// What both encodings of Jaeger's spans have in common on their way to OTLP.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/otlp/span_record.h"

namespace mes::wire::jaeger {

struct reference {
  bool child_of = true;  // else FOLLOWS_FROM
  std::string trace_id, span_id;
};

// The first CHILD_OF within the trace is the parent, unless there is one; other references are links. The tag
// `span.kind` becomes the kind. `format` is the tag by which Jaeger's collector tells what a span came as.
void settle(otlp::span_record& s, std::vector<reference> references, std::string_view format);

}  // namespace mes::wire::jaeger
