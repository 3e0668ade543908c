#include "bus/security/cluster_settings.h"

namespace mes::bus::security {
namespace kafka = wire::kafka;

void cluster_settings::change(const std::vector<edit>& edits, std::move_only_function<void(bool stored)> done) {
  if (edits.empty()) return done(true);
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change_byte));
  out.varuint(static_cast<std::uint32_t>(edits.size()));
  for (const edit& e : edits) {
    out.int8(static_cast<std::int8_t>(e.kind));
    out.string(true, e.key);
    out.nullable_string(true, e.value);
  }
  _append(std::move(out.buffer()), std::move(done));
}

void cluster_settings::set(entry_kind kind, std::string key, std::optional<std::string> value) {
  if (const auto v = _views.find(kind); v != _views.end()) v->second(key, value ? &*value : nullptr);
  if (value)
    _entries[{kind, std::move(key)}] = std::move(*value);
  else
    _entries.erase({kind, std::move(key)});
}

void cluster_settings::apply(std::string_view payload) {
  kafka::reader in(payload);
  in.int8();
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    const auto kind = static_cast<entry_kind>(in.int8());
    std::string key(in.string(true));
    const auto value = in.nullable_string(true);
    if (in.ok()) set(kind, std::move(key), value ? std::optional<std::string>(*value) : std::nullopt);
  }
}

void cluster_settings::snapshot(kafka::writer& out) const {
  out.varuint(static_cast<std::uint32_t>(_entries.size()));
  for (const auto& [which, value] : _entries) {
    out.int8(static_cast<std::int8_t>(which.first));
    out.string(true, which.second);
    out.string(true, value);
  }
}

bool cluster_settings::restore(kafka::reader& in) {
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    const auto kind = static_cast<entry_kind>(in.int8());
    std::string key(in.string(true));
    std::string value(in.string(true));
    if (in.ok()) set(kind, std::move(key), std::move(value));
  }
  return in.ok();
}

}  // namespace mes::bus::security
