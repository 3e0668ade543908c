// Any files as the log of a bus: no crash at the start; what opens, closes, and opens again to the same.
//
// Input: pieces, each a kind (1 byte), a size (2 bytes) and so many bytes. Kinds: 0 bytes of the segment as they are;
// 1 the payload of a state frame, 2 the payload of a batch frame, each with a frame header that fits; 3 the body of a
// checkpoint, sealed; 4 an index file as it is; 5 the directory of an index file, sealed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "bus/log/store.h"
#include "bus/log/store_state.h"
#include "bus/log/verify.h"
#include "os/sim_file_system.h"
#include "wire/kafka/crc32c.h"
#include "wire/kafka/record_batch.h"

namespace {

namespace log = mes::bus::log;
namespace kafka = mes::wire::kafka;

struct nothing_beside : log::state_machine {
  void apply(std::string_view) override {}
  void snapshot(kafka::writer&) const override {}
  bool restore(kafka::reader& in, std::int8_t) override { return in.ok(); }
};

std::string frame_of(bool batch, std::string payload) {
  log::frame_header header;
  if (payload.empty()) return {};
  if (batch) {
    if (payload.size() < kafka::batch_header::size) payload.resize(kafka::batch_header::size);
    kafka::writer length;
    length.int32(static_cast<std::int32_t>(payload.size() - kafka::batch_header::prefix));
    payload.replace(8, 4, length.buffer());
    payload[16] = 2;
    kafka::writer sum;
    sum.int32(
        static_cast<std::int32_t>(kafka::crc32c(std::string_view(payload).substr(kafka::batch_header::summed_from))));
    payload.replace(kafka::batch_header::crc_at, 4, sum.buffer());
    const auto b = kafka::peek_batch(payload);
    header.kind = log::frame_kind::batch;
    header.base_offset = b->base_offset;
    header.leader_epoch = b->leader_epoch;
    header.payload_crc = b->crc;
  } else {
    header.payload_crc = kafka::crc32c(payload);
  }
  header.payload_size = static_cast<std::uint32_t>(payload.size());
  std::string frame;
  log::append_frame_header(frame, header, 1);
  return frame + payload;
}

void put(mes::os::file_system& files, const std::string& name, std::string_view bytes) {
  auto file = files.open("/bus/" + name, mes::os::open_mode::create);
  if (!file || !(*file)->truncate(0) || !(*file)->pwrite(0, bytes) || !(*file)->sync()) std::abort();
}

// The ends of all partitions, in a form to compare; nothing if it does not open.
std::string open_and_close(mes::os::file_system& files) {
  static mes::observe::logger quiet("fuzz", mes::observe::level::error);
  quiet.set_stdout(false);
  nothing_beside beside;
  log::store_options options;
  options.files = &files;
  options.directory = "/bus";
  options.segment_bytes = 1 << 20;
  options.notify = [] {};
  auto store = log::store::open(options, beside, quiet);
  if (!store) return {};
  std::string ends = "open;";
  for (const auto& [name, t] : (*store)->topics())
    for (const auto& p : t->partitions) {
      ends += name + " " + std::to_string(p->log_start()) + " " + std::to_string(p->high_watermark()) + ";";
      std::vector<kafka::external_bytes> parts;
      if (p->log_start() < p->high_watermark()) (void)p->read(p->log_start(), 1 << 16, true, parts);
    }
  if (!(*store)->close()) std::abort();
  return ends;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mes::os::sim_file_system files;
  if (!files.make_dirs("/bus")) std::abort();
  std::string segment = log::make_segment_header(1);
  kafka::reader in({reinterpret_cast<const char*>(data), size});
  while (in.ok() && in.left() > 0) {
    const int kind = in.int8();
    const std::string piece(in.raw(std::min<std::size_t>(in.uint16(), in.left())));
    if (kind == 0) segment += piece;
    if (kind == 1 || kind == 2) segment += frame_of(kind == 2, piece);
    if (kind == 3) put(files, "checkpoint", log::seal(log::checkpoint_magic, piece));
    if (kind == 4) put(files, log::index_name(1), piece);
    if (kind == 5) put(files, log::index_name(1), log::index_file{{}, piece}.bytes());
  }
  put(files, log::segment_name(1), segment);
  if (!files.sync_dir("/bus")) std::abort();
  (void)log::verify(files, "/bus");
  const std::string first = open_and_close(files);
  if (first.empty()) return 0;
  if (const std::string second = open_and_close(files); second != first) {
    std::fprintf(stderr, "opened as: %s\nand then as: %s\n", first.c_str(), second.c_str());
    std::abort();
  }
  return 0;
}
