#include "gateway/admin/paging.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/base64.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t size_max = 1000, tags_max = 5;

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

std::optional<refusal> read_tags(std::string_view text, page_query& out) {
  bool has_and = text.find(',') != std::string_view::npos, has_or = text.find('/') != std::string_view::npos;
  out.tags = split(text, has_or ? '/' : ',');
  out.all_tags = !has_or;
  bool empty = out.tags.empty() || std::ranges::any_of(out.tags, [](const std::string& t) { return t.empty(); });
  if ((has_and && has_or) || empty) return invalid_tags("invalid filter syntax");
  if (out.tags.size() > tags_max) return invalid_tags("cannot query more than 5 tags");
  return std::nullopt;
}

}  // namespace

std::expected<page_query, refusal> read_page_query(const runtime::http_request& request) {
  page_query out;
  for (const auto& [name, value] : request.query) {
    if (name == "size") {
      double size = 0;
      auto [stop, failure] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (failure != std::errc{} || stop != value.data() + value.size())
        return std::unexpected(invalid_size("size must be a number"));
      if (std::floor(size) != size || size < 1 || size > size_max)
        return std::unexpected(invalid_size("size must be an integer between 1 and 1000"));
      out.size = static_cast<std::size_t>(size);
    } else if (name == "tags") {
      if (auto refused = read_tags(value, out)) return std::unexpected(std::move(*refused));
      out.rest += "&tags=" + runtime::percent_encode(value);
    } else if (name == "offset") {
      auto decoded = base64_decode(value);
      if (!decoded) return std::unexpected(invalid_offset(value));
      if (decoded->starts_with('#')) {
        auto [stop, failure] = std::from_chars(decoded->data() + 1, decoded->data() + decoded->size(), out.start);
        if (failure != std::errc{}) return std::unexpected(invalid_offset(value));
      } else {
        out.after = *decoded;
      }
    }
  }
  if (!request.query_value("size").empty()) out.rest += fmt::format("&size={}", out.size);
  return out;
}

bool has_tags(const json::object& entity, const page_query& query) {
  if (query.tags.empty()) return true;
  const json::value* tags = entity.if_contains("tags");
  auto there = [&](const std::string& tag) {
    return tags && tags->is_array() &&
           std::ranges::find(tags->get_array(), json::value(tag)) != tags->get_array().end();
  };
  return query.all_tags ? std::ranges::all_of(query.tags, there) : std::ranges::any_of(query.tags, there);
}

json::object page_of(const std::vector<entity_ptr>& all, const page_query& query, const std::string& path, bool ordered,
                     const std::function<json::object(const json::object&)>& shown) {
  std::size_t at = query.start;
  if (!query.after.empty())
    at = static_cast<std::size_t>(
        std::ranges::find_if(all, [&](const entity_ptr& e) { return text_of(*e, "id") > query.after; }) - all.begin());
  json::array data;
  for (; at < all.size() && data.size() < query.size; ++at) data.push_back(shown(*all[at]));
  json::object body{{"data", std::move(data)}, {"next", nullptr}};
  if (at < all.size()) {
    std::string offset = base64_encode(ordered && at > 0 ? text_of(*all[at - 1], "id") : fmt::format("#{}", at));
    body["offset"] = offset;
    body["next"] = fmt::format("{}?offset={}{}", path, runtime::percent_encode(offset), query.rest);
  }
  return body;
}

}  // namespace mes::gateway
