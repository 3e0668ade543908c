"""Go's clients: franz-go, sarama and segmentio's kafka-go."""
import pytest

from bus import ROOT
from conftest import run_program

BUILT = ROOT / "build/peers/go"
pytestmark = [pytest.mark.long, pytest.mark.skipif(not (BUILT / "franz").exists(), reason="the Go clients are not built: ./dev peers does it")]


@pytest.mark.parametrize("client", [
    "franz",
    "sarama", "segmentio"])
def test_go_client(shared_bus, client):
    assert run_program([BUILT / client, shared_bus.address]) == "ok"
