"""A search for the capacity in real time: a few steps always, a whole one against a known capacity slowly."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.event import EventKind
from analysis.exit_code import ExitCode
from analysis.result import SearchEnd, read_result
from tests.end_to_end.load_run import Finished, LoadRun
from tests.servers.reference_service import ReferenceService, reference_service

GENERATIONS, GENERATION_MS = 4, 100.0
"""Forty answers a second: a token block of 10 ms comes 90 ms after the generation began."""
CAPACITY_PER_S = GENERATIONS / (GENERATION_MS / 1e3)

SHORT = """
[search]
start = 20
most = 40
warm_up = "1s"
settle = "1s"
step = "2s"
rest = "20s"
steps = 4
"""

WHOLE = """
[search]
start = 10
warm_up = "3s"
settle = "3s"
step = "8s"
rest = "20s"
"""


def write_search(folder: Path, search: str) -> Path:
    path = folder / "search.toml"
    path.write_text(
        'model = "open"\narrivals = "constant"\nmix = { query = 1 }\ndrain = "20s"\ncompare = false\n'
        + search
    )
    return path


@contextmanager
def limited_service(folder: Path) -> Iterator[ReferenceService]:
    """It answers as many at once as it has generations, none from its cache; the rest wait in order."""
    with reference_service(
        folder,
        cache=False,
        embed_ms=1.0,
        retrieve_ms=1.0,
        ttft_ms=GENERATION_MS - 10.0,
        token_ms=10.0,
        tokens=6,
        max_generations=GENERATIONS,
    ) as service:
        yield service


def finished(folder: Path, search: str, service: ReferenceService, *words: str) -> Finished:
    profile = str(write_search(folder, search))
    arguments = ["--load-profile", profile, "--target", "reference", "--host", service.base_url]
    with LoadRun(folder / "runs", [*arguments, "--baseline", "none", *words], judged=True) as run:
        return run.finish(limit_s=900)


def test_two_workers_take_two_steps_and_their_run_is_judged(
    tmp_path: Path, service: ReferenceService
) -> None:
    """A stalled machine may spoil a step or the run's validity, but not the steps or the books."""
    run = finished(tmp_path, SHORT, service, "--processes", "2")

    totals = run.totals()["query"]
    steps = [event for event in run.log.events if event["kind"] == EventKind.STEP]
    assert run.directory is not None
    result = read_result(run.directory / "result.json")
    assert result.capacity is not None
    assert len(steps) == len(result.capacity.steps) >= 2
    assert steps[0]["rate_per_s"] == 20
    asked = sum(step["rate_per_s"] * (step["end_s"] - step["start_s"]) for step in steps)
    assert totals.due == pytest.approx(asked, abs=len(steps))
    assert run.code == result.exit_code
    if result.capacity.end is SearchEnd.MOST and result.valid:
        assert run.code == ExitCode.PASS
        assert [step.rate_per_s for step in result.capacity.steps] == [20, 40]


@pytest.mark.slow
def test_the_capacity_of_the_reference_service_is_found_within_ten_percent(tmp_path: Path) -> None:
    with limited_service(tmp_path) as service:
        run = finished(tmp_path, WHOLE, service)

    assert run.directory is not None
    result = read_result(run.directory / "result.json")
    capacity = result.capacity
    assert capacity is not None
    assert capacity.end is SearchEnd.FOUND, capacity.text
    assert capacity.rate_per_s == pytest.approx(CAPACITY_PER_S, rel=0.1), capacity
