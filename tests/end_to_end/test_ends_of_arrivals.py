"""However a run of the open model ends: what was due until then was sent, or is counted as dropped."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from math import floor

import pytest

from analysis.run_record import RunStatus, StopKind
from tests.end_to_end.load_run import Finished, LoadRun, write_target
from tests.servers.debian_server import free_port
from tests.servers.script import Step, delay, response, send, stall
from tests.servers.truth import truth_server

RATE_PER_S = 50
SHORT_S, LONG_S = 3, 60
NOTICED_S = 3.0
"""Between the event that the load is over and its end, on a busy machine."""
CAP = 5
PROFILE = """
model = "open"
arrivals = "constant"
mix = {{ query = 1 }}
drain = "2s"
max_in_flight = {cap}
[[stages]]
duration = "{duration_s}s"
level = {rate}
[[abort]]
errors.ratio = 0.5
window = "2s"
"""
SLOW = [delay(0.5), send(response())]


@dataclass(frozen=True, slots=True)
class End:
    """How a run is made to end."""

    steps: list[Step]
    signal: int | None = None
    duration_s: int = LONG_S
    cap: int = 1000
    processes: int = 1


ENDS = {
    "interrupt": End(SLOW, signal.SIGINT),
    "terminate": End(SLOW, signal.SIGTERM),
    "terminate workers": End(SLOW, signal.SIGTERM, processes=2),
    "abort rule": End([send(response(status=503))]),
    "cap": End([stall()], duration_s=SHORT_S, cap=CAP),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended."""

    finished: Finished
    received: int
    """Requests by the server's count."""

    def check_due(self) -> None:
        """All of the schedule until the load was over, and little of what comes after."""
        log = self.finished.log
        [drain] = [event for event in log.events if event["kind"] == "drain"]
        over_s = (drain["t_utc_ns"] - log.run.start_ns) / 1e9
        for second in range(floor(over_s)):
            assert log.totals((second, second + 1))["query"].due == RATE_PER_S, second
        until_then = floor(over_s * RATE_PER_S + 0.5)  # the n-th is due after n - 1/2 gaps
        counts = self.finished.totals()["query"]
        assert counts.due == counts.started + counts.dropped
        assert until_then - 1 <= counts.due <= until_then + NOTICED_S * RATE_PER_S
        assert counts.dropped <= NOTICED_S * RATE_PER_S


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Ended]]:
    """All at the same time, each with a server of its own: most of the time they wait."""
    with ExitStack() as stack:
        runs = {}
        for name, end in ENDS.items():
            folder = tmp_path_factory.mktemp("end")
            truth = stack.enter_context(truth_server())
            truth.script("/query", end.steps)
            profile = folder / "open.toml"
            profile.write_text(PROFILE.format(cap=end.cap, duration_s=end.duration_s, rate=RATE_PER_S))
            words = ["--target", str(write_target(folder, truth.url)), "--load-profile", str(profile)]
            words += ["--sidecar-command", "none"]
            if end.processes > 1:
                port = str(free_port())
                words += [
                    "--processes",
                    str(end.processes),
                    "--master-port",
                    port,
                    "--master-bind-port",
                    port,
                ]
            runs[name] = (truth, stack.enter_context(LoadRun(folder / "runs", words)))
        for name, (_, run) in runs.items():
            number = ENDS[name].signal
            if number is not None:
                run.wait_for_requests(2 * RATE_PER_S)
                os.kill(run.process.pid, number)
        yield {
            name: Ended(run.finish(), truth.requests().get("/query", 0))
            for name, (truth, run) in runs.items()
        }


@pytest.mark.parametrize("name", [name for name, end in ENDS.items() if end.signal is not None])
def test_after_a_signal_all_that_was_due_has_been_sent(ended: Mapping[str, Ended], name: str) -> None:
    """What is in flight is waited for, and nothing is sent from then on."""
    run = ended[name]
    counts = run.finished.totals()["query"]

    assert run.finished.log.run.status is RunStatus.STOPPED, run.finished.output
    run.check_due()
    assert counts.ok == counts.started == run.received


def test_after_an_abort_all_that_was_due_has_been_sent(ended: Mapping[str, Ended]) -> None:
    run = ended["abort rule"]
    counts = run.finished.totals()["query"]
    record = run.finished.log.run

    assert record.stop is not None
    assert record.stop.kind is StopKind.ABORT_RULE
    run.check_due()
    assert counts.failures == counts.started == run.received


def test_beyond_the_cap_all_that_was_due_is_dropped(ended: Mapping[str, Ended]) -> None:
    """To the last arrival of the profile; what hangs is ended by the drain limit."""
    run = ended["cap"]
    counts = run.finished.totals()["query"]

    assert run.finished.log.run.status is RunStatus.COMPLETE, run.finished.output
    assert counts.due == SHORT_S * RATE_PER_S
    assert counts.started == counts.failures == run.received == CAP
    assert counts.dropped == counts.due - CAP
