"""Kafka's messages as dicts, written and read by the tables of contracts/kafka/ (their format: the README there).

The broker's own codec is generated from the same tables in C++; this one interprets them, so that a test can send every
request in every version, also wrong ones, without a client library that would correct it.
"""
import dataclasses
import pathlib
import re
import struct
import uuid

TABLES = pathlib.Path(__file__).resolve().parents[3] / "contracts/kafka"
FIXED = {"bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint16": "H", "float64": "d"}
NO_UUID = "00000000-0000-0000-0000-000000000000"
FOR_EVER = 32767


class Malformed(Exception):
    """The bytes do not follow the table."""


@dataclasses.dataclass
class Span:
    low: int
    high: int

    @classmethod
    def of(cls, text):
        if text is None or text == "none":
            return cls(1, 0)
        if text.endswith("+"):
            return cls(int(text[:-1]), FOR_EVER)
        low, _, high = text.partition("-")
        return cls(int(low), int(high or low))

    def __contains__(self, version):
        return self.low <= version <= self.high


@dataclasses.dataclass
class Field:
    name: str
    array: bool
    kind: str
    versions: Span
    nullable: Span
    tag: int | None
    tagged: Span
    default_text: str | None
    fields: list = dataclasses.field(default_factory=list)

    def default(self):
        if self.default_text == "null" or self.default_text == "~":
            return None
        if self.array:
            return []
        if self.fields:
            return {f.name: f.default() for f in self.fields}
        if self.default_text in (None, '""'):
            return {"string": "", "bytes": b"", "records": None, "uuid": NO_UUID, "bool": False}.get(self.kind, 0)
        if self.kind == "bool":
            return self.default_text == "true"
        return int(self.default_text, 0)


@dataclasses.dataclass
class Message:
    kind: str
    key: int
    name: str
    versions: Span
    flexible: Span
    fields: list = dataclasses.field(default_factory=list)


FIELD = re.compile(r"(\w+) (\[\])?(\w+)(?: ([\d+-]+))?(?: null ([\d+-]+))?(?: tag (\d+) ([\d+-]+))?(?: = (\S+))?")


def read_tables(folder=TABLES):
    """(kind, name) -> Message."""
    found = {}
    for path in sorted(folder.glob("*.txt")):
        stack = []
        for line in path.read_text().splitlines():
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            depth = (len(line) - len(line.lstrip())) // 2
            if depth == 0:
                kind, key, name, versions, _, flexible = text.split()
                message = Message(kind, -1 if key == "-" else int(key), name, Span.of(versions), Span.of(flexible))
                found[kind, name] = message
                stack = [message]
                continue
            name, array, kind, versions, null, tag, tagged, default = FIELD.fullmatch(text).groups()
            field = Field(name, bool(array), kind, Span.of(versions or "0+"), Span.of(null),
                          None if tag is None else int(tag), Span.of(tagged), default)
            del stack[depth:]
            stack[-1].fields.append(field)
            stack.append(field)
    return found


MESSAGES = read_tables()
REQUESTS = {m.name: m for (kind, _), m in MESSAGES.items() if kind == "request"}
RESPONSES = {m.name: m for (kind, _), m in MESSAGES.items() if kind == "response"}


class Writer:
    def __init__(self, flexible=False):
        self.out, self.flexible = bytearray(), flexible

    def fixed(self, kind, value):
        self.out += struct.pack(">" + FIXED[kind], value)

    def varuint(self, value):
        while value > 0x7F:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def size(self, size, legacy):
        """Of a string, bytes or an array; None: null."""
        if self.flexible:
            self.varuint(0 if size is None else size + 1)
        else:
            self.fixed(legacy, -1 if size is None else size)

    def text(self, value, legacy="int16"):
        raw = value.encode() if isinstance(value, str) else value
        self.size(None if raw is None else len(raw), legacy)
        self.out += raw or b""


def encode(message, version, value):
    out = Writer(version in message.flexible)
    _write_struct(out, message.fields, version, value)
    return bytes(out.out)


def _write_struct(out, fields, version, value):
    unknown = set(value) - {f.name for f in fields}
    assert not unknown, f"no such fields: {unknown}"
    tagged = []
    for field in fields:
        if field.tag is not None and version in field.tagged:
            if field.name in value and value[field.name] != field.default():
                tagged.append(field)
        elif version in field.versions:
            _write_field(out, field, version, value.get(field.name, field.default()))
    if out.flexible:
        out.varuint(len(tagged))
        for field in sorted(tagged, key=lambda f: f.tag):
            inner = Writer(True)
            _write_field(inner, field, version, value[field.name])
            out.varuint(field.tag)
            out.varuint(len(inner.out))
            out.out += inner.out


def _write_field(out, field, version, value):
    if field.array:
        if value is None and version not in field.nullable:
            value = []
        out.size(None if value is None else len(value), "int32")
        for item in value or []:
            _write_item(out, field, version, item)
    elif field.fields and not field.nullable.low > field.nullable.high:
        out.fixed("int8", -1 if value is None else 1)
        if value is not None:
            _write_struct(out, field.fields, version, value)
    else:
        if value is None and version not in field.nullable:
            value = ""
        _write_item(out, field, version, value)


def _write_item(out, field, version, value):
    if field.fields:
        _write_struct(out, field.fields, version, value)
    elif field.kind in FIXED:
        out.fixed(field.kind, value)
    elif field.kind == "uuid":
        out.out += uuid.UUID(value).bytes
    else:
        out.text(value, "int16" if field.kind == "string" else "int32")


class Reader:
    def __init__(self, data, flexible=False):
        self.data, self.at, self.flexible = data, 0, flexible

    def take(self, size):
        if size < 0 or self.at + size > len(self.data):
            raise Malformed(f"{size} bytes wanted at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size:self.at]

    def fixed(self, kind):
        form = ">" + FIXED[kind]
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def varuint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 28:
                raise Malformed("a varint of more than five bytes")

    def size(self, legacy):
        size = self.varuint() - 1 if self.flexible else self.fixed(legacy)
        return None if size < 0 else size

    def skip_tags(self):
        for _ in range(self.varuint()):
            self.varuint()
            self.take(self.varuint())


def decode(message, version, data):
    """The message as a dict; Malformed if bytes are missing or left over."""
    reader = Reader(data, version in message.flexible)
    value = _read_struct(reader, message.fields, version)
    if reader.at != len(data):
        raise Malformed(f"{len(data) - reader.at} bytes too many")
    return value


def _read_struct(reader, fields, version):
    value = {}
    for field in fields:
        if field.tag is not None and version in field.tagged:
            value[field.name] = field.default()
        elif version in field.versions:
            value[field.name] = _read_field(reader, field, version)
    if reader.flexible:
        by_tag = {f.tag: f for f in fields if f.tag is not None and version in f.tagged}
        for _ in range(reader.varuint()):
            tag, size = reader.varuint(), reader.varuint()
            inner = Reader(reader.take(size), True)
            if tag in by_tag:
                value[by_tag[tag].name] = _read_field(inner, by_tag[tag], version)
    return value


def _read_field(reader, field, version):
    if field.array:
        count = reader.size("int32")
        return None if count is None else [_read_item(reader, field, version) for _ in range(count)]
    if field.fields and not field.nullable.low > field.nullable.high:
        return _read_struct(reader, field.fields, version) if reader.fixed("int8") > 0 else None
    return _read_item(reader, field, version)


def _read_item(reader, field, version):
    if field.fields:
        return _read_struct(reader, field.fields, version)
    if field.kind in FIXED:
        return reader.fixed(field.kind)
    if field.kind == "uuid":
        return str(uuid.UUID(bytes=reader.take(16)))
    size = reader.size("int16" if field.kind == "string" else "int32")
    raw = None if size is None else reader.take(size)
    return raw.decode(errors="replace") if field.kind == "string" and raw is not None else raw  # as Kafka's classes read it


def request_frame(name, version, body, correlation=1, client_id="differential"):
    """A whole frame with its length; `body` is a dict, or bytes taken as they are."""
    message = REQUESTS[name]
    head = Writer()
    head.fixed("int16", message.key)
    head.fixed("int16", version)
    head.fixed("int32", correlation)
    head.text(client_id)
    if version in message.flexible:
        head.varuint(0)
    payload = bytes(head.out) + (encode(message, version, body) if isinstance(body, dict) else body)
    return struct.pack(">i", len(payload)) + payload


def read_response(name, version, frame):
    """(correlation, dict) of a frame without its length."""
    reader = Reader(frame)
    correlation = reader.fixed("int32")
    message = RESPONSES[name]
    if version in message.flexible and name != "api_versions":
        reader.skip_tags()
    return correlation, decode(message, version, frame[reader.at:])
