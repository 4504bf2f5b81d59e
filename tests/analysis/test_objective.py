from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.judged_run import read_judged_run
from analysis.objective import evaluate
from analysis.profile import LoadProfile, Model, Stage
from analysis.result import ObjectiveRow
from analysis.target import Objective
from tests.run_builder import PROFILE, TARGET, build_run

GROWTH = Objective("memory_growth", None, "memory_growth", "slope", 100.0, "MB/h")
HOST = Objective("host_memory", None, "host_memory", "max", 98.0, "percent")
P95 = Objective("query.response.p95", "query", "response", "p95", 1_000_000.0, "us")
LONG = LoadProfile("soak", Model.CLOSED, PROFILE.mix, (Stage("steady", 660, 20.0),))
FEW = {"query": 1}


def row_of(root: Path, objective: Objective, **plan: Any) -> ObjectiveRow:
    run = read_judged_run(build_run(root, target=replace(TARGET, objectives=(objective,)), **plan))
    return evaluate(run.target.objectives, [run.measurement], [run.readings])[0]


@pytest.mark.parametrize(
    ("objective", "met"),
    [
        (P95, True),
        (replace(P95, limit=100_000.0), False),
        (replace(P95, endpoint=None), True),
        (replace(P95, endpoint="*", limit=300_000.0), False),
        (Objective("errors", "query", "errors", "ratio", 0.02, "ratio"), False),
        (Objective("errors", "query", "errors", "ratio", 0.10, "ratio"), True),
        (Objective("errors", None, "errors", "ratio", 0.03, "ratio"), True),
        (Objective("goodput", "query", "goodput", "ratio", 0.90, "ratio"), True),
        (Objective("goodput", "query", "goodput", "ratio", 0.99, "ratio"), False),
        (HOST, True),
        (replace(HOST, limit=59.0), False),
    ],
)
def test_a_limit_is_met_or_missed(tmp_path: Path, objective: Objective, met: bool) -> None:
    """3 of 63 queries fail, 3 of 123 requests altogether."""
    row = row_of(tmp_path, objective, failed={"query": {"http_5xx": 3}})

    assert row.met is met
    assert row.value is not None


def test_a_percentile_of_too_few_requests_is_not_evaluated(tmp_path: Path) -> None:
    row = row_of(tmp_path, P95, per_slice=FEW)

    assert (row.met, row.value) == (None, None)
    assert row.reason == "50 observations, 130 are needed"


def test_even_too_few_requests_show_that_a_limit_is_missed(tmp_path: Path) -> None:
    """Half of 50 requests took longer than the limit of the 95th percentile."""
    row = row_of(tmp_path, replace(P95, limit=50_000.0), per_slice=FEW)

    assert row.met is False
    assert row.reason is not None
    assert "p50 is already above the limit" in row.reason


def test_an_endpoint_without_requests_is_not_evaluated(tmp_path: Path) -> None:
    row = row_of(tmp_path, replace(P95, endpoint="health"), per_slice={"query": 10})

    assert row.met is None


def line(mb_per_h: float) -> Callable[[float], float]:
    return lambda t: 300e6 + mb_per_h * 1e6 * t / 3600


@pytest.mark.parametrize(("mb_per_h", "met"), [(0.0, True), (90.0, True), (120.0, False)])
def test_memory_growth_is_a_slope(tmp_path: Path, mb_per_h: float, met: bool) -> None:
    row = row_of(tmp_path, GROWTH, profile=LONG, per_slice=FEW, rss_bytes=line(mb_per_h))

    assert row.met is met
    assert row.value == pytest.approx(mb_per_h, abs=0.1)


def stairs(*lengths_s: int) -> LoadProfile:
    """Twice the load from step to step."""
    steps = [Stage(f"step {n}", length_s, 10.0 * 2**n) for n, length_s in enumerate(lengths_s)]
    return replace(LONG, stages=tuple(steps))


def test_memory_that_more_load_takes_is_no_growth(tmp_path: Path) -> None:
    """40 MB more at each step would be 480 MB/h."""
    row = row_of(
        tmp_path, GROWTH, profile=stairs(300, 300, 300), per_slice=FEW,
        rss_bytes=lambda t: 300e6 + 40e6 * (t // 300),
    )  # fmt: skip

    assert (row.met, row.value) == (None, None)
    assert row.reason == ("299 s of samples at one level of the load, 600 s without long gaps are needed")


def test_memory_that_grows_at_one_level_of_the_load_is_found(tmp_path: Path) -> None:
    """Only the second step is long enough."""
    row = row_of(
        tmp_path, GROWTH, profile=stairs(60, 660), per_slice=FEW,
        rss_bytes=lambda t: line(120.0)(t) + (40e6 if t >= 60 else 0.0),
    )  # fmt: skip

    assert row.met is False
    assert row.value == pytest.approx(120.0, abs=0.1)


def test_memory_under_a_load_that_always_changes_is_not_evaluated(tmp_path: Path) -> None:
    ramp = replace(LONG, stages=(Stage("up", 660, 20.0, ramp=True),))

    row = row_of(tmp_path, GROWTH, profile=ramp, per_slice=FEW, rss_bytes=line(300.0))

    assert (row.met, row.reason) == (None, "the load never held one level, and memory moves with it")


def test_memory_growth_that_cannot_be_told_from_noise_is_not_evaluated(tmp_path: Path) -> None:
    row = row_of(
        tmp_path, GROWTH, profile=LONG, per_slice=FEW, rss_bytes=lambda t: 300e6 + 60e6 * (int(t) // 220 % 2)
    )

    assert row.met is None
    assert row.reason is not None
    assert row.reason.startswith("between ")


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ({}, "49 s of samples, 600 s without long gaps are needed"),
        ({"rss_bytes": None}, "the memory of the service's process was not watched"),
    ],
)
def test_memory_growth_of_a_short_run_is_not_evaluated(
    tmp_path: Path, plan: dict[str, Any], reason: str
) -> None:
    row = row_of(tmp_path, GROWTH, **plan)

    assert (row.met, row.reason) == (None, reason)


def test_memory_of_a_host_that_was_not_watched_is_not_evaluated(tmp_path: Path) -> None:
    row = row_of(tmp_path, HOST, host_memory_percent=None)

    assert (row.met, row.reason) == (None, "the host's memory was not watched")


def test_the_worst_run_speaks_for_several(tmp_path: Path) -> None:
    runs = [
        read_judged_run(build_run(tmp_path, number=number, host_memory_percent=percent))
        for number, percent in enumerate((50.0, 99.0, 60.0))
    ]

    row = evaluate([HOST], [run.measurement for run in runs], [run.readings for run in runs])[0]

    assert (row.met, row.value) == (False, 99.0)
