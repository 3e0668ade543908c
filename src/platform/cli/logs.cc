// `mes logs`: reads DATA/logs, also when no platform runs.
#include <fmt/core.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "platform/cli/commands.h"

namespace mes::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t past_bytes_max = 1 << 20;

struct line {
  std::string time;  // the line's own, or that of the line before it
  std::string role;
  std::string text;
  std::size_t order = 0;  // among lines of the same time
};

// Our roles write {"timestamp":"…"}; Redis and Prometheus have their own forms, which follow the line before.
std::string time_of(const std::string& text) {
  constexpr std::string_view key = "\"timestamp\":\"";
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return "";
  const std::size_t from = at + key.size(), to = text.find('"', from);
  return to == std::string::npos ? "" : text.substr(from, to - from);
}

class followed {
 public:
  followed(fs::path path, std::string role) : _path(std::move(path)), _role(std::move(role)) {}

  // What has been added since the last call, in whole lines.
  void read_new(std::vector<line>& into) {
    std::error_code e;
    const std::uintmax_t size = fs::file_size(_path, e);
    if (e) return;
    if (size < _offset) _offset = 0;  // rotated
    std::ifstream in(_path, std::ios::binary);
    std::string text;
    if (_offset == 0 && size > past_bytes_max) {  // old news: from a whole line near the end
      _offset = size - past_bytes_max;
      in.seekg(static_cast<std::streamoff>(_offset));
      if (std::getline(in, text)) _offset += text.size() + 1;
    }
    in.seekg(static_cast<std::streamoff>(_offset));
    while (std::getline(in, text) && !in.eof()) {
      _offset += text.size() + 1;
      if (std::string t = time_of(text); !t.empty()) _time = std::move(t);
      into.push_back({.time = _time, .role = _role, .text = std::move(text)});
    }
  }

 private:
  fs::path _path;
  std::string _role;
  std::string _time;
  std::uintmax_t _offset = 0;
};

void print(const std::vector<line>& lines, bool with_role) {
  for (const line& l : lines)
    if (with_role)
      fmt::print("{:<14} | {}\n", l.role, l.text);
    else
      fmt::print("{}\n", l.text);
  std::fflush(stdout);
}

int follow_folder(const fs::path& folder, std::map<std::string, followed>& files, const std::string& only) {
  const int watch = inotify_init1(IN_CLOEXEC);
  if (watch < 0 || inotify_add_watch(watch, folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
    fmt::print(stderr, "mes logs: cannot watch {}: {}\n", folder.string(), std::strerror(errno));
    return 1;
  }
  alignas(inotify_event) char block[4096];
  while (read(watch, block, sizeof block) > 0) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string role = entry.path().stem().string();
      if (entry.path().extension() == ".log" && (only.empty() || role == only))
        files.try_emplace(role, entry.path(), role);
    }
    std::vector<line> fresh;
    for (auto& [name, file] : files) file.read_new(fresh);
    print(fresh, only.empty());
  }
  close(watch);
  return 0;
}

}  // namespace

int logs_command(const std::string& data, const std::string& role, bool follow, int lines) {
  const fs::path folder = fs::path(data) / "logs";
  std::map<std::string, followed> files;
  std::error_code e;
  for (const auto& entry : fs::directory_iterator(folder, e)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".log" && (role.empty() || name == role))
      files.try_emplace(name, entry.path(), name);
  }
  if (files.empty()) {
    fmt::print(stderr, "mes logs: {} has no log{}\n", folder.string(), role.empty() ? "" : " of " + role);
    return 1;
  }
  std::vector<line> all;
  for (auto& [name, file] : files) file.read_new(all);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].order = i;
  std::ranges::sort(all, {}, [](const line& l) { return std::pair<std::string_view, std::size_t>(l.time, l.order); });
  if (all.size() > static_cast<std::size_t>(lines)) all.erase(all.begin(), all.end() - lines);
  print(all, role.empty());
  return follow ? follow_folder(folder, files, role) : 0;
}

}  // namespace mes::platform
