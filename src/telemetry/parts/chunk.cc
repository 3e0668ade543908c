#include "telemetry/parts/chunk.h"

namespace mes::telemetry {

std::shared_ptr<const chunk> make_chunk(std::string index, std::string rows, std::uint64_t first_sequence) {
  auto made = std::make_shared<chunk>();
  made->index = std::move(index);
  made->bytes = std::move(rows);
  std::size_t size = made->bytes.size();
  made->bytes.append(parser_padding_bytes, '\0');
  std::string_view in(made->bytes.data(), size);
  row next;
  while (!in.empty()) {
    if (!read_row(in, next)) return nullptr;
    if (next.sequence == 0) next.sequence = first_sequence + made->rows.size();
    made->rows.push_back(next);
  }
  return made;
}

}  // namespace mes::telemetry
