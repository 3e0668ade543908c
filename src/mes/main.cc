// mes: one binary, many roles. `mes up` starts them all; `mes ROLE` plays one in the foreground.
#include <cstdio>

#include "mes/roles.h"

int main() {
  for (const auto& role : mes::roles()) std::printf("%s\n", std::string(role.name).c_str());
  return 0;
}
