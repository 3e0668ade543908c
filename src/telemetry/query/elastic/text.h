// Text as Elasticsearch's standard analyzer sees it: lower-case words (Unicode's UAX #29, as far as logs need it).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mes::telemetry::elastic {

// Letters, digits and '_' make words; '.', ''' and ':' join letters, '.', ',' and ';' join digits. Every character
// beyond ASCII counts as a letter; of those, Latin-1's are lowered.
std::vector<std::string> words_of(std::string_view text);
std::string lower(std::string_view text);

}  // namespace mes::telemetry::elastic
