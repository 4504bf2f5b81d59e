"""Nothing is sent twice and nothing is lost, whatever happens to the connections."""

from collections import Counter

import gevent

from analysis.failure import FailureKind
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask
from tests.servers.script import delay, fin, head, reset, response, send
from tests.servers.truth import Truth

OK = send(response(b"fine"))


def test_the_server_sees_each_request_once_under_random_resets(truth: Truth) -> None:
    """ok <= what the server counted <= what was sent, and every exchange has exactly one outcome."""
    truth.clear()
    truth.rounds(
        "/rough",
        [
            [OK],
            [OK, fin()],
            [OK, reset()],
            [reset()],
            [fin()],
            [OK],
            [send(head(200, {"Content-Length": "9"}) + b"half"), reset()],
            [delay(0.002), OK],
        ],
    )
    outcomes: Counter[str] = Counter()

    def use() -> None:
        client = WireClient(truth.url)
        for _ in range(50):
            exchange = ask(client, "/rough")
            outcomes["ok" if exchange.failure is None else exchange.failure.kind] += 1
        client.close()

    users = [gevent.spawn(use) for _ in range(20)]
    gevent.joinall(users, timeout=30, raise_error=True)

    counted = truth.requests()["/rough"]
    assert sum(outcomes.values()) == 1000
    assert 0 < outcomes["ok"] <= counted <= 1000
    assert set(outcomes) <= {"ok", FailureKind.RESET, FailureKind.TRUNCATED}
