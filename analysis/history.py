"""The baselines of one target and load profile over time: a file of lines, one for each regeneration.

plimsoll.history/1  the first format: means and deviations of the primary statistics, verdicts, commit.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from analysis.arms import name_parts, on_scale
from analysis.baseline import Baseline
from analysis.canonical import rounded
from analysis.errors import HistoryError, shown
from analysis.metric import Direction, metric_named
from analysis.noise import sample_deviation
from analysis.result import Outcome
from analysis.whole_file import write_asked

HISTORY_SCHEMA = "plimsoll.history/1"

_FORBID = ConfigDict(extra="forbid")
_MEND = "take the file as it was committed last; rows are only ever added, by `plimsoll regenerate`"


@checked(frozen=True, slots=True, config=_FORBID)
class Figure:
    """`mean` of the runs, a geometric one except for ratios; `deviation` from run to run on that scale."""

    mean: float
    deviation: float


@checked(frozen=True, slots=True, config=_FORBID)
class HistoryRow:
    """One regeneration. A verdict is None where there was no comparable baseline of its kind."""

    baseline_id: str
    start_utc: str
    env8: str
    scenario_sha256: str
    clock: str
    workers: int
    runs: int
    git_commit: str | None
    rolling: Outcome | None
    anchor: Outcome | None
    figures: Mapping[str, Figure]
    """`<endpoint>.<metric>.<statistic>` of what can be gated."""
    drops: tuple[str, ...] = ()
    """Names of figures that become worse by dropping because the target says so."""
    schema: str = HISTORY_SCHEMA

    @property
    def setting(self) -> "HistorySetting":
        return HistorySetting(self.env8, self.scenario_sha256, self.clock, self.workers)


@dataclass(frozen=True, slots=True)
class HistorySetting:
    """What rows must share to lie on one line."""

    env8: str
    scenario_sha256: str
    clock: str
    workers: int


def history_path(root: Path, target: str, profile: str) -> Path:
    return root / target / profile / "history.jsonl"


def history_row(baseline: Baseline, *, rolling: Outcome | None, anchor: Outcome | None) -> HistoryRow:
    git = baseline.provenance.get("git")
    figures = dict(_figures(baseline))
    return HistoryRow(
        baseline_id=baseline.baseline_id,
        start_utc=baseline.created_utc,
        env8=baseline.env8,
        scenario_sha256=baseline.scenario_sha256,
        clock=baseline.clock,
        workers=baseline.workers,
        runs=len(baseline.runs),
        git_commit=str(git["commit"]) if isinstance(git, Mapping) else None,
        rolling=rolling,
        anchor=anchor,
        figures=figures,
        drops=tuple(name for name in sorted(figures) if _drops(baseline, name)),
    )


def read_history(path: Path) -> tuple[HistoryRow, ...]:
    """In the order of their starts; empty without the file. HistoryError names line and key."""
    try:
        lines = path.read_bytes().decode("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise HistoryError(
            f"{path}: found bytes that are not UTF-8, wanted lines of JSON; {_MEND}"
        ) from error
    rows = [_row(line, f"{path}: line {number}") for number, line in enumerate(lines, 1)]
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if row.baseline_id in seen:
            raise HistoryError(f"{path}: line {number}: found {row.baseline_id} twice, wanted once; {_MEND}")
        seen.add(row.baseline_id)
    return tuple(sorted(rows, key=lambda row: (row.start_utc, row.baseline_id)))


def append_row(path: Path, row: HistoryRow) -> tuple[HistoryRow, ...]:
    """The history with the new row, whole or not at all; a row of the same baseline is not added again."""
    rows = read_history(path)
    if row.baseline_id in {other.baseline_id for other in rows}:
        return rows
    before = path.read_bytes() if path.exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    write_asked(path, before + line_of(row).encode())
    return read_history(path)


def line_of(row: HistoryRow) -> str:
    """Sorted keys and six digits, as in a baseline."""
    content = rounded(_ADAPTER.dump_python(row, mode="json"))
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text + "\n"


def _figures(baseline: Baseline) -> Iterator[tuple[str, Figure]]:
    for name in sorted(baseline.noise):
        endpoint, metric, statistic = name_parts(name)
        found = [run.series[f"{endpoint}.{metric}"].values[statistic] for run in baseline.runs]
        values = [on_scale(statistic, value) for value in found]
        mean = math.fsum(values) / len(values)
        yield name, Figure(mean if statistic == "ratio" else math.exp(mean), sample_deviation(values))


def _drops(baseline: Baseline, name: str) -> bool:
    _, metric, _ = name_parts(name)
    if baseline.gating is None or metric_named(metric).direction is Direction.HIGHER:
        return False
    return baseline.gating.rules.direction(metric) is Direction.HIGHER


def _row(line: str, place: str) -> HistoryRow:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise HistoryError(
            f"{place}: found broken JSON ({error}), wanted {HISTORY_SCHEMA}; {_MEND}"
        ) from error
    found = content.get("schema") if isinstance(content, dict) else content
    if found != HISTORY_SCHEMA:
        raise HistoryError(f"{place}: schema: found {shown(found)}, wanted {shown(HISTORY_SCHEMA)}; {_MEND}")
    try:
        return _ADAPTER.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise HistoryError(
            f"{place}: {key}: found {shown(first['input'])}, wanted otherwise: {first['msg']}; {_MEND}"
        ) from error


_ADAPTER = TypeAdapter(HistoryRow)
