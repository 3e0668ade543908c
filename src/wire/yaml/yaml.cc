#include "wire/yaml/yaml.h"

#include <fmt/core.h>
#include <yaml.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <unordered_set>

namespace mes::wire {
namespace {

constexpr int depth_max = 64;
constexpr std::size_t alias_bytes_max = 64 << 20;  // what aliases may add: ends "billion laughs"
constexpr std::size_t file_bytes_max = 64 << 20;
// libyaml passes over it only where it is to find out the encoding; else it counts as a column.
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::string_view text_of(const yaml_char_t* p, std::size_t n) { return {reinterpret_cast<const char*>(p), n}; }
std::string_view text_of(const yaml_char_t* p) { return p ? reinterpret_cast<const char*>(p) : ""; }

yaml_mark mark_of(const yaml_mark_t& m) { return {static_cast<int>(m.line) + 1, static_cast<int>(m.column) + 1}; }

// YAML 1.1's null, as libyaml's users read plain scalars.
bool is_null_text(std::string_view s) { return s.empty() || s == "~" || s == "null" || s == "Null" || s == "NULL"; }

std::size_t bytes_of(const yaml_node& n) {
  std::size_t sum = sizeof(yaml_node) + n.scalar.size();
  for (const yaml_node& i : n.items) sum += bytes_of(i);
  for (const auto& [k, v] : n.members) sum += bytes_of(k) + bytes_of(v);
  return sum;
}

bool same(yaml_mark a, yaml_mark b) { return a.line == b.line && a.column == b.column; }

void advance(yaml_mark& m, char c) {
  if (c == '\n') {
    ++m.line;
    m.column = 1;
  } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
    ++m.column;
  }
}

// Line and column of a byte, for errors of libyaml's reader, which knows bytes only.
yaml_mark mark_at(std::string_view text, std::size_t offset) {
  yaml_mark m{1, 1};
  for (const char c : text.substr(0, offset)) advance(m, c);
  return m;
}

// Where libyaml's scanner and parser count as mark_at() does. 0: behind the end.
char character_at(std::string_view text, yaml_mark place) {
  yaml_mark m{1, 1};
  for (const char c : text) {
    if (same(m, place)) return c;
    advance(m, c);
  }
  return 0;
}

struct event_guard {
  yaml_event_t event{};
  event_guard() = default;
  event_guard(const event_guard&) = delete;
  event_guard& operator=(const event_guard&) = delete;
  ~event_guard() { yaml_event_delete(&event); }
};

class reader {
 public:
  reader(std::string_view text, std::string_view file, std::vector<yaml_repeat>* repeats)
      : _text(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text),
        _file(file),
        _repeats(repeats) {
    if (!yaml_parser_initialize(&_parser)) throw std::bad_alloc();
    yaml_parser_set_encoding(&_parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&_parser, reinterpret_cast<const unsigned char*>(_text.data()), _text.size());
  }
  ~reader() { yaml_parser_delete(&_parser); }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  result<yaml_node> document() {
    for (const yaml_event_type_t expected : {YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT}) {
      event_guard e;
      if (auto r = next(e.event); !r) return fail(r.error());
      if (e.event.type == YAML_STREAM_END_EVENT) return yaml_node{.mark = {1, 1}};  // nothing but comments
      if (e.event.type != expected) return at(mark_of(e.event.start_mark), "a document was expected here");
    }
    auto root = node(1);
    if (!root) return root;
    event_guard end, after;
    if (auto r = next(end.event); !r) return fail(r.error());
    if (auto r = next(after.event); !r) return fail(r.error());
    if (after.event.type != YAML_STREAM_END_EVENT)
      return at(mark_of(after.event.start_mark), "a second document begins here; one document a file is expected");
    return root;
  }

 private:
  std::unexpected<error> at(yaml_mark m, std::string_view what) const {
    return fail(error_code::invalid_argument, fmt::format("{}:{}:{}: {}", _file, m.line, m.column, what));
  }

  result<void> next(yaml_event_t& e) {
    if (yaml_parser_parse(&_parser, &e)) return {};
    if (_parser.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    if (_parser.error == YAML_READER_ERROR)
      return at(mark_at(_text, _parser.problem_offset), _parser.problem ? _parser.problem : "unreadable character");
    const yaml_mark place = mark_of(_parser.problem_mark), began = mark_of(_parser.context_mark);
    if (character_at(_text, place) == '\t') return at(place, "a tab; YAML is indented by spaces");
    std::string what = _parser.problem ? _parser.problem : "not YAML";
    if (_parser.context) what += fmt::format(" ({}", _parser.context);
    if (_parser.context && !same(began, place))
      what += fmt::format(", which began at line {}, column {}", began.line, began.column);
    if (_parser.context) what += ")";
    return at(place, what);
  }

  result<yaml_node> node(int depth) {
    event_guard e;
    if (auto r = next(e.event); !r) return fail(r.error());
    return node(e.event, depth);
  }

  result<yaml_node> node(const yaml_event_t& e, int depth) {
    const yaml_mark mark = mark_of(e.start_mark);
    if (depth > depth_max) return at(mark, fmt::format("nested deeper than {} levels", depth_max));
    switch (e.type) {
      case YAML_ALIAS_EVENT:
        return alias(text_of(e.data.alias.anchor), mark, depth);
      case YAML_SCALAR_EVENT:
        return keep(text_of(e.data.scalar.anchor), scalar(e, mark));
      case YAML_SEQUENCE_START_EVENT:
        if (auto r = check_tag(text_of(e.data.sequence_start.tag), "seq", mark); !r) return fail(r.error());
        return keep(text_of(e.data.sequence_start.anchor), sequence(mark, depth));
      case YAML_MAPPING_START_EVENT:
        if (auto r = check_tag(text_of(e.data.mapping_start.tag), "map", mark); !r) return fail(r.error());
        return keep(text_of(e.data.mapping_start.anchor), mapping(mark, depth));
      default:
        return at(mark, "a value was expected here");
    }
  }

  result<yaml_node> keep(std::string_view anchor, result<yaml_node> n) {
    if (n && !anchor.empty()) _anchors.insert_or_assign(std::string(anchor), *n);
    return n;
  }

  result<void> check_tag(std::string_view tag, std::string_view kind, yaml_mark mark) const {
    if (tag.empty() || tag == "!" || tag == std::string("tag:yaml.org,2002:").append(kind)) return {};
    return at(mark, fmt::format("the tag {} is not known here", tag));
  }

  result<yaml_node> scalar(const yaml_event_t& e, yaml_mark mark) const {
    const auto& s = e.data.scalar;
    yaml_node n{.type = yaml_node::kind::scalar, .mark = mark, .scalar = std::string(text_of(s.value, s.length))};
    n.quoted = s.style != YAML_PLAIN_SCALAR_STYLE;
    std::string_view tag = text_of(s.tag);
    constexpr std::string_view core = "tag:yaml.org,2002:";
    if (tag.starts_with(core)) {
      tag.remove_prefix(core.size());
      if (tag == "str") n.quoted = true;
      if (tag != "str" && tag != "int" && tag != "float" && tag != "bool" && tag != "null")
        return at(mark, fmt::format("the tag !!{} is not known here", tag));
    } else if (tag == "!") {
      n.quoted = true;  // the non-specific tag: text
    } else if (!tag.empty()) {
      return at(mark, fmt::format("the tag {} is not known here", tag));
    }
    if (!n.quoted && is_null_text(n.scalar)) n.type = yaml_node::kind::null;
    return n;
  }

  result<yaml_node> sequence(yaml_mark mark, int depth) {
    yaml_node n{.type = yaml_node::kind::sequence, .mark = mark};
    for (;;) {
      event_guard e;
      if (auto r = next(e.event); !r) return fail(r.error());
      if (e.event.type == YAML_SEQUENCE_END_EVENT) return n;
      auto item = node(e.event, depth + 1);
      if (!item) return item;
      n.items.push_back(std::move(*item));
    }
  }

  result<yaml_node> mapping(yaml_mark mark, int depth) {
    yaml_node n{.type = yaml_node::kind::mapping, .mark = mark};
    std::unordered_set<std::string> seen;
    std::vector<yaml_node> merged;
    for (;;) {
      event_guard e;
      if (auto r = next(e.event); !r) return fail(r.error());
      if (e.event.type == YAML_MAPPING_END_EVENT) break;
      auto key = node(e.event, depth + 1);
      if (!key) return key;
      if (key->type == yaml_node::kind::sequence || key->type == yaml_node::kind::mapping)
        return at(key->mark, "a key must be a single value");
      auto value = node(depth + 1);
      if (!value) return value;
      if (key->scalar == "<<" && !key->quoted) {
        if (auto r = collect_merge(std::move(*value), merged); !r) return fail(r.error());
        continue;
      }
      if (!seen.insert(key->scalar).second) {
        if (!_repeats) return at(key->mark, fmt::format("the key \"{}\" is here twice", key->scalar));
        _repeats->push_back({key->mark, key->scalar});
        std::erase_if(n.members, [&](const yaml_member& m) { return m.first.scalar == key->scalar; });
      }
      n.members.push_back({std::move(*key), std::move(*value)});
    }
    for (yaml_node& from : merged)  // YAML 1.1's merge key: what is written here wins, then the earlier one
      for (auto& member : from.members)
        if (seen.insert(member.first.scalar).second) n.members.push_back(std::move(member));
    return n;
  }

  result<void> collect_merge(yaml_node value, std::vector<yaml_node>& merged) const {
    if (value.type == yaml_node::kind::mapping) {
      merged.push_back(std::move(value));
      return {};
    }
    if (value.type != yaml_node::kind::sequence) return at(value.mark, "<< takes a mapping or a list of mappings");
    for (yaml_node& item : value.items) {
      if (item.type != yaml_node::kind::mapping) return at(item.mark, "<< takes a mapping or a list of mappings");
      merged.push_back(std::move(item));
    }
    return {};
  }

  result<yaml_node> alias(std::string_view name, yaml_mark mark, int depth) {
    const auto found = _anchors.find(name);
    if (found == _anchors.end()) return at(mark, fmt::format("*{} names no anchor that is complete before it", name));
    _alias_bytes += bytes_of(found->second);
    if (_alias_bytes > alias_bytes_max)
      return at(mark, fmt::format("aliases expand to more than {} MiB", alias_bytes_max >> 20));
    if (depth + depth_of(found->second) - 1 > depth_max)
      return at(mark, fmt::format("nested deeper than {} levels", depth_max));
    yaml_node copy = found->second;
    copy.mark = mark;
    return copy;
  }

  static int depth_of(const yaml_node& n) {
    int deepest = 0;
    for (const yaml_node& i : n.items) deepest = std::max(deepest, depth_of(i));
    for (const auto& [k, v] : n.members) deepest = std::max(deepest, depth_of(v));
    return deepest + 1;
  }

  std::string_view _text;
  std::string_view _file;
  yaml_parser_t _parser{};
  std::map<std::string, yaml_node, std::less<>> _anchors;
  std::size_t _alias_bytes = 0;
  std::vector<yaml_repeat>* _repeats;
};

}  // namespace

const yaml_node* yaml_node::find(std::string_view key) const {
  for (const auto& [k, v] : members)
    if (k.scalar == key) return &v;
  return nullptr;
}

yaml_node* yaml_node::find(std::string_view key) {
  for (auto& [k, v] : members)
    if (k.scalar == key) return &v;
  return nullptr;
}

result<yaml_node> parse_yaml(std::string_view text, std::string_view file_name, std::vector<yaml_repeat>* repeats) {
  return reader(text, file_name, repeats).document();
}

result<yaml_node> read_yaml_file(const std::string& path, std::vector<yaml_repeat>* repeats) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return fail(error_code::not_found, fmt::format("{}: {}", path, std::strerror(errno)));
  std::string text;
  char block[16384];
  while (const std::size_t n = std::fread(block, 1, sizeof block, file.get())) {
    text.append(block, n);
    if (text.size() > file_bytes_max)
      return fail(error_code::too_large, fmt::format("{}: larger than {} MiB", path, file_bytes_max >> 20));
  }
  if (std::ferror(file.get()))
    return fail(error_code::storage_failed, fmt::format("{}: {}", path, std::strerror(errno)));
  return parse_yaml(text, path, repeats);
}

}  // namespace mes::wire
