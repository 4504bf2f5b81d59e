"""What holds of kernel stamps, whatever the connection."""

import time

import gevent

from locustfiles.load.stamp import kernel_stamps_work, now_ns
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask
from tests.servers.script import delay, response, send
from tests.servers.truth import Truth


def assert_stamps_are_the_kernels(truth: Truth, client: WireClient) -> None:
    """Asks while this process is busy, and compares with the server's own times."""
    assert kernel_stamps_work()
    truth.script("/late", [delay(0.3), send(response(b"done"))])
    truth.script("/ok", response(b"fine"))
    ask(client, "/ok")
    truth.clear()
    busy_until_ns = 0

    def be_busy() -> None:
        nonlocal busy_until_ns
        while not (records := truth.records()) or not records[0]["writes"]:
            time.sleep(0.01)
        time.sleep(0.02)
        busy_until_ns = now_ns()

    gevent.spawn_later(0.01, be_busy)
    sched_ns = now_ns()
    exchange = client.exchange(client.prepare("GET", "/late"), sched_ns=sched_ns)

    [record] = truth.records()
    [[written_ns, _, _]] = record["writes"]
    assert client.clock == "kernel"
    assert exchange.send_ns is not None
    assert exchange.first_ns is not None
    assert exchange.last_ns is not None
    assert exchange.wake_lag_ns is not None
    assert sched_ns <= exchange.send_ns <= record["received_ns"]
    assert written_ns <= exchange.first_ns <= exchange.last_ns < busy_until_ns
    assert exchange.wake_lag_ns >= busy_until_ns - exchange.last_ns
