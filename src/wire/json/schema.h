// Types described once: a table of fields gives JSON encoder, decoder with the path of every error, and JSON Schema.
//
//   template <> const schema<part>& describe<part>() {
//     static const auto s = schema<part>("Part")
//         .field("number", &part::number, {.doc = "Part number, unique", .min_length = 1, .max_length = 64})
//         .field("uom", &part::uom, {.doc = "Unit of measure", .required = false});
//     return s;
//   }
//
// Members may be std::string, bool, std::int64_t, quantity, instant, json::object, json::value, enums that have
// enum_names<E>(), described structs, and std::optional or std::vector of these. Decoding refuses unknown members.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/instant.h"
#include "base/quantity.h"

namespace mes::wire {
namespace json = boost::json;

struct field_rules {
  std::string doc;
  bool required = true;                           // of an input; std::optional members are never required
  std::size_t min_length = 0, max_length = 1024;  // text, in bytes; arrays, in items
  std::optional<std::int64_t> min, max;           // integers, and whole units of quantities
};

template <class T>
class schema;

// Specialised by each described struct, in its model.cc; declared in model.h.
template <class T>
const schema<T>& describe();

// Specialised by each enum: its names on the wire, in the order of its values from 0 without gaps.
template <class E>
std::span<const std::string_view> enum_names();

template <class E>
std::string_view name_of_enum(E value) {
  return enum_names<E>()[static_cast<std::size_t>(value)];
}
template <class E>
std::optional<E> enum_of_name(std::string_view name) {
  auto names = enum_names<E>();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

// Collects what is wrong, at most 20 entries.
class decode_errors {
 public:
  void add(const std::string& path, std::string message);
  bool empty() const { return _fields.empty(); }
  std::vector<field_error> take() { return std::move(_fields); }

 private:
  std::vector<field_error> _fields;
};

using schema_components = json::object;  // "components/schemas" of the OpenAPI document being built

// ---- one codec a kind of member
template <class T>
struct codec;

template <>
struct codec<std::string> {
  static json::value encode(const std::string& v) { return json::string(v); }
  static void decode(const json::value& in, std::string& out, const field_rules&, const std::string& path,
                     decode_errors&);
  static json::object json_schema(const field_rules&, schema_components&);
};
template <>
struct codec<bool> {
  static json::value encode(bool v) { return v; }
  static void decode(const json::value& in, bool& out, const field_rules&, const std::string& path, decode_errors&);
  static json::object json_schema(const field_rules&, schema_components&);
};
template <>
struct codec<std::int64_t> {
  static json::value encode(std::int64_t v) { return v; }
  static void decode(const json::value& in, std::int64_t& out, const field_rules&, const std::string& path,
                     decode_errors&);
  static json::object json_schema(const field_rules&, schema_components&);
};
template <>
struct codec<quantity> {  // a JSON number; whole ones without a point
  static json::value encode(quantity v);
  static void decode(const json::value& in, quantity& out, const field_rules&, const std::string& path, decode_errors&);
  static json::object json_schema(const field_rules&, schema_components&);
};
template <>
struct codec<instant> {  // RFC 3339 text
  static json::value encode(instant v) { return json::string(v.to_string()); }
  static void decode(const json::value& in, instant& out, const field_rules&, const std::string& path, decode_errors&);
  static json::object json_schema(const field_rules&, schema_components&);
};
template <>
struct codec<json::object> {
  static json::value encode(const json::object& v) { return v; }
  static void decode(const json::value& in, json::object& out, const field_rules&, const std::string& path,
                     decode_errors&);
  static json::object json_schema(const field_rules&, schema_components&);
};
template <>
struct codec<json::value> {
  static json::value encode(const json::value& v) { return v; }
  static void decode(const json::value& in, json::value& out, const field_rules&, const std::string&, decode_errors&) {
    out = in;
  }
  static json::object json_schema(const field_rules& rules, schema_components&);
};

template <class E>
  requires std::is_enum_v<E>
struct codec<E> {
  static json::value encode(E v) { return json::string(name_of_enum(v)); }
  static void decode(const json::value& in, E& out, const field_rules&, const std::string& path,
                     decode_errors& errors) {
    if (auto index = decode_name(in, enum_names<E>(), path, errors)) out = static_cast<E>(*index);
  }
  static json::object json_schema(const field_rules& rules, schema_components&) {
    return schema_of(rules, enum_names<E>());
  }

 private:
  static std::optional<std::size_t> decode_name(const json::value&, std::span<const std::string_view>,
                                                const std::string&, decode_errors&);
  static json::object schema_of(const field_rules&, std::span<const std::string_view>);
};
std::optional<std::size_t> decode_enum_name(const json::value&, std::span<const std::string_view>,
                                            const std::string& path, decode_errors&);
json::object enum_schema(const field_rules&, std::span<const std::string_view>);
template <class E>
  requires std::is_enum_v<E>
std::optional<std::size_t> codec<E>::decode_name(const json::value& v, std::span<const std::string_view> names,
                                                 const std::string& path, decode_errors& errors) {
  return decode_enum_name(v, names, path, errors);
}
template <class E>
  requires std::is_enum_v<E>
json::object codec<E>::schema_of(const field_rules& rules, std::span<const std::string_view> names) {
  return enum_schema(rules, names);
}

template <class T>
struct codec<std::optional<T>> {
  static json::value encode(const std::optional<T>& v) { return v ? codec<T>::encode(*v) : json::value(nullptr); }
  static void decode(const json::value& in, std::optional<T>& out, const field_rules& rules, const std::string& path,
                     decode_errors& errors) {
    if (in.is_null()) return out.reset();
    codec<T>::decode(in, out.emplace(), rules, path, errors);
  }
  static json::object json_schema(const field_rules& rules, schema_components& to) {
    json::object one = codec<T>::json_schema(rules, to);
    return json::object{{"anyOf", json::array{std::move(one), json::object{{"type", "null"}}}}};
  }
};

const json::array* expect_array(const json::value& in, const field_rules&, const std::string& path, decode_errors&);

template <class T>
struct codec<std::vector<T>> {
  static json::value encode(const std::vector<T>& v) {
    json::array items;
    items.reserve(v.size());
    for (const T& item : v) items.push_back(codec<T>::encode(item));
    return items;
  }
  static void decode(const json::value& in, std::vector<T>& out, const field_rules& rules, const std::string& path,
                     decode_errors& errors) {
    const json::array* items = expect_array(in, rules, path, errors);
    if (!items) return;
    out.clear();
    out.reserve(items->size());
    for (std::size_t i = 0; i < items->size(); ++i)
      codec<T>::decode((*items)[i], out.emplace_back(), field_rules{}, path + '/' + std::to_string(i), errors);
  }
  static json::object json_schema(const field_rules& rules, schema_components& to) {
    json::object s{
        {"type", "array"}, {"items", codec<T>::json_schema(field_rules{}, to)}, {"maxItems", rules.max_length}};
    if (rules.min_length > 0) s["minItems"] = rules.min_length;
    return s;
  }
};

const json::object* expect_object(const json::value& in, const std::string& path, decode_errors&);
std::string escape_pointer(std::string_view member);  // RFC 6901

template <class T>
class schema {
 public:
  explicit schema(std::string name) : _name(std::move(name)) {}

  template <class M>
  schema&& field(std::string name, M T::* member, field_rules rules = {}) && {
    bool optional = codec_is_optional<M>;
    if (optional) rules.required = false;
    _fields.push_back(
        entry{.name = std::move(name),
              .rules = std::move(rules),
              .omit_null = optional,
              .encode = [member](const T& from) { return codec<M>::encode(from.*member); },
              .decode = [member](const json::value& in, T& to, const field_rules& r, const std::string& path,
                                 decode_errors& errors) { codec<M>::decode(in, to.*member, r, path, errors); },
              .json_schema = [](const field_rules& r, schema_components& to) { return codec<M>::json_schema(r, to); }});
    return std::move(*this);
  }

  const std::string& name() const { return _name; }

  json::object encode(const T& from) const {
    json::object to;
    to.reserve(_fields.size());
    for (const entry& f : _fields) {
      json::value v = f.encode(from);
      if (f.omit_null && v.is_null()) continue;
      to.emplace(f.name, std::move(v));
    }
    return to;
  }

  void decode(const json::value& in, T& out, const std::string& path, decode_errors& errors) const {
    const json::object* members = expect_object(in, path, errors);
    if (!members) return;
    for (const auto& member : *members)
      if (!find(member.key())) errors.add(path + '/' + escape_pointer(member.key()), "is no field of " + _name);
    for (const entry& f : _fields) {
      const json::value* v = members->if_contains(f.name);
      if (v)
        f.decode(*v, out, f.rules, path + '/' + f.name, errors);
      else if (f.rules.required)
        errors.add(path + '/' + f.name, "is required");
    }
  }

  result<T> decode(const json::value& in) const {
    T out{};
    decode_errors errors;
    decode(in, out, "", errors);
    if (!errors.empty()) return fail({error_code::invalid_argument, "The " + _name + " is not valid", errors.take()});
    return out;
  }

  // A reference to "#/components/schemas/NAME", which is added to `to` if it is not there yet.
  json::object json_schema(schema_components& to) const {
    if (!to.if_contains(_name)) {
      to[_name] = nullptr;  // ends recursion
      json::object properties;
      json::array required;
      for (const entry& f : _fields) {
        json::object s = f.json_schema(f.rules, to);
        if (!f.rules.doc.empty()) s["description"] = f.rules.doc;
        properties[f.name] = std::move(s);
        if (f.rules.required) required.push_back(json::string(f.name));
      }
      json::object s{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
      if (!required.empty()) s["required"] = std::move(required);
      to[_name] = std::move(s);
    }
    return json::object{{"$ref", "#/components/schemas/" + _name}};
  }

 private:
  template <class M>
  static constexpr bool codec_is_optional = false;
  template <class M>
    requires std::same_as<M, std::optional<typename M::value_type>>
  static constexpr bool codec_is_optional<M> = true;

  struct entry {
    std::string name;
    field_rules rules;
    bool omit_null;
    std::function<json::value(const T&)> encode;
    std::function<void(const json::value&, T&, const field_rules&, const std::string&, decode_errors&)> decode;
    std::function<json::object(const field_rules&, schema_components&)> json_schema;
  };
  const entry* find(std::string_view name) const {
    for (const entry& f : _fields)
      if (f.name == name) return &f;
    return nullptr;
  }
  std::string _name;
  std::vector<entry> _fields;
};

template <class T>
concept described = requires {
  { describe<T>() } -> std::same_as<const schema<T>&>;
} && std::is_class_v<T>;

template <described T>
struct codec<T> {
  static json::value encode(const T& v) { return describe<T>().encode(v); }
  static void decode(const json::value& in, T& out, const field_rules&, const std::string& path,
                     decode_errors& errors) {
    describe<T>().decode(in, out, path, errors);
  }
  static json::object json_schema(const field_rules&, schema_components& to) { return describe<T>().json_schema(to); }
};

// One JSON text of at most `depth_max` levels, valid UTF-8; the error says where it breaks.
result<json::value> parse_json(std::string_view text, std::size_t depth_max = 32);

template <class T>
json::object to_json(const T& from) {
  return describe<T>().encode(from);
}
template <class T>
result<T> from_json(const json::value& in) {
  return describe<T>().decode(in);
}

}  // namespace mes::wire
