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

result<void> replace_whole(file_system& files, const std::string& folder, const std::string& name,
                           std::string_view bytes) {
  const std::string fresh = folder + "/" + name + ".new";
  auto file = files.open(fresh, open_mode::create);
  if (!file) return fail(std::move(file.error()));
  if (auto ok = (*file)->truncate(0); !ok) return ok;
  if (auto ok = (*file)->pwrite(0, bytes); !ok) return ok;
  if (auto ok = (*file)->sync(); !ok) return ok;
  file->reset();
  if (auto ok = files.rename(fresh, folder + "/" + name); !ok) return ok;
  return files.sync_dir(folder);
}

}  // namespace mes::os
