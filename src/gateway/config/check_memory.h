// What checks that cost much have found, kept from one load of a configuration to the next: reading a key takes 0.2 ms,
// each write through the Admin API loads all there is, and there may be thousands of keys.
//
// Belongs to one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mes::gateway {

class check_memory {
 public:
  struct finding {
    int kind = 0;         // of key
    std::string warning;  // "" = none
  };

  // What the last load or this one has not asked for is forgotten.
  void begin_load();
  // Of texts that have passed; nullopt: it is not known.
  std::optional<finding> find(std::string_view check, std::string_view text);
  void keep(std::string_view check, std::string_view text, finding found);

 private:
  std::map<std::string, finding> _now, _before;  // by the check's name and the text's digest
};

}  // namespace mes::gateway
