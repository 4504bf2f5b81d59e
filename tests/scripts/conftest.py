"""Servers that several modules ask; each is started once, when the first test wants it."""

import time
from collections.abc import Iterator

import pytest

from tests.servers.debian_server import free_port
from tests.servers.prometheus_server import PrometheusServer, prometheus_server

_SCRAPED_S = 20.0


@pytest.fixture(scope="session")
def reference_port() -> int:
    """Where Prometheus expects the reference service; a test that wants one starts it there."""
    return free_port()


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory, reference_port: int) -> Iterator[PrometheusServer]:
    """It has scraped itself: that takes 5 s, so the server is shared. Do not stop it.

    It also looks for the reference service, on a port that is its own.
    """
    jobs = {"plimsoll": f"127.0.0.1:{reference_port}"}
    with prometheus_server(tmp_path_factory.mktemp("prometheus"), jobs) as running:
        deadline = time.monotonic() + _SCRAPED_S
        while running.value('up{job="prometheus"}') != 1.0:
            assert time.monotonic() < deadline, "Prometheus did not scrape itself in time"
            time.sleep(0.02)
        yield running
