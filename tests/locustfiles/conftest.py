"""The truth server, one process for each test module, and a client of it."""

from collections.abc import Iterator

import pytest

from locustfiles.load.wire import WireClient
from tests.servers.truth import Truth, truth_server


@pytest.fixture(scope="module")
def truth() -> Iterator[Truth]:
    with truth_server() as server:
        yield server


@pytest.fixture
def client(truth: Truth) -> Iterator[WireClient]:
    truth.clear()
    made = WireClient(truth.url)
    yield made
    made.close()
