"""Stamps against the server's own log, and the watch over the clock."""

import itertools

import pytest

from locustfiles.load import stamp, wire
from locustfiles.load.stamp import ClockWatch, now_ns, stamp_of
from locustfiles.load.wire import WireClient
from tests.locustfiles.asking import ask
from tests.locustfiles.kernel_stamps import assert_stamps_are_the_kernels
from tests.servers.script import bytewise, delay, response, send
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone


def test_stamps_are_the_kernels_and_agree_with_the_server(truth: Truth, client: WireClient) -> None:
    """The process is busy while the answer arrives: the stamps do not show it, the wake lag does."""
    assert_stamps_are_the_kernels(truth, client)


def test_without_stamps_of_the_kernel_the_client_says_so_and_takes_its_own(
    truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What such a kernel would have said is not known, and nothing is made up for it."""
    monkeypatch.setattr(wire, "kernel_stamps_work", lambda: False)
    truth.script("/ok", [delay(0.05), send(response(b"fine"))])
    truth.clear()
    client = WireClient(truth.url)

    exchange = ask(client, "/ok")

    [record] = truth.records()
    client.close()
    assert client.clock == "user"
    assert exchange.wake_lag_ns is None
    assert exchange.send_ns is not None
    assert exchange.last_ns is not None
    assert exchange.send_ns <= record["received_ns"] <= record["writes"][0][0] <= exchange.last_ns <= now_ns()


def test_a_kernel_that_takes_its_time_to_begin_stamping_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one does whose cores are all busy."""
    asked = itertools.count(1)
    monkeypatch.setattr(stamp, "stamp_of", lambda found: None if next(asked) <= 150 else stamp_of(found))

    assert stamp.kernel_stamps_work.__wrapped__()
    assert next(asked) > 151


def test_one_byte_at_a_time_is_stamped_from_first_to_last(truth: Truth, client: WireClient) -> None:
    truth.script("/bytes", bytewise(response(b"slow"), gap_s=0.001))

    exchange = ask(client, "/bytes")

    [record] = truth.records()
    assert exchange.first_ns is not None
    assert exchange.last_ns is not None
    assert exchange.first_ns >= record["writes"][0][0]
    assert exchange.last_ns >= record["writes"][-1][0]
    assert exchange.received_bytes == len(response(b"slow"))
    assert all(before[0] < after[0] for before, after in itertools.pairwise(record["writes"]))


def test_a_step_of_the_clock_is_seen_and_slewing_is_not() -> None:
    watch = ClockWatch()

    assert watch.step_us() is None
    assert watch.step_us() is None
    assert watch.offset_ns is not None
    watch.offset_ns -= 5_000_000
    step_us = watch.step_us()
    assert step_us is not None
    assert 4_000 <= step_us <= 6_000
    watch.offset_ns -= 500_000
    assert watch.step_us() is None


@pytest.mark.parametrize("ancillary", [[], [(1, 29, bytes(16))], [(0, 35, bytes(16))], [(1, 35, bytes(8))]])
def test_other_control_messages_are_no_stamp(ancillary: list[tuple[int, int, bytes]]) -> None:
    assert stamp_of(ancillary) is None


def test_every_read_is_stamped_by_the_kernel_even_on_new_connections(truth: Truth) -> None:
    """By the user-space clock a read is seen exactly when it is stamped; by the kernel's always later."""
    truth.script("/close", response(b"fine", headers={"Connection": "close"}))
    lags_ns = []
    for _ in range(100):
        client = WireClient(truth.url)
        lags_ns.append(ask(client, "/close").wake_lag_ns)

    assert all(lag_ns is not None and 0 < lag_ns < 5_000_000_000 for lag_ns in lags_ns)
