"""`python -m scripts.bench verdicts`: prints what simulations find of the claims that the project makes."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.exit_code import ExitCode
from scripts.bench.verdicts.capacities import capacity_rows
from scripts.bench.verdicts.comparability import comparability_rows
from scripts.bench.verdicts.coverage import coverage_rows
from scripts.bench.verdicts.end_to_end import end_to_end_rows
from scripts.bench.verdicts.end_to_end_pairs import end_to_end_pair_rows
from scripts.bench.verdicts.histories import history_rows
from scripts.bench.verdicts.memory_slopes import memory_rows
from scripts.bench.verdicts.paired_gates import paired_rows
from scripts.bench.verdicts.row import Row
from scripts.bench.verdicts.saturation import saturation_rows
from scripts.bench.verdicts.stored_gates import stored_rows


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is simulated."""

    end_to_end: int
    """A/A gates of each kind through run directories."""
    gates: int
    """A/A gates of each kind from run summaries."""
    power: int
    """Gates for each noise when one metric changed by ten percent."""
    boundary: int
    """Gates for each noise at the margin."""
    suites: int
    """A/A gates with 48 metrics."""
    intervals: int
    """Runs for each kind of noise within them."""
    memories: int
    """Runs for each course of a process's memory."""
    histories: int
    """Of weeks, with and without a change."""
    capacities: int
    """Searches for each blur of the knee."""


WIDTH = 78
"""Of the longest claim, so that all tables have the same columns."""

FULL = Plan(
    end_to_end=300,
    gates=20_000,
    power=5_000,
    boundary=5_000,
    suites=1_000,
    intervals=1_000,
    memories=2_000,
    histories=2_000,
    capacities=1_000,
)
QUICK = Plan(
    end_to_end=18,
    gates=1_800,
    power=1_000,
    boundary=1_000,
    suites=200,
    intervals=300,
    memories=2_000,
    histories=500,
    capacities=200,
)


def verdicts_command(*, quick: bool, as_json: bool) -> int:
    """1 when a claim does not hold. Each table is printed as soon as it is there."""
    rows: list[Row] = []
    for table in tables(QUICK if quick else FULL):
        began_s = time.monotonic()
        found = list(table())
        _report(found, time.monotonic() - began_s)
        if not as_json:
            print(text(found, first=not rows), end="", flush=True)
        rows += found
    if as_json:
        print(json.dumps(document(rows), indent=2, sort_keys=True))
    return ExitCode.PASS if all(row.ok for row in rows) else ExitCode.REGRESSION


def tables(plan: Plan) -> Sequence[Callable[[], Iterator[Row]]]:
    """The quick ones first."""
    return (
        lambda: coverage_rows(plan.intervals),
        lambda: memory_rows(plan.memories),
        lambda: history_rows(plan.histories),
        lambda: capacity_rows(plan.capacities),
        comparability_rows,
        saturation_rows,
        lambda: stored_rows(plan.gates, plan.boundary, plan.suites),
        lambda: paired_rows(plan.gates, plan.power, plan.boundary, plan.suites),
        lambda: end_to_end_rows(plan.end_to_end),
        lambda: end_to_end_pair_rows(plan.end_to_end),
    )


def document(rows: Sequence[Row]) -> Mapping[str, object]:
    """What `--json` prints."""
    return {
        "benchmark": "verdicts",
        "ok": all(row.ok for row in rows),
        "missed": [row.what for row in rows if not row.ok],
        "rows": [row.plain() for row in rows],
    }


def text(rows: Sequence[Row], *, first: bool) -> str:
    """One table; an empty line sets it off from the one before."""
    lines = [f"{rows[0].table:{WIDTH}}  {'wanted':14}  found"]
    for row in rows:
        missed = "" if row.ok else "   MISSED"
        lines.append(f"{row.what:{WIDTH}}  {row.wanted:14}  {row.found}{missed}")
    return ("" if first else "\n") + "\n".join(lines) + "\n"


def _report(rows: Sequence[Row], took_s: float) -> None:
    missed = sum(not row.ok for row in rows)
    print(f"{rows[0].table}: {len(rows)} claims, {missed} missed, {took_s:.0f} s", file=sys.stderr)
