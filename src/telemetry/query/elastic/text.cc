#include "telemetry/query/elastic/text.h"

namespace mes::telemetry::elastic {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<signed char>(c) < 0; }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_'; }

bool joins(char before, char c, char after) {
  if (is_letter(before) && is_letter(after)) return c == '.' || c == '\'' || c == ':';
  if (is_digit(before) && is_digit(after)) return c == '.' || c == '\'' || c == ',' || c == ';';
  return false;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    char& c = out[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
    // U+00C0…U+00DE without U+00D7: two bytes, C3 80…C3 9E.
    if (c == '\xc3' && i + 1 < out.size()) {
      auto next = static_cast<unsigned char>(out[i + 1]);
      if (next >= 0x80 && next <= 0x9e && next != 0x97) out[i + 1] = static_cast<char>(next + 0x20);
    }
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < text.size()) {
    if (!is_word(text[i])) {
      ++i;
      continue;
    }
    std::size_t begin = i;
    while (i < text.size() && (is_word(text[i]) || (i + 1 < text.size() && joins(text[i - 1], text[i], text[i + 1]))))
      ++i;
    words.push_back(lower(text.substr(begin, i - begin)));
  }
  return words;
}

}  // namespace mes::telemetry::elastic
