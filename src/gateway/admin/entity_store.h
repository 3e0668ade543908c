// What the gateway's configuration is made of: a file, or what POST /config has put in its place; and over it what the
// Admin API has written, entity by entity.
//
// All or nothing: each change is checked as a whole, kept on disk (synced, then renamed into place), made active, and
// only then told to be done. One file, entities.json in the data directory, holds what was posted and written.
//
// A file that has changed is merged anew: what was written holds where both have changed the same entity, and
// conflicts() tells of it. Of two configurations as wholes, the later one counts: a file that has changed replaces what
// was posted.
//
// Belongs to one thread.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/config/check_memory.h"
#include "gateway/config/configuration.h"
#include "gateway/config/written.h"
#include "observe/log.h"
#include "os/file_system.h"

namespace mes::gateway {

class entity_store {
 public:
  // Makes a configuration the one that new requests go by.
  using activator = std::function<void(std::shared_ptr<const configuration>)>;

  struct options {
    std::string folder;    // entities.json is in it
    bool writable = true;  // false: as a Kong without a database; what was written before is not in force
  };
  entity_store(os::file_system& files, options o, const observe::logger& log, activator activate);

  result<void> open();  // reads what was written before; first of all
  // Errors (invalid_argument) have their findings as fields. Nothing has changed then.
  result<void> use_file(std::string text, const std::string& name);
  result<void> post(std::string text);  // replaces all, what was written too
  result<void> write(std::span<const entity_change> changes);
  result<void> forget_writes();  // back to the file

  bool writable() const { return _options.writable; }
  const std::shared_ptr<const document>& entities() const { return _entities; }  // a write makes a new one
  const configuration& config() const { return *_config; }
  std::string config_text() const;                             // as it was read, if nothing was written since
  const document& of_file() const { return *_base.entities; }  // without what was written
  std::size_t writes() const { return _kept.written.size(); }
  const std::vector<write_conflict>& conflicts() const { return _conflicts; }

 private:
  struct kept {  // what entities.json holds
    written_entities written;
    std::optional<std::string> posted;
    std::string file_digest;  // of the file that `posted` replaces
    std::int64_t format = 2;
  };
  struct base {
    std::string text, name;
    std::shared_ptr<const document> entities;
    std::shared_ptr<const configuration> config;  // of it alone
  };

  // `taken`: it was in force before, and what has only become too old since is no error.
  result<base> read_base(std::string text, const std::string& name, bool taken = false) const;
  result<void> take(base from, kept next, bool changes_disk);
  static std::expected<kept, std::string> read_kept(std::string_view text);
  result<void> save(const kept& next) const;
  result<void> check_places(const kept& what, const base& from) const;
  result<void> check_alike(const kept& what, const base& from) const;
  error refused(const reporter& report, std::string_view what) const;
  static constexpr const char* file_name = "entities.json";
  std::string path() const { return _options.folder + '/' + file_name; }

  os::file_system& _files;
  options _options;
  const observe::logger& _log;
  activator _activate;
  kept _kept;
  base _base;
  std::vector<write_conflict> _conflicts;
  std::string _file_digest;
  mutable check_memory _checked;
  std::set<std::string> _warnings;  // of what was written
  std::shared_ptr<const document> _entities;
  std::shared_ptr<const configuration> _config;
};

}  // namespace mes::gateway
