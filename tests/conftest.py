"""What all tests of the real binary share. MES_BINARY names the binary, MES_SHARED the folder of data, MES_KEEP=1
keeps the platforms' data."""
import pytest

from tests.support.platform import BINARY, Platform


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: run ./dev build, or set MES_BINARY", returncode=2)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.timeout(5400))


@pytest.fixture(scope="session")
def platform():
    """One empty platform for all tests that do not stop or kill anything."""
    with Platform() as one:
        yield one


@pytest.fixture
def own_platform():
    """A platform that the test may harm."""
    with Platform() as one:
        yield one
