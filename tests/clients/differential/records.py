"""Record batches (magic 2) made by hand, right ones and wrong ones."""
import gzip
import struct

import lz4.frame
import snappy
import zstandard

CODECS = PLAIN, GZIP, SNAPPY, LZ4, ZSTD = range(5)
STAMPED_BY_BROKER, CONTROL = 8, 32  # bits of a batch's attributes


def _crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    value &= 0xFFFFFFFFFFFFFFFF
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(data):
    return varint(-1) if data is None else varint(len(data)) + data


def record(offset_delta, timestamp_delta, key, value, headers=()):
    body = b"\0" + varint(timestamp_delta) + varint(offset_delta) + sized(key) + sized(value) + varint(len(headers))
    body += b"".join(sized(k) + sized(v) for k, v in headers)
    return varint(len(body)) + body


def in_blocks(records, size=20):
    """Snappy as Java's library has it: a head, and blocks with their sizes."""
    blocks = [snappy.compress(records[at:at + size]) for at in range(0, len(records), size)]
    return b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1) + b"".join(struct.pack(">i", len(block)) + block for block in blocks)


COMPRESS = {
    PLAIN: lambda records: records, GZIP: lambda records: gzip.compress(records, mtime=0), SNAPPY: snappy.compress,
    LZ4: lambda records: lz4.frame.compress(records, block_linked=False), ZSTD: zstandard.ZstdCompressor().compress,
}


def batch(values, *, timestamps, keys=None, codec=PLAIN, producer_id=-1, epoch=-1, sequence=-1, transactional=False,
          control=False, compress=None, magic=2, claimed_codec=None, count=None, last_offset_delta=None, crc_change=0, length_change=0,
          base_offset=0, stamped=False, newest=None):
    """Bytes of one batch; those from `magic` on make it wrong in one way each."""
    first = timestamps[0]
    keys = keys or [None] * len(values)
    records = b"".join(record(n, t - first, k, v) for n, (t, k, v) in enumerate(zip(timestamps, keys, values)))
    records = (compress or COMPRESS[codec])(records)
    attributes = (codec if claimed_codec is None else claimed_codec) | STAMPED_BY_BROKER * stamped | transactional << 4 | control << 5
    checked = struct.pack(">hiqqqhii", attributes, len(values) - 1 if last_offset_delta is None else last_offset_delta, first,
                          max(timestamps) if newest is None else newest, producer_id, epoch, sequence, len(values) if count is None else count) + records
    head = struct.pack(">ibI", 0, magic, crc32c(checked) ^ crc_change)
    return struct.pack(">qi", base_offset, len(head) + len(checked) + length_change) + head + checked


def packed_batch(records, codec, timestamp=1_700_000_000_000):
    """Of one record, which is compressed already."""
    checked = struct.pack(">hiqqqhii", codec, 0, timestamp, timestamp, -1, -1, -1, 1) + records
    head = struct.pack(">ibI", 0, 2, crc32c(checked))
    return struct.pack(">qi", 0, len(head) + len(checked)) + head + checked


def whole_batches(data, at=0, end=None):
    """Where each batch begins, and its size and base offset; a last one that the size limit cut is left out, as clients do."""
    end = len(data) if end is None else end
    while at + 61 <= end:
        base, length = struct.unpack_from(">qi", data, at)
        if at + 12 + length > end:
            return
        yield at, 12 + length, base
        at += 12 + length


def last_offset_delta(data, at):
    """Of the batch that begins there."""
    return struct.unpack_from(">i", data, at + 23)[0]


def batches_of(data):
    """What a fetch brought, batch by batch. Producer ids and the broker's own times are not in it: they differ."""
    found = []
    for at, size, base in whole_batches(data):
        attributes, last_delta, first_time, last_time = struct.unpack_from(">hiqq", data, at + 21)
        epoch, sequence, count = struct.unpack_from(">hii", data, at + 51)
        found.append({"base_offset": base, "last_offset_delta": last_delta, "count": count, "attributes": attributes, "epoch": epoch,
                      "sequence": sequence, "records": data[at + 61:at + size],
                      "times": None if attributes & (STAMPED_BY_BROKER | CONTROL) else (first_time, last_time)})
    return found
