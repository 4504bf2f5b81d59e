"""Servers that several modules ask; each is started once, when the first test wants it."""

import time
from collections.abc import Iterator

import pytest

from tests.servers.prometheus_server import PrometheusServer, prometheus_server

_SCRAPED_S = 20.0


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """It has scraped itself: that takes 5 s, so the server is shared. Do not stop it."""
    with prometheus_server(tmp_path_factory.mktemp("prometheus")) as running:
        deadline = time.monotonic() + _SCRAPED_S
        while running.value('up{job="prometheus"}') != 1.0:
            assert time.monotonic() < deadline, "Prometheus did not scrape itself in time"
            time.sleep(0.02)
        yield running
