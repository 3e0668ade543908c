"""The tests' own codec against bytes that Kafka's classes wrote (tests/golden/kafka_messages.txt)."""
import pathlib

import pytest

from codec import MESSAGES, decode, encode

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "golden/kafka_messages.txt"
BY_KEY = {(kind, m.key): m for (kind, _), m in MESSAGES.items() if kind != "data"}


def golden_messages():
    for line in GOLDEN.read_text().splitlines():
        kind, key, *rest = line.split()
        if kind in ("request", "response"):
            yield BY_KEY[kind, int(key)], int(rest[0]), bytes.fromhex(rest[1] if len(rest) > 1 else "")


@pytest.mark.parametrize("kind", ["request", "response"])
def test_what_kafka_wrote_is_read_and_written_again(kind):
    count = 0
    for message, version, data in golden_messages():
        if message.kind == kind:
            assert encode(message, version, decode(message, version, data)) == data, f"{message.name} {version}"
            count += 1
    assert count > 150
