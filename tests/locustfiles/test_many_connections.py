"""More connections than `select` could watch."""

import resource
from collections.abc import Iterator

import gevent
import pytest

from locustfiles.load.stamp import now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask
from tests.servers.script import delay, response, send
from tests.servers.truth import Truth, truth_server

USERS = 5000
SPARE = 200


@pytest.fixture(scope="module")
def wide_truth() -> Iterator[Truth]:
    """With as many file descriptors, here and in the server."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], USERS + SPARE), before[1]))
    try:
        with truth_server() as server:
            yield server
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.alone
def test_five_thousand_users_keep_their_connections(wide_truth: Truth) -> None:
    """All are open at once, all are used again, and one that goes silent still ends at its deadline."""
    wide_truth.script("/ok", response(b"fine"))
    wide_truth.script("/late", [delay(5.0), send(response(b"late"))])
    clients = [WireClient(wide_truth.url) for _ in range(USERS)]
    try:
        for _ in range(3):
            asking = [gevent.spawn(ask, client, "/ok", timeout_s=60.0) for client in clients]
            gevent.joinall(asking, raise_error=True)
            assert {(one.value.failure, one.value.body) for one in asking} == {(None, b"fine")}

        assert {client.opened for client in clients} == {1}
        assert wide_truth.requests() == {"/ok": 3 * USERS}
        late = clients[-1].exchange(clients[-1].prepare("GET", "/late"), sched_ns=now_ns(), timeout_s=0.2)
        assert "within 0.2 s" in str(late.failure)
    finally:
        for client in clients:
            client.close()
