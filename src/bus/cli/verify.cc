#include "bus/log/verify.h"

#include <fmt/format.h>
#include <unistd.h>

#include "bus/cli/commands.h"
#include "bus/cli/support.h"
#include "os/descriptor_limit.h"
#include "os/file_system.h"
#include "os/lock_file.h"
#include "runtime/data_lock.h"

namespace mes::bus::cli {

int verify_command(int argc, char** argv) {
  CLI::App app(
      "Reads every file of a bus that is down, checks every CRC and index, and tells what does not hold "
      "together, as file:offset.",
      "mes bus verify");
  app.get_formatter()->column_width(32);
  std::string data = "./var";
  app.add_option("--data", data, "The platform's data directory [default: ./var] [MES_DATA]")->envname("MES_DATA");
  if (const auto code = parse(app, argc, argv)) return *code;
  const std::string directory = data + "/bus";
  // Until the end: no bus starts meanwhile. Where there is none, no bus that has locks has been.
  const auto lock = os::lock_file::share(runtime::data_lock_path(data, "bus").string());
  if (!lock && lock.error().code == error_code::conflict)
    return failed({error_code::conflict,
                   fmt::format("a bus (pid {}) writes {}: stop it first", lock.error().message, directory)});
  os::raise_descriptor_limit();  // as the bus, which the start is tried for
  const auto files = os::make_real_file_system();
  const bool on_terminal = isatty(STDERR_FILENO) != 0;
  const auto report = log::verify(*files, directory, [on_terminal](const std::string& file) {
    if (on_terminal) fmt::print(stderr, "\r{}", file);
  });
  if (on_terminal) fmt::print(stderr, "\r{:40}\r", "");
  if (!report) return failed(report.error());
  for (const log::log_problem& p : report->problems)
    fmt::print("{}: {}\n", p.file.empty() ? directory : fmt::format("{}/{}:{}", directory, p.file, p.at), p.what);
  fmt::print("{} segments, {} indexes, {} batches, {} changes of state, {} bytes: {}\n", report->segments,
             report->indexes, report->batches, report->states, report->bytes,
             report->problems.empty() ? "all whole" : fmt::format("{} problems", report->problems.size()));
  return report->problems.empty() ? 0 : exit_failed;
}

}  // namespace mes::bus::cli
