// What administrators set and the log keeps: ACLs, SCRAM credentials, quotas, and configurations of the broker and of
// groups. Entries of key and value; a change of several is one frame of the log: all of it or nothing survives.
//
// Who understands an entry is its kind's view, which is told of every entry that came, changed or went.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::security {

enum class entry_kind : char { acl = 'a', scram = 's', quota = 'q', config = 'c' };

struct edit {
  entry_kind kind;
  std::string key;
  std::optional<std::string> value;  // nothing: the entry goes
};

// Loop thread only.
class cluster_settings {
 public:
  static constexpr unsigned char change_byte = 64;  // first of our payloads in the log (log/store.h, state_machine)

  // `value` is nullptr when the entry has gone.
  using view = std::function<void(const std::string& key, const std::string* value)>;
  using append = std::function<void(std::string payload, std::move_only_function<void(bool)> done)>;

  explicit cluster_settings(append to_log) : _append(std::move(to_log)) {}
  void set_view(entry_kind kind, view v) { _views[kind] = std::move(v); }

  // In effect, for everybody, when `done` says that they are stored.
  void change(const std::vector<edit>& edits, std::move_only_function<void(bool stored)> done);

  void apply(std::string_view payload);
  void snapshot(wire::kafka::writer& out) const;
  bool restore(wire::kafka::reader& in);

 private:
  void set(entry_kind kind, std::string key, std::optional<std::string> value);

  append _append;
  std::map<entry_kind, view> _views;
  std::map<std::pair<entry_kind, std::string>, std::string> _entries;
};

}  // namespace mes::bus::security
