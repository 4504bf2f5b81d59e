"""A service that freezes: what was due meanwhile waits, and `response` says for how long."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.result import read_result
from tests.end_to_end.load_run import Finished, LoadRun, write_target
from tests.servers.script import response, send
from tests.servers.truth import Truth, truth_server

pytestmark = pytest.mark.alone

RATE_PER_S = 100
PROFILE = """
model = "open"
arrivals = "constant"
mix = {{ query = 1 }}
[[stages]]
duration = "{duration_s}s"
level = {rate}
"""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A run whose service froze in the middle."""

    finished: Finished
    frozen_s: float
    """From the freeze to the first answer after it."""

    def p95_s(self, metric: str) -> float:
        p95_us = self.finished.log.merged(f"query.{metric}").percentile(0.95)
        assert p95_us is not None, self.finished.output
        return p95_us / 1e6


def run_with_a_freeze(folder: Path, duration_s: int, freeze_s: float) -> Frozen:
    """Stops the server's process for a while, long after the start and long before the end."""
    profile = folder / "constant.toml"
    profile.write_text(PROFILE.format(duration_s=duration_s, rate=RATE_PER_S))
    with truth_server() as truth:
        truth.script("/query", [send(response())])
        target = write_target(folder, truth.url)
        words = ["--target", str(target), "--load-profile", str(profile), "--baseline", "none"]
        with LoadRun(folder / "runs", [*words, "--sidecar-command", "none"], judged=True) as run:
            run.wait_until(lambda: asked(truth) >= RATE_PER_S * 2, "a warm service")
            began_ns = time.time_ns()
            os.kill(truth.pid, signal.SIGSTOP)
            try:
                time.sleep(freeze_s)
            finally:
                os.kill(truth.pid, signal.SIGCONT)
            finished = run.finish()
        answered_ns = [record["writes"][0][1] for record in truth.records()]
    assert len(answered_ns) == duration_s * RATE_PER_S
    thawed_ns = min(stamp_ns for stamp_ns in answered_ns if stamp_ns > began_ns)
    return Frozen(finished, (thawed_ns - began_ns) / 1e9)


def asked(truth: Truth) -> int:
    return truth.requests().get("/query", 0)


@pytest.mark.parametrize(
    ("duration_s", "freeze_s"),
    [
        pytest.param(10, 1.0, id="1 s in 10 s"),
        pytest.param(60, 6.0, id="6 s in 60 s", marks=pytest.mark.slow),
    ],
)
def test_the_response_p95_is_what_the_freeze_makes_it(
    tmp_path: Path, duration_s: int, freeze_s: float
) -> None:
    """A tenth of the requests waits for 0 to F seconds, evenly spread: the p95 is F/2.

    Nothing is held back because earlier requests wait: all are sent when due, on connections that the
    frozen service's kernel accepts, so that the time from the send is as long.
    """
    run = run_with_a_freeze(tmp_path, duration_s, freeze_s)

    counts = run.finished.totals()["query"]
    assert counts.ok == counts.due == duration_s * RATE_PER_S
    analytic_s = run.frozen_s - 0.05 * duration_s
    assert run.p95_s("response") == pytest.approx(analytic_s, rel=0.05)
    assert run.p95_s("service") == pytest.approx(analytic_s, rel=0.05)
    assert run.finished.directory is not None
    shown = {
        row.metric: row.value
        for row in read_result(run.finished.directory / "result.json").metrics
        if row.statistic == "p95"
    }
    assert shown["response"] == pytest.approx(run.p95_s("response") * 1e6, rel=1e-5)
    assert shown["service"] == pytest.approx(run.p95_s("service") * 1e6, rel=1e-5)
