#!/usr/bin/env python3
"""Makes src/wire/kafka/generated/ of contracts/kafka/*.txt (format: contracts/kafka/README.md).

Usage: generate_kafka.py [--check]     --check compares instead of writing; exit code 1 if anything differs.
The broker's direction (decode requests, encode responses) and the peer's (the reverse: tests, tools) are made into
files of their own, so that what does not use the latter does not link it.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "src/wire/kafka/generated"
PRIMITIVES = {"bool": "bool", "int8": "std::int8_t", "int16": "std::int16_t", "int32": "std::int32_t",
              "int64": "std::int64_t", "uint16": "std::uint16_t", "float64": "double", "uuid": "uuid"}
MAX = 32767


class Versions:
    def __init__(self, text):
        if text == "none":
            self.low, self.high = 1, 0
        elif text.endswith("+"):
            self.low, self.high = int(text[:-1]), MAX
        elif "-" in text:
            self.low, self.high = (int(x) for x in text.split("-"))
        else:
            self.low = self.high = int(text)

    def within(self, outer):
        result = Versions("none")
        result.low, result.high = max(self.low, outer.low), min(self.high, outer.high)
        return result

    def empty(self):
        return self.low > self.high

    def condition(self, known):
        """C++ for `version is in here`, given that it is in `known`; None: always; "false": never."""
        both = self.within(known)
        if both.empty():
            return "false"
        parts = []
        if both.low > known.low:
            parts.append(f"version >= {both.low}")
        if both.high < known.high:
            parts.append(f"version <= {both.high}")
        return " && ".join(parts) or None


class Field:
    def __init__(self, line, where):
        match = re.fullmatch(r"(\w+) (\[\])?(\w+)(?: ([\d+-]+))?(?: null ([\d+-]+))?(?: tag (\d+) ([\d+-]+))?(?: = (\S+))?", line)
        if not match:
            sys.exit(f"{where}: cannot read: {line}")
        self.name, array, self.type, versions, null, tag, tagged, self.default = match.groups()
        self.array = bool(array)
        self.versions = Versions(versions or "0+")
        self.nullable = Versions(null or "none")
        self.tag = None if tag is None else int(tag)
        self.tagged = Versions(tagged or "none")
        self.fields = []
        self.struct = None  # C++ name of the structure


class Message:
    def __init__(self, line, where):
        parts = line.split()
        if len(parts) != 6 or parts[4] != "flexible":
            sys.exit(f"{where}: cannot read: {line}")
        self.kind, self.key, self.api = parts[0], parts[1], parts[2]
        self.versions, self.flexible = Versions(parts[3]), Versions(parts[5])
        self.name = self.api if self.kind == "data" else f"{self.api}_{self.kind}"
        self.view = self.kind != "response"  # text and bytes are views of the input
        self.fields = []

    def structs(self):
        """(name, fields), inner ones first, each once."""
        seen = {}

        def walk(fields):
            for field in fields:
                if field.struct:
                    walk(field.fields)
                    seen.setdefault(field.struct, field.fields)
        walk(self.fields)
        return list(seen.items())


def parse(path):
    messages, stack = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path}:{number}"
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        if depth == 0:
            messages.append(Message(text, where))
            stack = [messages[-1]]
            continue
        field = Field(text, where)
        del stack[depth:]
        if len(stack) != depth:
            sys.exit(f"{where}: indented too far")
        stack[-1].fields.append(field)
        stack.append(field)
    for message in messages:
        name_structs(message)
    return messages


def name_structs(message):
    names = set()

    def collect(fields):
        for field in fields:
            names.add(field.name)
            collect(field.fields)

    def walk(fields):
        for field in fields:
            if field.type not in PRIMITIVES and field.type not in ("string", "bytes", "records"):
                field.struct = field.type + ("_item" if field.type in names else "")
            walk(field.fields)
    collect(message.fields)
    walk(message.fields)


def element_type(field, message, scope=""):
    if field.struct:
        return scope + field.struct
    if field.type in PRIMITIVES:
        return PRIMITIVES[field.type]
    if field.type == "records" and not message.view:
        return "record_bytes"
    return "std::string_view" if message.view else "std::string"


def member(field, message):
    kind = element_type(field, message)
    if field.array:
        kind = f"std::vector<{kind}>"
    optional = not field.nullable.empty() and kind != "record_bytes"
    if optional:
        kind = f"std::optional<{kind}>"
    default = field.default
    if default in (None, "null", "~", '""'):
        if optional:  # null is the value of a nullable field only where the table says so
            null = default in ("null", "~") or (not message.view and not field.array)
            return f"{kind} {field.name}" + (";" if null else f" = {kind[14:-1]}{{}};")
        if field.type in PRIMITIVES and not field.array and field.type != "uuid":
            return f"{kind} {field.name} = {'false' if field.type == 'bool' else '0'};"
        return f"{kind} {field.name};" if kind not in ("uuid",) else f"{kind} {field.name}{{}};"
    if default == "-9223372036854775808":
        default = "INT64_MIN"
    if default == "-2147483648":
        default = "INT32_MIN"
    return f"{kind} {field.name} = {default};"


def header(group, messages):
    lines = [f"// Made by tools/generate_kafka.py of contracts/kafka/{group}.txt: change that, not this.", "#pragma once", "",
             "#include <cstdint>", "#include <optional>", "#include <string>", "#include <string_view>", "#include <vector>", "",
             '#include "base/uuid.h"', '#include "wire/kafka/reader.h"', '#include "wire/kafka/writer.h"', "",
             "namespace mes::wire::kafka {", ""]
    for message in messages:
        lines.append(f"struct {message.name} {{")
        if message.kind != "data":
            lines.append(f"  static constexpr std::int16_t api_key = {message.key};")
        flexible = 32767 if message.flexible.empty() else message.flexible.low
        lines.append(f"  static constexpr std::int16_t version_min = {message.versions.low}, version_max = {message.versions.high}, "
                     f"flexible_from = {flexible};")
        for name, fields in message.structs():
            lines.append(f"  struct {name} {{")
            lines += ["    " + member(f, message) for f in fields]
            lines.append("  };")
        lines += ["  " + member(f, message) for f in message.fields]
        lines += ["};",
                  f"bool decode(reader& in, std::int16_t version, {message.name}& out);",
                  f"void encode(writer& out, std::int16_t version, const {message.name}& value);", ""]
    return "\n".join(lines + ["}  // namespace mes::wire::kafka", ""])


class Body:
    """Lines of one function, with `if (condition)` around what depends on the version."""

    def __init__(self):
        self.lines = []

    def when(self, condition, statements):
        if condition == "false":
            return
        if condition is None:
            self.lines += statements
        else:
            self.lines += [f"if ({condition}) {{"] + statements + ["}"]


def flag(versions, known):
    condition = versions.condition(known)
    return {None: "true"}.get(condition, condition)


def primitive_verb(field):
    return "boolean" if field.type == "bool" else field.type


def decode_field(field, message, known, target):
    """Statements that read one field into `target` (its versions already checked)."""
    flexible = flag(message.flexible, message.versions)
    nullable = flag(field.nullable, known)
    optional = not field.nullable.empty() and element_type(field, message) != "record_bytes"
    if field.array:
        kind = element_type(field, message, message.name + "::")
        access = f"{target}->" if optional else f"{target}."
        lines = [f"const auto count = in.array({flexible}, {nullable}, sizeof({kind}));",
                 "if (count < 0) {", f"  {target}" + (".reset();" if optional else ".clear();"), "} else {"]
        if optional:
            lines.append(f"  {target}.emplace();")
        lines += [f"  {access}reserve(static_cast<std::size_t>(count));",
                  "  for (std::int32_t i = 0; i < count && in.ok(); ++i) {"]
        if field.struct:
            lines.append(f"    read(in, version, {access}emplace_back());")
        elif field.type in PRIMITIVES:
            lines.append(f"    {access}push_back(in.{primitive_verb(field)}());")
        else:
            lines.append(f"    {access}emplace_back(in.{field.type}({flexible}));")
        return ["{"] + lines + ["  }", "}", "}"]
    if field.struct:
        if optional:
            return ["if (in.int8() < 0) {", f"  {target}.reset();", "} else {", f"  read(in, version, {target}.emplace({message.name}::{field.struct}{{}}));", "}"]
        return [f"read(in, version, {target});"]
    if field.type in PRIMITIVES:
        return [f"{target} = in.{primitive_verb(field)}();"]
    if field.type == "records" and not message.view:
        return [f"{target}.assign(in.nullable_bytes({flexible}));"]
    kind = "string" if field.type == "string" else "bytes"
    if optional:
        return [f"{target} = in.nullable_{kind}({flexible}, {nullable});"]
    return [f"{target} = in.{kind}({flexible});"]


def decode_struct(name, fields, message):
    body = Body()
    known = message.versions
    tagged = []
    for field in fields:
        here = field.versions.within(known)
        if field.tag is not None:
            tagged.append(field)
            plain = Versions("none")
            plain.low, plain.high = field.versions.low, field.tagged.low - 1
            here = plain.within(known)
        body.when(here.condition(known), decode_field(field, message, here, f"out.{field.name}"))
    flexible = message.flexible.condition(known)
    if flexible != "false":
        lines = ["in.tags([&]([[maybe_unused]] std::uint32_t tag) {"]
        for field in tagged:
            condition = field.tagged.condition(known.within(message.flexible))
            if condition == "false":
                continue
            test = f"tag == {field.tag}" + (f" && {condition}" if condition else "")
            lines += [f"if ({test}) {{"] + decode_field(field, message, known, f"out.{field.name}") + ["return true;", "}"]
        lines += ["return false;", "});"]
        body.when(flexible, lines)
    return [f"void read(reader& in, [[maybe_unused]] std::int16_t version, {name}& out) {{"] + body.lines + ["}", ""]


def encode_field(field, message, known, source):
    flexible = flag(message.flexible, message.versions)
    nullable = not field.nullable.empty() and element_type(field, message) != "record_bytes"
    if field.array:
        access = f"{source}->" if nullable else f"{source}."
        each = f"*{source}" if nullable else source
        lines = []
        if nullable:
            if flag(field.nullable, known) == "true":
                lines.append(f"out.array({flexible}, {source} ? static_cast<std::int64_t>({source}->size()) : -1);")
            else:
                empty = flag(field.nullable, known)
                lines.append(f"out.array({flexible}, {source} ? static_cast<std::int64_t>({source}->size()) : ({empty} ? -1 : 0));")
        else:
            lines.append(f"out.array({flexible}, static_cast<std::int64_t>({access}size()));")
        if field.struct:
            loop = "write(out, version, item);"
        elif field.type in PRIMITIVES:
            loop = f"out.{primitive_verb(field)}(item);"
        else:
            loop = f"out.{field.type}({flexible}, item);"
        loops = [f"for (const auto& item : {each}) {{", loop, "}"]
        if nullable:
            loops = [f"if ({source}) {{"] + loops + ["}"]
        return lines + loops
    if field.struct:
        if nullable:
            return [f"out.int8({source} ? 1 : -1);", f"if ({source}) {{", f"write(out, version, *{source});", "}"]
        return [f"write(out, version, {source});"]
    if field.type in PRIMITIVES:
        return [f"out.{primitive_verb(field)}({source});"]
    if field.type == "records" and not message.view:
        return [f"out.records({flexible}, {source});"]
    kind = "string" if field.type == "string" else "bytes"
    if nullable:
        if flag(field.nullable, known) == "true":
            return [f"out.nullable_{kind}({flexible}, {source});"]
        if flag(field.nullable, known) == "false":
            return [f"out.{kind}({flexible}, {source} ? *{source} : {element_type(field, message)}{{}});"]
        return [f"if ({source} || {flag(field.nullable, known)}) {{", f"out.nullable_{kind}({flexible}, {source});", "} else {",
                f"out.{kind}({flexible}, {element_type(field, message)}{{}});", "}"]
    return [f"out.{kind}({flexible}, {source});"]


def present(field, message, source):
    """C++ for `this tagged field differs from its default`."""
    if not field.nullable.empty() and element_type(field, message) != "record_bytes":
        return f"{source}.has_value()" if field.default in ("null", "~") or field.struct else f"{source} && !{source}->empty()"
    if field.array or (field.type in ("string", "bytes") and field.default in (None, '""')):
        return f"!{source}.empty()"
    if field.struct:
        return " || ".join(f"({present(f, message, f'{source}.{f.name}')})" for f in field.fields)
    if field.type == "uuid":
        return f"{source} != uuid{{}}"
    return f"{source} != {field.default or ('false' if field.type == 'bool' else 0)}"


def encode_struct(name, fields, message):
    body = Body()
    known = message.versions
    tagged = []
    for field in fields:
        here = field.versions.within(known)
        if field.tag is not None:
            tagged.append(field)
            plain = Versions("none")
            plain.low, plain.high = field.versions.low, field.tagged.low - 1
            here = plain.within(known)
        body.when(here.condition(known), encode_field(field, message, here, f"value.{field.name}"))
    flexible = message.flexible.condition(known)
    if flexible != "false":
        lines = []
        usable = [f for f in tagged if f.tagged.condition(known.within(message.flexible)) != "false"]
        if not usable:
            lines.append("out.varuint(0);")
        else:
            lines.append("tag_list tags;")
            for field in sorted(usable, key=lambda f: f.tag):
                condition = field.tagged.condition(known.within(message.flexible))
                test = present(field, message, f"value.{field.name}")
                test = f"({test})" + (f" && {condition}" if condition else "")
                lines += [f"if ({test}) {{", f"tags.add({field.tag}, [&](writer& to) {{"] + \
                    [re.sub(r"\bout\b", "to", line) for line in encode_field(field, message, known, f"value.{field.name}")] + ["});", "}"]
            lines.append("tags.write_to(out);")
        body.when(flexible, lines)
    return [f"void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const {name}& value) {{"] + body.lines + ["}", ""]


def indent(lines):
    out, depth = [], 0
    for line in lines:
        text = line.strip()
        if text.startswith("}"):
            depth -= 1
        out.append("  " * depth + text if text else "")
        if text.endswith("{"):
            depth += 1
    return out


def source(group, messages, decoders, encoders, what):
    lines = [f"// Made by tools/generate_kafka.py of contracts/kafka/{group}.txt: change that, not this. {what}",
             f'#include "wire/kafka/generated/{group}.h"', "", "// NOLINTBEGIN", "namespace mes::wire::kafka {", ""]
    for message in messages:
        for wanted, make in ((decoders, decode_struct), (encoders, encode_struct)):
            if not wanted(message):
                continue
            lines.append("namespace {")
            for name, fields in message.structs():
                lines += indent(make(f"{message.name}::{name}", fields, message))
            lines += indent(make(message.name, message.fields, message)) + ["}  // namespace"]
            if make is decode_struct:
                lines += [f"bool decode(reader& in, std::int16_t version, {message.name}& out) {{", "  read(in, version, out);",
                          "  return in.ok();", "}", ""]
            else:
                lines += [f"void encode(writer& out, std::int16_t version, const {message.name}& value) {{",
                          "  write(out, version, value);", "}", ""]
    return "\n".join(lines + ["}  // namespace mes::wire::kafka", "// NOLINTEND", ""])


def table(groups):
    rows = []
    for messages in groups.values():
        for message in messages:
            if message.kind == "request":
                flexible = 32767 if message.flexible.empty() else message.flexible.low
                rows.append((int(message.key), message.api, message.versions.low, message.versions.high, flexible))
    rows.sort()
    lines = ["// Made by tools/generate_kafka.py of contracts/kafka/: every API that has a table there, by key.", "#pragma once", "",
             "#include <array>", "#include <cstdint>", "#include <string_view>", "", "namespace mes::wire::kafka {", "",
             "enum class api : std::int16_t {"]
    lines += [f"  {name} = {key}," for key, name, *_ in rows]
    lines += ["};", "", "struct api_info {", "  api key;", "  std::string_view name;", "  std::int16_t version_min;",
              "  std::int16_t version_max;", "  std::int16_t flexible_from;", "};", "",
              f"inline constexpr std::array<api_info, {len(rows)}> api_table = {{{{"]
    lines += [f'    {{api::{name}, "{name}", {low}, {high}, {flexible}}},' for _, name, low, high, flexible in rows]
    return "\n".join(lines + ["}};", "", "}  // namespace mes::wire::kafka", ""])


def every(groups):
    lines = ["// Made by tools/generate_kafka.py of contracts/kafka/: every request and response, for tests and fuzzing.", "#pragma once", ""]
    lines += [f'#include "wire/kafka/generated/{group}.h"' for group in groups]
    lines += ["", "// X(structure, kind, key)", "#define MES_KAFKA_MESSAGES(X) \\"]
    rows = [f"  X({m.name}, {m.kind}, {m.key})" for messages in groups.values() for m in messages if m.kind != "data"]
    return "\n".join(lines + [" \\\n".join(rows), ""])


def generate():
    groups = {path.stem: parse(path) for path in sorted((ROOT / "contracts/kafka").glob("*.txt"))}
    files = {"apis.h": table(groups), "every_message.h": every(groups)}
    for group, messages in groups.items():
        is_request = lambda m: m.kind == "request"
        files[f"{group}.h"] = header(group, messages)
        files[f"{group}.cc"] = source(group, messages, lambda m: m.kind != "response", lambda m: m.kind != "request", "The broker's direction.")
        files[f"{group}_peer.cc"] = source(group, messages, lambda m: m.kind == "response", is_request, "The client's direction.")
    return files


def main():
    files = generate()
    if "--check" in sys.argv:
        stale = [n for n, text in files.items() if not (OUT / n).exists() or (OUT / n).read_text() != text]
        stale += [p.name for p in OUT.glob("*.*") if p.name not in files and not p.name.startswith(".")]
        if stale:
            sys.exit(f"stale, run tools/generate_kafka.py: {', '.join(sorted(stale))}")
        return
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (OUT / name).write_text(text)


if __name__ == "__main__":
    main()
