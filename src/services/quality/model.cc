#include "services/quality/model.h"

#include <array>

namespace mes::wire {

using namespace mes::quality;
using std::string_view;

template <>
std::span<const string_view> enum_names<inspection_state>() {
  static constexpr std::array<string_view, 5> names = {"created", "in-progress", "passed", "failed", "cancelled"};
  return names;
}
template <>
std::span<const string_view> enum_names<inspection_verb>() {
  static constexpr std::array<string_view, 4> names = {"start", "pass", "fail", "cancel"};
  return names;
}
template <>
std::span<const string_view> enum_names<inspection_kind>() {
  static constexpr std::array<string_view, 5> names = {"receiving", "first-piece", "in-process", "final", "reported"};
  return names;
}
template <>
std::span<const string_view> enum_names<ncr_state>() {
  static constexpr std::array<string_view, 8> names = {"open",      "contained", "mrb-review", "dispositioned",
                                                       "executing", "verified",  "closed",     "void"};
  return names;
}
template <>
std::span<const string_view> enum_names<ncr_verb>() {
  static constexpr std::array<string_view, 7> names = {"contain", "review", "decide", "execute",
                                                       "verify",  "close",  "void"};
  return names;
}
template <>
std::span<const string_view> enum_names<severity>() {
  static constexpr std::array<string_view, 3> names = {"minor", "major", "critical"};
  return names;
}
template <>
std::span<const string_view> enum_names<disposition_kind>() {
  static constexpr std::array<string_view, 5> names = {"use-as-is", "rework", "repair", "scrap", "return-to-vendor"};
  return names;
}
template <>
std::span<const string_view> enum_names<capa_state>() {
  static constexpr std::array<string_view, 6> names = {"open",         "root-cause", "planned",
                                                       "implementing", "verifying",  "closed"};
  return names;
}
template <>
std::span<const string_view> enum_names<capa_verb>() {
  static constexpr std::array<string_view, 6> names = {"analyse", "plan", "implement", "verify", "close", "reopen"};
  return names;
}
template <>
std::span<const string_view> enum_names<fai_state>() {
  static constexpr std::array<string_view, 6> names = {"draft",    "in-progress", "submitted",
                                                       "approved", "rejected",    "superseded"};
  return names;
}
template <>
std::span<const string_view> enum_names<fai_verb>() {
  static constexpr std::array<string_view, 6> names = {"start", "submit", "approve", "reject", "rework", "supersede"};
  return names;
}
template <>
std::span<const string_view> enum_names<signature_state>() {
  static constexpr std::array<string_view, 4> names = {"required", "completed", "declined", "expired"};
  return names;
}
template <>
std::span<const string_view> enum_names<signature_verb>() {
  static constexpr std::array<string_view, 3> names = {"complete", "decline", "expire"};
  return names;
}
template <>
std::span<const string_view> enum_names<sampling_severity>() {
  static constexpr std::array<string_view, 4> names = {"normal", "tightened", "reduced", "stopped"};
  return names;
}

}  // namespace mes::wire
