"""librdkafka's own test-runner: what passes on Apache Kafka with one broker passes here (tests/clients/librdkafka/README.md)."""
import sys

import pytest
from bus import ROOT

sys.path.insert(0, str(ROOT / "tests/clients/librdkafka"))
import suite  # noqa: E402

pytestmark = [pytest.mark.long, pytest.mark.skipif(not suite.RUNNER.exists(), reason="librdkafka's tests are not built: ./dev peers does it")]


def on_kafka():
    """Test -> (outcome on Apache Kafka, why it did not pass there)."""
    rows = [line.split(" | ") for line in (ROOT / "tests/clients/librdkafka/on_kafka.txt").read_text().splitlines() if not line.startswith("#")]
    return {name: (outcome, why) for name, outcome, why in rows}


ON_KAFKA = on_kafka()


@pytest.fixture(scope="module")
def outcomes(request):
    """Of the selected tests that pass on Kafka."""
    selected = [item.callspec.params["name"] for item in request.session.items if item.originalname == test_librdkafka.__name__]
    return suite.run("bus", [name for name in selected if ON_KAFKA[name][0] == "passed"], suite.keep)


def test_the_list_has_every_test_of_the_runner():
    assert set(ON_KAFKA) == set(suite.all_tests())


def test_a_run_of_nothing_has_not_passed(tmp_path):
    assert suite.run_one("9999_nonesuch", suite.Surroundings("127.0.0.1:1"), tmp_path)[0] == "not run"


@pytest.mark.parametrize("name", ON_KAFKA)
def test_librdkafka(outcomes, name):
    outcome, why = ON_KAFKA[name]
    if outcome != "passed":
        pytest.skip(f"{outcome} on Apache Kafka: {why}")
    assert outcomes[name][0] == "passed", outcomes[name][1][-3000:]
