#include "wire/otlp/otlp_reader.h"

#include <algorithm>
#include <cmath>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <fmt/format.h>

#include "observe/log.h"
#include "wire/otlp/base64.h"

namespace mes::wire::otlp {
namespace {

using protozero::data_view;
using protozero::pbf_reader;

constexpr int depth_max = 32;  // of lists and maps within values

std::string_view view(data_view v) { return {v.data(), v.size()}; }
data_view bytes_of(std::string_view v) { return {v.data(), v.size()}; }

// protozero throws on bytes that are no protobuf; this is where that ends.
template <class Read>
auto guarded(std::string_view what, Read read) -> result<decltype(read())> {
  try {
    return read();
  } catch (const protozero::exception& e) {
    return fail(error_code::corrupt, fmt::format("The {} is not valid protobuf: {}", what, e.what()));
  }
}

std::string_view id_of(data_view v, std::size_t size) {
  if (v.size() != size) return {};
  for (std::size_t i = 0; i < size; ++i)
    if (v.data()[i] != 0) return view(v);
  return {};  // all zero is no id
}

void append_json(std::string& out, pbf_reader value, int depth);

void append_json_list(std::string& out, pbf_reader list, int depth) {
  out += '[';
  for (bool first = true; list.next(1); first = false) {
    if (!first) out += ',';
    append_json(out, list.get_message(), depth);
  }
  out += ']';
}

void append_json_map(std::string& out, pbf_reader map, int depth) {
  std::vector<std::pair<std::string, std::string>> entries;
  while (map.next(1)) {
    pbf_reader entry = map.get_message();
    std::pair<std::string, std::string> made{"", "null"};
    while (entry.next()) {
      if (entry.tag() == 1) {
        made.first = view(entry.get_view());
      } else if (entry.tag() == 2) {
        made.second.clear();
        append_json(made.second, entry.get_message(), depth);
      } else {
        entry.skip();
      }
    }
    entries.push_back(std::move(made));
  }
  std::sort(entries.begin(), entries.end());
  out += '{';
  for (const auto& [key, value] : entries) {
    if (out.back() != '{') out += ',';
    observe::append_json_string(out, key);
    out += ':';
    out += value;
  }
  out += '}';
}

void append_json(std::string& out, pbf_reader value, int depth) {
  std::size_t before = out.size();
  while (value.next()) {
    out.resize(before);  // the last of several wins, as protobuf has it
    switch (value.tag()) {
      case 1:
        observe::append_json_string(out, view(value.get_view()));
        break;
      case 2:
        out += value.get_bool() ? "true" : "false";
        break;
      case 3:
        out += fmt::to_string(value.get_int64());
        break;
      case 4: {
        double number = value.get_double();
        out += std::isfinite(number) ? fmt::to_string(number) : "null";
        break;
      }
      case 5:
        if (depth >= depth_max) throw protozero::invalid_length_exception{};
        append_json_list(out, value.get_message(), depth + 1);
        break;
      case 6:
        if (depth >= depth_max) throw protozero::invalid_length_exception{};
        append_json_map(out, value.get_message(), depth + 1);
        break;
      case 7:
        out += '"' + base64_encode(view(value.get_view())) + '"';
        break;
      default:
        value.skip();
    }
  }
  if (out.size() == before) out += "null";
}

attribute_value read_value(pbf_reader value) {
  attribute_value read = std::string();
  while (value.next()) {
    switch (value.tag()) {
      case 1:
        read = std::string(view(value.get_view()));
        break;
      case 2:
        read = value.get_bool();
        break;
      case 3:
        read = static_cast<std::int64_t>(value.get_int64());
        break;
      case 4:
        read = value.get_double();
        break;
      case 5: {
        std::string text;
        append_json_list(text, value.get_message(), 1);
        read = std::move(text);
        break;
      }
      case 6: {
        std::string text;
        append_json_map(text, value.get_message(), 1);
        read = std::move(text);
        break;
      }
      case 7:
        read = base64_encode(view(value.get_view()));
        break;
      default:
        value.skip();
    }
  }
  return read;
}

void read_attribute(pbf_reader entry, attributes& into) {
  std::pair<std::string, attribute_value> made;
  while (entry.next()) {
    if (entry.tag() == 1)
      made.first = view(entry.get_view());
    else if (entry.tag() == 2)
      made.second = read_value(entry.get_message());
    else
      entry.skip();
  }
  into.push_back(std::move(made));
}

std::string_view service_of(pbf_reader resource) {
  std::string_view service;
  bool any = false;
  while (resource.next(1)) {
    any = true;
    pbf_reader entry = resource.get_message();
    std::string_view key, text;
    while (entry.next()) {
      if (entry.tag() == 1) {
        key = view(entry.get_view());
      } else if (entry.tag() == 2) {
        pbf_reader value = entry.get_message();
        while (value.next()) {
          if (value.tag() == 1)
            text = view(value.get_view());
          else
            value.skip();
        }
      } else {
        entry.skip();
      }
    }
    if (key == "service.name") service = text;
  }
  // The words that Jaeger's translation and its collector put in their place.
  if (!any) return "OTLPResourceNoServiceName";
  return service.empty() ? "empty-service-name" : service;
}

void read_scope_spans(pbf_reader scope_spans, span_bytes& at, const std::function<void(const span_bytes&)>& take) {
  at.scope = {};
  for (pbf_reader pass = scope_spans; pass.next();) {
    if (pass.tag() == 1)
      at.scope = view(pass.get_view());
    else
      pass.skip();
  }
  while (scope_spans.next()) {
    if (scope_spans.tag() != 2) {
      scope_spans.skip();
      continue;
    }
    at.span = view(scope_spans.get_view());
    take(at);
  }
}

span_event read_event(pbf_reader event) {
  span_event read;
  while (event.next()) {
    switch (event.tag()) {
      case 1:
        read.time_ns = event.get_fixed64();
        break;
      case 2:
        read.name = view(event.get_view());
        break;
      case 3:
        read_attribute(event.get_message(), read.attributes);
        break;
      default:
        event.skip();
    }
  }
  return read;
}

span_link read_link(pbf_reader link) {
  span_link read;
  while (link.next()) {
    switch (link.tag()) {
      case 1:
        read.trace_id = id_of(link.get_view(), 16);
        break;
      case 2:
        read.span_id = id_of(link.get_view(), 8);
        break;
      default:
        link.skip();
    }
  }
  return read;
}

}  // namespace

result<void> read_export(std::string_view request, const std::function<void(const span_bytes&)>& take) {
  auto done = guarded("export", [&] {
    pbf_reader message(bytes_of(request));
    while (message.next()) {
      if (message.tag() != 1) {
        message.skip();
        continue;
      }
      pbf_reader resource_spans = message.get_message();
      span_bytes at;
      for (pbf_reader pass = resource_spans; pass.next();) {
        if (pass.tag() == 1)
          at.resource = view(pass.get_view());
        else
          pass.skip();
      }
      at.service = service_of(pbf_reader(bytes_of(at.resource)));
      while (resource_spans.next()) {
        if (resource_spans.tag() == 2)
          read_scope_spans(resource_spans.get_message(), at, take);
        else
          resource_spans.skip();
      }
    }
    return true;
  });
  if (!done) return fail(std::move(done.error()));
  return {};
}

result<span_head> read_head(std::string_view span) {
  return guarded("span", [&] {
    span_head head;
    pbf_reader message(bytes_of(span));
    while (message.next()) {
      switch (message.tag()) {
        case 1:
          head.trace_id = id_of(message.get_view(), 16);
          break;
        case 2:
          head.span_id = id_of(message.get_view(), 8);
          break;
        case 4:
          head.parent_id = id_of(message.get_view(), 8);
          break;
        case 5:
          head.name = view(message.get_view());
          break;
        case 6:
          head.kind = static_cast<std::uint32_t>(message.get_enum());
          break;
        case 7:
          head.start_ns = message.get_fixed64();
          break;
        case 8:
          head.end_ns = message.get_fixed64();
          break;
        default:
          message.skip();
      }
    }
    return head;
  });
}

result<span_details> read_details(std::string_view span) {
  return guarded("span", [&] {
    span_details read;
    pbf_reader message(bytes_of(span));
    while (message.next()) {
      switch (message.tag()) {
        case 3:
          read.trace_state = view(message.get_view());
          break;
        case 9:
          read_attribute(message.get_message(), read.attributes);
          break;
        case 11:
          read.events.push_back(read_event(message.get_message()));
          break;
        case 13:
          read.links.push_back(read_link(message.get_message()));
          break;
        case 15: {
          pbf_reader status = message.get_message();
          while (status.next()) {
            if (status.tag() == 2) {
              read.status_message = view(status.get_view());
            } else if (status.tag() == 3) {
              int code = status.get_enum();
              read.status = code == 1 ? status_code::ok : code == 2 ? status_code::error : status_code::unset;
            } else {
              status.skip();
            }
          }
          break;
        }
        default:
          message.skip();
      }
    }
    return read;
  });
}

result<attributes> read_resource(std::string_view resource) {
  return guarded("resource", [&] {
    attributes read;
    pbf_reader message(bytes_of(resource));
    while (message.next()) {
      if (message.tag() == 1)
        read_attribute(message.get_message(), read);
      else
        message.skip();
    }
    return read;
  });
}

result<scope_details> read_scope(std::string_view scope) {
  return guarded("scope", [&] {
    scope_details read;
    pbf_reader message(bytes_of(scope));
    while (message.next()) {
      if (message.tag() == 1)
        read.name = view(message.get_view());
      else if (message.tag() == 2)
        read.version = view(message.get_view());
      else
        message.skip();
    }
    return read;
  });
}

std::string export_response(std::uint64_t rejected, std::string_view why) {
  std::string out;
  if (rejected == 0) return out;
  protozero::pbf_writer response(out);
  protozero::pbf_writer partial(response, 1);
  partial.add_int64(1, static_cast<std::int64_t>(rejected));
  partial.add_string(2, why.data(), why.size());
  partial.commit();
  return out;
}

std::string status_message(int code, std::string_view message) {
  std::string out;
  protozero::pbf_writer status(out);
  status.add_int32(1, code);
  status.add_string(2, message.data(), message.size());
  return out;
}

}  // namespace mes::wire::otlp
