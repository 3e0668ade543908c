"""Frames that do not follow the protocol: whether the connection is closed, what is answered if it is not, and that the broker lives on."""
import struct

from codec import REQUESTS, request_frame
from target import read_answer

# Of each API the simplest request that says something; the rest of its fields are the tables' defaults.
BODIES = {
    "metadata": {"topics": []}, "find_coordinator": {"key": "g", "coordinator_keys": ["g"]}, "heartbeat": {"group_id": "g", "member_id": "m"},
    "list_offsets": {"topics": [{"name": "t0", "partitions": [{"partition_index": 0, "timestamp": -1}]}]},
    "describe_groups": {"groups": ["g"]}, "init_producer_id": {"transactional_id": None, "transaction_timeout_ms": 1000},
    "offset_fetch": {"group_id": "g", "topics": [], "groups": []}, "produce": {"acks": 1},
    "describe_acls": {"resource_type_filter": 1, "pattern_type_filter": 1, "operation": 1, "permission_type": 1},
    "api_versions": {"client_software_name": "a", "client_software_version": "1"},
    "consumer_group_heartbeat": {"group_id": "g", "member_id": "m", "member_epoch": 5},
    "add_partitions_to_txn": {"transactions": [{"transactional_id": "x", "producer_id": 1, "producer_epoch": 0, "topics": [
        {"name": "t0", "partitions": [0]}]}], "v3_and_below_transactional_id": "x"},  # of no transaction: Kafka never answers
    "offset_delete": {"group_id": "g", "topics": [{"name": "t0", "partitions": [{"partition_index": 0}]}]},
    "describe_configs": {"resources": [{"resource_type": 2, "resource_name": "t0", "configuration_keys": ["retention.ms"]}]},
}


BY_KEY = {message.key: name for name, message in REQUESTS.items()}


def _sized(payload):
    return struct.pack(">i", len(payload)) + payload


def _head(key, version, client=b"\0\1c"):
    return struct.pack(">hhi", key, version, 9) + client


def cut(rng, api, version):
    frame = request_frame(api, version, _fitting(api, version))
    return _sized(frame[4:4 + rng.randint(0, len(frame) - 5)])


def _fitting(api, version):
    fields = {f.name for f in REQUESTS[api].fields}
    return {k: v for k, v in BODIES.get(api, {}).items() if k in fields}


def longer(rng, api, version):
    return _sized(request_frame(api, version, _fitting(api, version))[4:] + b"\0" * rng.randint(1, 9))


def bits_flipped(rng, api, version):
    """Of a request that changes nothing, whatever it says."""
    api = rng.choice(["list_offsets", "describe_groups", "find_coordinator", "describe_configs", "metadata"])
    version = rng.randint(REQUESTS[api].versions.low, REQUESTS[api].versions.high)
    frame = bytearray(request_frame(api, version, _fitting(api, version)))
    at = rng.randint(22, len(frame) - 1) if len(frame) > 22 else len(frame) - 1
    frame[at] ^= 1 << rng.randint(0, 7)
    return bytes(frame)


def version_too_high(rng, api, version):
    return _sized(_head(REQUESTS[api].key, REQUESTS[api].versions.high + rng.choice([1, 50])) + b"\0\0\0\0")


def version_negative(rng, api, version):
    return _sized(_head(REQUESTS[api].key, -1) + b"\0\0\0\0")


def unknown_api(rng, api, version):
    return _sized(_head(rng.choice([-1, 999, 4, 5, 6, 7]), 0) + b"\0\0\0\0")


def negative_array(rng, api, version):
    return _sized(_head(3, 1) + struct.pack(">i", rng.choice([-2, -1000])))


def endless_array(rng, api, version):
    return _sized(_head(3, 1) + struct.pack(">i", 0x7FFFFFFF))


def endless_text(rng, api, version):
    return _sized(_head(3, 1) + struct.pack(">ih", 1, 0x7FFF) + b"abc")


def negative_size(rng, api, version):
    return struct.pack(">i", rng.choice([-1, -2**31]))


def too_large(rng, api, version):
    return struct.pack(">i", 0x7FFFFFF0)


def no_text(rng, api, version):
    return _sized(_head(3, 1) + struct.pack(">ih", 1, 4) + b"\xff\xfe\xfd\xfc")


def varint_too_long(rng, api, version):
    return _sized(_head(3, 9) + b"\0" + b"\xff" * 9)


def http(rng, api, version):
    return b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def empty(rng, api, version):
    return struct.pack(">i", 0)


FRAMES = [cut, cut, cut, cut, longer, longer, bits_flipped, version_too_high, version_negative, unknown_api, negative_array, endless_array, endless_text, negative_size,
          too_large, no_text, varint_too_long, http, empty]


def malformed(both):
    rng = both.rng
    kind = rng.choice(FRAMES)
    api = rng.choice(list(REQUESTS))
    version = both.version(api)
    frame = kind(rng, api, version)
    answers = [target.raw(frame) for target in both.targets]
    asked = {"api": api, "frame": frame.hex()}
    both.requests += 1
    if all(isinstance(a, bytes) for a in answers):
        key, version = struct.unpack_from(">hh", frame, 4)
        both.compare(BY_KEY[key], version, asked, *(t.symbols(read_answer(BY_KEY[key], version, a)) for t, a in zip(both.targets, answers)))
    else:
        both.compare(f"malformed {kind.__name__}", version, asked, *({"answer": "<an answer>" if isinstance(a, bytes) else a} for a in answers))


CASES = [(malformed, 3)]
