#include "wire/otlp/otlp_json.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <xxhash.h>

#include <array>
#include <charconv>
#include <protozero/pbf_writer.hpp>

#include "wire/otlp/base64.h"
#include "wire/otlp/json_input.h"

namespace mes::wire::otlp {
namespace {

using protozero::pbf_writer;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr int depth_max = 32;

std::uint64_t number_of(std::string_view key, element e) {
  std::uint64_t number = 0;
  if (!e.get(number)) return number;
  std::int64_t negative = 0;
  if (!e.get(negative)) return static_cast<std::uint64_t>(negative);
  std::string_view text;
  if (!e.get(text)) {
    auto [end, code] = text.starts_with('-') ? std::from_chars(text.data(), text.data() + text.size(), negative)
                                             : std::from_chars(text.data(), text.data() + text.size(), number);
    if (code == std::errc{} && end == text.data() + text.size())
      return text.starts_with('-') ? static_cast<std::uint64_t>(negative) : number;
  }
  bad(key, "a whole number");
}

int enum_of(std::string_view key, element e, std::string_view prefix, std::span<const std::string_view> names) {
  std::string_view text;
  if (e.get(text)) return static_cast<int>(number_of(key, e));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (text.starts_with(prefix) && text.substr(prefix.size()) == names[i]) return static_cast<int>(i);
  bad(key, "a known name");
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    auto [end, code] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (code != std::errc{} || end != text.data() + i + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

void add_id(pbf_writer& to, protozero::pbf_tag_type tag, std::string_view key, element e, std::size_t size) {
  std::string_view text = text_of(key, e);
  if (text.empty()) return;
  std::optional<std::string> bytes;
  if (text.size() == 16 || text.size() == 2 * size) bytes = from_hex(text);
  if (!bytes) bytes = base64_decode(text);
  if (!bytes || bytes->empty()) bad(key, size == 16 ? "a trace id of 32 hex digits" : "a span id of 16 hex digits");
  if (bytes->size() > size) {
    XXH128_hash_t hash = XXH3_128bits(bytes->data(), bytes->size());
    bytes->assign(reinterpret_cast<const char*>(&hash), size);
  }
  bytes->insert(0, size - bytes->size(), '\0');
  to.add_bytes(tag, *bytes);
}

void write_attribute(pbf_writer& to, element e, int depth);

void write_value(pbf_writer& to, element e, int depth) {
  if (depth > depth_max) throw bad_json{"values are nested too deep"};
  for (auto [key, value] : object_of("value", e)) {
    if (key == "stringValue") {
      std::string_view text = text_of(key, value);
      to.add_string(1, text.data(), text.size());
    } else if (key == "boolValue") {
      bool flag = false;
      if (value.get(flag)) bad(key, "true or false");
      to.add_bool(2, flag);
    } else if (key == "intValue") {
      to.add_int64(3, static_cast<std::int64_t>(number_of(key, value)));
    } else if (key == "doubleValue") {
      double number = 0;
      if (value.get(number)) bad(key, "a number");
      to.add_double(4, number);
    } else if (key == "arrayValue" || key == "kvlistValue") {
      bool map = key == "kvlistValue";
      pbf_writer list(to, map ? 6 : 5);
      for (auto [inner, values] : object_of(key, value)) {
        if (inner != "values") continue;
        for_each(inner, values, [&](element item) {
          std::string bytes;  // an empty message is an element too, which a nested writer would leave out
          pbf_writer one(bytes);
          map ? write_attribute(one, item, depth + 1) : write_value(one, item, depth + 1);
          list.add_message(1, bytes);
        });
      }
    } else if (key == "bytesValue") {
      auto bytes = base64_decode(text_of(key, value));
      if (!bytes) bad(key, "base64");
      to.add_bytes(7, *bytes);
    }
  }
}

void write_attribute(pbf_writer& to, element e, int depth) {
  for (auto [key, value] : object_of("attributes", e)) {
    if (key == "key") {
      std::string_view text = text_of(key, value);
      to.add_string(1, text.data(), text.size());
    } else if (key == "value") {
      pbf_writer made(to, 2);
      write_value(made, value, depth);
    }
  }
}

void write_attributes(pbf_writer& to, protozero::pbf_tag_type tag, std::string_view key, element e) {
  for_each(key, e, [&](element item) {
    pbf_writer one(to, tag);
    write_attribute(one, item, 0);
  });
}

void write_event(pbf_writer& to, element e) {
  for (auto [key, value] : object_of("events", e)) {
    if (key == "timeUnixNano") {
      to.add_fixed64(1, number_of(key, value));
    } else if (key == "name") {
      to.add_string(2, std::string(text_of(key, value)));
    } else if (key == "attributes") {
      write_attributes(to, 3, key, value);
    }
  }
}

void write_link(pbf_writer& to, element e) {
  for (auto [key, value] : object_of("links", e)) {
    if (key == "traceId") add_id(to, 1, key, value, 16);
    if (key == "spanId") add_id(to, 2, key, value, 8);
    if (key == "traceState") to.add_string(3, std::string(text_of(key, value)));
    if (key == "attributes") write_attributes(to, 4, key, value);
  }
}

void write_status(pbf_writer& to, element e) {
  static constexpr std::array<std::string_view, 3> names = {"UNSET", "OK", "ERROR"};
  if (e.is_null()) return;
  for (auto [key, value] : object_of("status", e)) {
    if (key == "message") to.add_string(2, std::string(text_of(key, value)));
    if (key == "code") to.add_enum(3, enum_of(key, value, "STATUS_CODE_", names));
  }
}

void write_span(pbf_writer& to, element e) {
  static constexpr std::array<std::string_view, 6> kinds = {"UNSPECIFIED", "INTERNAL", "SERVER",
                                                            "CLIENT",      "PRODUCER", "CONSUMER"};
  for (auto [key, value] : object_of("spans", e)) {
    if (key == "traceId") {
      add_id(to, 1, key, value, 16);
    } else if (key == "spanId") {
      add_id(to, 2, key, value, 8);
    } else if (key == "traceState") {
      to.add_string(3, std::string(text_of(key, value)));
    } else if (key == "parentSpanId") {
      add_id(to, 4, key, value, 8);
    } else if (key == "name") {
      to.add_string(5, std::string(text_of(key, value)));
    } else if (key == "kind") {
      to.add_enum(6, enum_of(key, value, "SPAN_KIND_", kinds));
    } else if (key == "startTimeUnixNano") {
      to.add_fixed64(7, number_of(key, value));
    } else if (key == "endTimeUnixNano") {
      to.add_fixed64(8, number_of(key, value));
    } else if (key == "attributes") {
      write_attributes(to, 9, key, value);
    } else if (key == "events") {
      for_each(key, value, [&](element item) {
        pbf_writer one(to, 11);
        write_event(one, item);
      });
    } else if (key == "links") {
      for_each(key, value, [&](element item) {
        pbf_writer one(to, 13);
        write_link(one, item);
      });
    } else if (key == "status") {
      pbf_writer one(to, 15);
      write_status(one, value);
    } else if (key == "flags") {
      to.add_fixed32(16, static_cast<std::uint32_t>(number_of(key, value)));
    }
  }
}

void write_scope(pbf_writer& to, element e) {
  if (e.is_null()) return;
  for (auto [key, value] : object_of("scope", e)) {
    if (key == "name") to.add_string(1, std::string(text_of(key, value)));
    if (key == "version") to.add_string(2, std::string(text_of(key, value)));
    if (key == "attributes") write_attributes(to, 3, key, value);
  }
}

void write_scope_spans(pbf_writer& to, element e) {
  for (auto [key, value] : object_of("scopeSpans", e)) {
    if (key == "scope") {
      pbf_writer one(to, 1);
      write_scope(one, value);
    } else if (key == "spans") {
      for_each(key, value, [&](element item) {
        pbf_writer one(to, 2);
        write_span(one, item);
      });
    } else if (key == "schemaUrl") {
      to.add_string(3, std::string(text_of(key, value)));
    }
  }
}

void write_resource_spans(pbf_writer& to, element e) {
  for (auto [key, value] : object_of("resourceSpans", e)) {
    if (key == "resource" && !value.is_null()) {
      pbf_writer one(to, 1);
      for (auto [inner, attributes] : object_of(key, value))
        if (inner == "attributes") write_attributes(one, 1, inner, attributes);
    } else if (key == "scopeSpans") {
      for_each(key, value, [&](element item) {
        pbf_writer one(to, 2);
        write_scope_spans(one, item);
      });
    } else if (key == "schemaUrl") {
      to.add_string(3, std::string(text_of(key, value)));
    }
  }
}

}  // namespace

result<std::string> export_from_json(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (auto code = parser.parse(json.data(), json.size()).get(root))
    return fail(error_code::invalid_argument,
                fmt::format("The export is not valid JSON: {}", simdjson::error_message(code)));
  std::string out;
  try {
    pbf_writer request(out);
    for (auto [key, value] : object_of("export", root)) {
      if (key != "resourceSpans") continue;
      for_each(key, value, [&](element item) {
        pbf_writer one(request, 1);
        write_resource_spans(one, item);
      });
    }
  } catch (const bad_json& e) {
    return fail(error_code::invalid_argument, "The export is not OTLP: " + e.message);
  }
  return out;
}

}  // namespace mes::wire::otlp
