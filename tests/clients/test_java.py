"""The Java client of Apache Kafka, and Kafka Streams."""
import pytest

from conftest import java, needs_kafka

pytestmark = needs_kafka


def test_every_codec_headers_timestamps_and_offsets_by_time(shared_bus):
    assert java("Records", shared_bus.address) == "ok"


@pytest.mark.parametrize("protocol", ["classic", "cooperative", "consumer"])
def test_a_group_shares_partitions_and_hands_them_over(shared_bus, protocol):
    assert java("Groups", shared_bus.address, protocol) == "ok"


def test_transactions(shared_bus):
    assert java("Transactions", shared_bus.address) == "ok"


def test_administration(shared_bus):
    assert java("Administration", shared_bus.address) == "ok"


@pytest.mark.long
def test_streams_counts_words_exactly_once(shared_bus, tmp_path):
    assert java("WordCount", shared_bus.address, tmp_path) == "ok"
