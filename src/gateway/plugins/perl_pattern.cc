#include "gateway/plugins/perl_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>
#include <re2/re2.h>

#include <string>

namespace mes::gateway {
namespace {

constexpr std::size_t text_bytes_max = 8 << 10;
constexpr std::uint32_t steps_max = 100'000;  // K:kong/templates/kong_defaults.lua, lua_regex_match_limit
constexpr std::uint32_t memory_kilobytes_max = 1'024;
constexpr std::int64_t program_bytes_max = 64 << 20;

using code = std::unique_ptr<pcre2_code, decltype([](pcre2_code* c) { pcre2_code_free(c); })>;

result<code> compile_code(std::string_view expression, std::uint32_t options) {
  int failure = 0;
  std::size_t at = 0;
  code made(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), options, &failure, &at,
                          nullptr));
  if (made) return made;
  unsigned char words[128];
  pcre2_get_error_message(failure, words, sizeof words);
  return fail(error_code::invalid_argument,
              fmt::format("{} at character {}", reinterpret_cast<const char*>(words), at + 1));
}

pcre2_match_context* bounds() {
  static const auto made = [] {
    std::unique_ptr<pcre2_match_context, decltype([](pcre2_match_context* c) { pcre2_match_context_free(c); })> c(
        pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(c.get(), steps_max);
    pcre2_set_heap_limit(c.get(), memory_kilobytes_max);
    return c;
  }();
  return made.get();
}

bool found(const pcre2_code& in, std::string_view text) {
  const std::unique_ptr<pcre2_match_data, decltype([](pcre2_match_data* d) { pcre2_match_data_free(d); })> data(
      pcre2_match_data_create(1, nullptr));
  return data &&
         pcre2_match(&in, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data.get(), bounds()) >= 0;
}

}  // namespace

result<perl_pattern> perl_pattern::compile(std::string_view expression, where has_to_match) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(program_bytes_max);
  auto fast = std::make_shared<const RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (fast->ok()) return perl_pattern(linear(std::move(fast)), has_to_match);
  if (auto alone = compile_code(expression, 0); !alone) return fail(alone.error());
  // One match from the start on, so that the bound of its steps is one of the whole search.
  const bool whole = has_to_match == where::whole;
  auto made = compile_code(fmt::format("{}(?:{})", whole ? "" : "(?s:.*?)", expression),
                           PCRE2_ANCHORED | (whole ? PCRE2_ENDANCHORED : 0));
  if (!made) return fail(made.error());
  return perl_pattern(
      backtracking(made->release(), [](const pcre2_code* c) { pcre2_code_free(const_cast<pcre2_code*>(c)); }),
      has_to_match);
}

bool perl_pattern::matches(std::string_view text) const {
  if (const auto* slow = std::get_if<backtracking>(&_made)) {
    if (_where == where::whole && text.size() > text_bytes_max) return false;
    return found(**slow, text.substr(0, text_bytes_max));
  }
  const RE2& fast = *std::get<linear>(_made);
  return fast.Match({text.data(), text.size()}, 0, text.size(),
                    _where == where::whole ? RE2::ANCHOR_BOTH : RE2::UNANCHORED, nullptr, 0);
}

}  // namespace mes::gateway
