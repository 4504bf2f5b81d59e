"""The scheduler sends every arrival or counts it as dropped, and ends when it is asked to."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.script import Step, response, send, stall
from tests.servers.truth import Truth

ROOT = Path(__file__).parents[2]
TARGET = """
base_url = "{url}"
[endpoints.query]
path = "/query"
method = "GET"
"""
PROFILE = """
model = "open"
arrivals = "constant"
mix = {{ query = 1 }}
max_in_flight = {max_in_flight}
drain = "1s"
[[stages]]
duration = "2s"
level = 40
"""
WHOLE = 80
LONG_AGO_S = 10.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What the schedulers left."""

    counts: dict[str, int]
    due_s: list[float]

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)


def schedule(
    truth: Truth,
    folder: Path,
    steps: Sequence[Step],
    *,
    workers: int = 1,
    age_s: float = LONG_AGO_S,
    max_in_flight: int = 1000,
    end: str = "sent",
) -> Ended:
    truth.clear()
    truth.script("/query", steps)
    target, profile = folder / "target.toml", folder / "profile.toml"
    target.write_text(TARGET.format(url=truth.url))
    profile.write_text(PROFILE.format(max_in_flight=max_in_flight))
    words = [str(target), str(profile), str(workers), str(age_s), end]
    done = subprocess.run(
        [sys.executable, "-m", "tests.locustfiles.arrival_process", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["ended"], done.stderr
    return Ended(document["counts"], document["due_s"])


OK = [send(response())]


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_a_late_scheduler_sends_the_whole_schedule(truth: Truth, tmp_path: Path, workers: int) -> None:
    """All of it is overdue; what the workers send together is the schedule, each with its due time."""
    ended = schedule(truth, tmp_path, OK, workers=workers)

    assert ended.count("due") == ended.count("started") == ended.count("ok") == WHOLE
    assert ended.due_s == pytest.approx([0.0125 + 0.025 * number for number in range(WHOLE)], abs=1e-6)
    assert truth.requests()["/query"] == WHOLE


def test_a_punctual_scheduler_sends_the_whole_schedule(truth: Truth, tmp_path: Path) -> None:
    """Time zero lies before the process is ready for the first arrivals, and the last are still to come."""
    ended = schedule(truth, tmp_path, OK, age_s=0.0)

    assert ended.count("due") == ended.count("ok") == truth.requests()["/query"] == WHOLE


def test_beyond_the_cap_arrivals_are_dropped_and_counted(truth: Truth, tmp_path: Path) -> None:
    """Nothing is answered, so three are sent and the rest is dropped."""
    ended = schedule(truth, tmp_path, [stall()], max_in_flight=3)

    assert ended.count("due") == WHOLE
    assert ended.count("started") == 3
    assert ended.count("dropped") == WHOLE - 3


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_due_and_never_sent_is_dropped_at_the_end(truth: Truth, tmp_path: Path, end: str) -> None:
    """The end comes while the scheduler still has its backlog to send."""
    ended = schedule(truth, tmp_path, OK, end=end)

    assert ended.count("due") == WHOLE
    assert ended.count("dropped") > 0
    assert ended.count("started") + ended.count("dropped") == WHOLE


def test_a_scheduler_that_waits_ends_when_asked(truth: Truth, tmp_path: Path) -> None:
    """Its first arrival is due in an hour: it counts nothing."""
    ended = schedule(truth, tmp_path, OK, age_s=-3600.0, end="stop")

    assert ended.count("due") == 0
