// Log records appended to a file, a line each (K:kong/plugins/file-log/handler.lua).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "gateway/plugins/kinds.h"
#include "gateway/plugins/record_log.h"

namespace mes::gateway {
namespace {

using enum field_type;

std::string check_file_name(std::string_view text) {
  return text.empty() || text.find_first_of("*&%\\`") != std::string_view::npos ? "not a valid filename" : "";
}

const schema& config_fields() {
  static const schema fields = {
      {.name = "path", .required = true, .check = check_file_name},
      {.name = "reopen", .type = boolean, .fallback = "false"},
      custom_fields_by_lua(),
  };
  return fields;
}

// A full disk, or a process that was ended, has left a part of a line: of a file, which has an end.
bool ends_within_line(const std::string& path, int fd) {
  struct stat what{};
  if (fstat(fd, &what) != 0 || !S_ISREG(what.st_mode) || what.st_size == 0) return false;
  int reader = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (reader < 0) return false;
  char last = 0;
  const bool within = pread(reader, &last, 1, what.st_size - 1) == 1 && last != '\n';
  ::close(reader);
  return within;
}

struct log_file {
  std::string path;
  bool reopen = false;
  int fd = -1;

  log_file(std::string p, bool r) : path(std::move(p)), reopen(r) {}
  ~log_file() { close(); }
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;

  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }

  result<batch_losses> append(const std::vector<std::string>& lines) {
    std::string text;
    if (reopen) close();
    if (fd < 0) {
      fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK,
                0644);  // a FIFO may have no reader
      if (fd < 0) return failed("failed to open the file");
      if (ends_within_line(path, fd)) text = "\n";
    }
    for (const std::string& line : lines) text.append(line).append("\n");
    for (std::string_view rest = text; !rest.empty();) {
      ssize_t n = ::write(fd, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("failed to write to the file");
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

 private:
  std::unexpected<error> failed(std::string_view what) {
    int reason = errno;
    close();
    return fail(error_code::unavailable, fmt::format("{} {}: {}", what, path, std::generic_category().message(reason)));
  }
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  auto file = std::make_shared<log_file>(entry.config.text("path"), entry.config.flag("reopen"));
  std::shared_ptr<delivery_queue> queue;
  if (parts.logs)
    queue = parts.logs->queue(
        "file-log", entry.id, single_try(),
        [file](const std::vector<std::string>& batch, const wait_end&) { return file->append(batch); });
  return std::make_unique<record_log>(std::move(queue), entry);
}

}  // namespace

plugin_kind file_log_kind() {
  return {.name = "file-log",
          .priority = 9,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
