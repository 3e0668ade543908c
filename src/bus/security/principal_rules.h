// Kafka's ssl.principal.mapping.rules: what a certificate's subject is called as a principal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bus/security/letters.h"

namespace re2 {
class RE2;
}

namespace mes::bus::security {

// Rules between commas, the first that matches the whole subject counts: DEFAULT (the subject as it is) or
// RULE:pattern/replacement/ with $1… for groups, and L or U at its end for lower or upper case.
class principal_rules {
 public:
  static result<principal_rules> parse(std::string_view text);  // "": DEFAULT
  // Nothing if no rule matches.
  result<std::string> apply(std::string_view subject) const;

  // Text, and what a group of the pattern has matched behind it.
  struct piece {
    std::string text;
    int group = -1;
  };
  using replacement = std::vector<piece>;

 private:
  struct rule {
    std::shared_ptr<const re2::RE2> pattern;  // nullptr: DEFAULT
    replacement with;
    std::optional<letter_case> letters;
  };
  std::vector<rule> _rules;
};

}  // namespace mes::bus::security
