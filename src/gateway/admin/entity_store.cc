#include "gateway/admin/entity_store.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/instant.h"
#include "base/sha256.h"
#include "gateway/admin/timestamps.h"
#include "os/whole_file.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr std::int64_t format = 2;
constexpr std::int64_t format_before = 1;  // entities without a name have ids of their place in the file
constexpr std::string_view how_to_repair =
    "what is named of entities.json can be repaired or taken out there, by its id, while no gateway runs";
constexpr std::size_t kept_depth_max = 64;  // of an entity, what a request may have (32), and of what is around it

}  // namespace

entity_store::entity_store(os::file_system& files, options o, const observe::logger& log, activator activate)
    : _files(files), _options(std::move(o)), _log(log), _activate(std::move(activate)) {}

// What is wrong with the text, if it is not what save() writes.
std::expected<entity_store::kept, std::string> entity_store::read_kept(std::string_view text) {
  boost::system::error_code failure;
  json::value all = json::parse(text, failure, {}, {.max_depth = kept_depth_max});
  const json::object* parts = failure ? nullptr : all.if_object();
  if (!parts) return std::unexpected("this is no JSON");
  const json::value* version = parts->if_contains("format");
  if (!version || (*version != format && *version != format_before)) return std::unexpected("it is of another format");
  const json::value* written = parts->if_contains("written");
  auto read = written_entities::from_json(written ? *written : json::value(json::object()));
  if (!read) return std::unexpected(read.error().message);
  kept out{.written = std::move(*read),
           .posted = {},
           .file_digest = text_of(*parts, "file"),
           .format = version->to_number<std::int64_t>()};
  if (const json::value* posted = parts->if_contains("posted"); posted && posted->is_string())
    out.posted = text_of(*parts, "posted");
  return out;
}

result<void> entity_store::open() {
  auto text = os::read_whole(_files, path());
  if (!text) {
    if (text.error().code == error_code::not_found) return {};
    return fail(text.error());
  }
  auto read = read_kept(*text);
  if (!read)
    return fail(error_code::corrupt,
                fmt::format("{}: {}; move it away to start without what was written through the Admin API", path(),
                            read.error()));
  if (_options.writable)
    _kept = std::move(*read);
  else if (!read->written.empty())
    _log.warn(fmt::format("{} entities that the Admin API has written are not in force: admin_writes is off",
                          read->written.size()));
  return {};
}

error entity_store::refused(const reporter& report, std::string_view what) const {
  error out(error_code::invalid_argument, fmt::format("{} has {}", what, report.count()));
  for (const diagnostic& d : report.sorted())
    if (d.kind == severity::error) out.fields.push_back({.path = "", .message = report.text_of(d)});
  return out;
}

result<entity_store::base> entity_store::read_base(std::string text, const std::string& name, bool taken) const {
  reporter report(name);
  report.taken = taken;
  report.memory = &_checked;
  _checked.begin_load();
  document entities;
  base out{.text = text, .name = name, .entities = nullptr, .config = nullptr};
  out.config = load_configuration(std::move(text), report, &entities);
  if (!out.config) return fail(refused(report, name));
  for (const diagnostic& d : report.sorted())
    if (d.kind == severity::warning) _log.warn(report.text_of(d));
  stamp_all(entities, _base.entities.get(), instant::now());
  out.entities = std::make_shared<const document>(std::move(entities));
  return out;
}

// What was written before over "the second route" must not come to lie over what is the second one now, nor get lost.
result<void> entity_store::check_places(const kept& what, const base& from) const {
  if (what.format != format_before) return {};
  auto places = what.written.lost_places(*from.entities);
  if (places.empty()) return {};
  error out(
      error_code::invalid_argument,
      fmt::format("{} has what was written over entities without a name that a version before knew by their place "
                  "in {}: write the id into each of these, or move {} away",
                  path(), from.name, path()));
  for (const id_of_place& p : places)
    out.fields.push_back(
        {.path = "",
         .message = fmt::format("{} {}: number {} of its kind in the file then, those inside of others counted too; "
                                "give it `id: {}`",
                                p.kind, p.id, p.place + 1, p.id)});
  return fail(std::move(out));
}

// Which of several that are alike is meant cannot be known: a deleted route must not come back, nor another one go.
result<void> entity_store::check_alike(const kept& what, const base& from) const {
  auto lost = what.written.lost_among_alike(*from.entities);
  if (lost.empty()) return {};
  error out(error_code::invalid_argument,
            fmt::format("{} has others now that are like what was written through the Admin API, and no name tells "
                        "them apart: write the id into the one that is meant, and others into those beside it",
                        from.name));
  for (const std::string& one : lost)
    out.fields.push_back({.path = "", .message = fmt::format("{}: more than one may be meant", one)});
  return fail(std::move(out));
}

// Checks what `from` and `next` come to, keeps it, and makes it active.
result<void> entity_store::take(base from, kept next, bool changes_disk) {
  std::shared_ptr<const document> entities = from.entities;
  std::shared_ptr<const configuration> config = from.config;
  std::set<std::string> warnings;
  if (!next.written.empty()) {
    entities = std::make_shared<const document>(next.written.over(*from.entities));
    reporter report(from.name + " with what the Admin API has written");
    bool written_is_wrong = false;
    report.entity_at = [&](int line) {
      const auto [kind, id] = entity_of_line(*entities, line);
      const bool written = next.written.contains(kind, id);
      written_is_wrong |= written;
      return fmt::format("{}, {}/{}", written ? path() : from.name, kind, id);
    };
    report.taken = true;  // what is new in it was checked alone
    report.memory = &_checked;
    _checked.begin_load();
    config = load_configuration(*entities, report);
    if (!config) {
      error why = refused(report, report.file());
      if (written_is_wrong) why.message += fmt::format("; {}", how_to_repair);
      return fail(std::move(why));
    }
    for (const diagnostic& d : report.findings())
      if (next.written.is_named_in(d.message)) warnings.insert(d.message);  // of others it was said before
  }
  if (!config) return fail(error_code::internal, "there is no configuration");
  if (changes_disk && _options.writable) {
    if (auto saved = save(next); !saved) return saved;
    next.format = format;
  }
  _activate(config);
  if (!next.written.empty()) from.config.reset();  // not in use
  for (const std::string& w : warnings)
    if (!_warnings.contains(w)) _log.warn(w);
  _warnings = std::move(warnings);
  _base = std::move(from);
  _kept = std::move(next);
  _conflicts = _kept.written.conflicts(*_base.entities);
  _entities = std::move(entities);
  _config = std::move(config);
  return {};
}

result<void> entity_store::save(const kept& next) const {
  json::object all{{"format", format}, {"file", next.file_digest}, {"written", next.written.to_json()}};
  all["posted"] = next.posted ? json::value(*next.posted) : json::value(nullptr);
  std::string text = json::serialize(all);
  // Nothing gets there that the next start could not read.
  if (auto read = read_kept(text); !read) {
    error refused(error_code::invalid_argument, fmt::format("it cannot be kept: {}", read.error()));
    refused.fields.push_back({.path = "", .message = refused.message});
    return fail(std::move(refused));
  }
  return os::replace_whole(_files, _options.folder, file_name, text);
}

result<void> entity_store::use_file(std::string text, const std::string& name) {
  std::string digest = sha256_hex(text);
  kept next = _kept;
  bool posted_stays = next.posted && next.file_digest == digest;
  auto from = posted_stays ? read_base(*next.posted, path() + ", posted", true) : read_base(std::move(text), name);
  if (!from) return fail(from.error());
  if (auto known = check_places(next, *from); !known) return known;
  if (auto known = check_alike(next, *from); !known) return known;
  bool dropped = next.posted && !posted_stays;
  if (dropped) {
    const std::string aside = "posted-before.yml";
    if (auto saved = os::replace_whole(_files, _options.folder, aside, *next.posted); !saved) return saved;
    _log.warn(fmt::format("{} has changed, and replaces what was posted to /config, which is in {}/{} now", name,
                          _options.folder, aside));
    next.posted.reset();
  }
  bool from_before = next.format == format_before;
  auto forgotten = next.written.forget_settled(*from->entities);
  if (auto taken = take(std::move(*from), std::move(next), dropped || !forgotten.empty()); !taken) return taken;
  for (const write_conflict& c : forgotten) {
    std::string what = fmt::format("{} {}: {}; it is forgotten", c.kind, c.id, c.what);
    // What is inside of an entity without a name has another id too since then.
    from_before ? _log.warn(what) : _log.info(what);
  }
  _file_digest = std::move(digest);
  if (writes() > 0) _log.info(fmt::format("{} entities that the Admin API has written lie over {}", writes(), name));
  for (const write_conflict& c : conflicts())
    _log.warn(fmt::format("{} {}: {}; the write holds", c.kind, c.id, c.what));
  return {};
}

result<void> entity_store::post(std::string text) {
  auto from = read_base(text, "config");
  if (!from) return fail(from.error());
  return take(std::move(*from), {.written = {}, .posted = std::move(text), .file_digest = _file_digest}, true);
}

result<void> entity_store::write(std::span<const entity_change> changes) {
  kept next = _kept;
  next.written.note(*_base.entities, changes);
  base from = _base;
  if (next.written.empty() && !from.config) {
    auto again = read_base(from.text, from.name, true);
    if (!again) return fail(again.error());
    from = std::move(*again);
  }
  return take(std::move(from), std::move(next), true);
}

result<void> entity_store::forget_writes() {
  auto from = read_base(_base.text, _base.name, true);
  if (!from) return fail(from.error());
  kept next = _kept;
  next.written = {};
  return take(std::move(*from), std::move(next), true);
}

std::string entity_store::config_text() const { return _kept.written.empty() ? _base.text : text_of(*_entities); }

}  // namespace mes::gateway
