"""The truth server, one process for each test module, with TLS and without, and a client of it."""

from collections.abc import Iterator

import gevent
import pytest

from analysis.target import Tls
from locustfiles.load.wire import WireClient
from tests.servers.truth import CERTIFICATE, Truth, truth_server


@pytest.fixture(autouse=True)
def loop_knows_the_time() -> None:
    """Timers count from when the loop last looked: after tests without it a limit would be over at once."""
    gevent.get_hub().loop.update_now()


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


@pytest.fixture(scope="module")
def secure_truth() -> Iterator[Truth]:
    with truth_server(secure=True) as server:
        yield server


@pytest.fixture
def secure_client(secure_truth: Truth) -> Iterator[WireClient]:
    secure_truth.clear()
    made = WireClient(secure_truth.url, tls=Tls(ca_file=str(CERTIFICATE)))
    yield made
    made.close()
