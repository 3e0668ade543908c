#include "os/whole_file.h"

#include <utility>

namespace mes::os {

result<std::string> read_whole(file_system& files, const std::string& path) {
  auto file = files.open(path, open_mode::read);
  if (!file) return fail(std::move(file.error()));
  auto size = (*file)->size();
  if (!size) return fail(std::move(size.error()));
  std::string bytes(*size, '\0');
  auto got = (*file)->pread(0, bytes);
  if (!got) return fail(std::move(got.error()));
  bytes.resize(*got);
  return bytes;
}

result<std::unique_ptr<file>> write_whole(file_system& files, const std::string& path, std::string_view bytes) {
  auto file = files.open(path, open_mode::create);
  if (!file) return file;
  const auto write = [&]() -> result<void> {
    if (auto ok = (*file)->truncate(0); !ok) return ok;
    if (auto ok = (*file)->pwrite(0, bytes); !ok) return ok;
    return (*file)->sync();
  };
  if (auto written = write(); !written) {
    (void)files.remove(path);  // the first error is the one to tell of
    return fail(std::move(written.error()));
  }
  return file;
}

result<void> replace_whole(file_system& files, const std::string& folder, const std::string& name,
                           std::string_view bytes) {
  const std::string fresh = folder + "/" + fresh_name(name);
  if (auto written = write_whole(files, fresh, bytes); !written) return fail(std::move(written.error()));
  if (auto ok = files.rename(fresh, folder + "/" + name); !ok) return ok;
  return files.sync_dir(folder);
}

}  // namespace mes::os
