"""`plimsoll history`: how the baselines of a target and a load profile went from week to week."""

import sys
from dataclasses import asdict
from pathlib import Path

from analysis.canonical import canonical_text
from analysis.errors import UsageError
from analysis.exit_code import ExitCode
from analysis.history import history_path, read_history
from analysis.history_series import HistorySegment, HistorySeries, segments_of
from analysis.profile import load_profile
from analysis.target import load_target
from analysis.whole_file import write_whole
from reports.history_csv import history_csv
from scripts.checkout import BASELINES
from scripts.history_text import history_text

SCHEMA = "plimsoll.history_report/1"


def history_command(
    target: str,
    profile: str,
    *,
    last: int = 12,
    csv: Path | None = None,
    plot: Path | None = None,
    as_json: bool = False,
    baselines: Path = BASELINES,
) -> int:
    """0 whatever it shows: a history informs, and never decides."""
    if plot is not None and plot.suffix != ".svg":
        raise UsageError(f"--plot: found {plot}, wanted a name that ends in .svg")
    name, load = load_target(target).name, load_profile(profile).name
    path = history_path(baselines, name, load)
    rows = read_history(path)
    if not rows:
        raise UsageError(f"{path}: there is no history; `plimsoll regenerate` adds a row to it each time")
    segments = segments_of(rows)
    if csv is not None:
        _write(csv, history_csv(segments[-1]), "--csv")
    if plot is not None:
        from reports.history_plot import draw_history  # brings matplotlib

        _write(plot, draw_history(segments, f"Baselines of {name} x {load}"), "--plot")
    if csv is not None and str(csv) == "-":
        return ExitCode.PASS
    if as_json:
        print(canonical_text(_content(name, load, segments)), end="")
    else:
        print(history_text(segments, f"{name} x {load}", last), end="")
    return ExitCode.PASS


def _write(path: Path, text: str, option: str) -> None:
    if str(path) == "-":
        print(text, end="")
        return
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise UsageError(f"{option}: found {path}, which cannot be written: {error.strerror}") from error
    print(f"plimsoll: wrote {path}", file=sys.stderr)


def _content(target: str, profile: str, segments: tuple[HistorySegment, ...]) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "target": target,
        "profile": profile,
        "segments": [
            {
                **asdict(segment.setting),
                "rows": [
                    {
                        "baseline_id": row.baseline_id,
                        "start_utc": row.start_utc,
                        "git_commit": row.git_commit,
                        "runs": row.runs,
                        "rolling": row.rolling,
                        "anchor": row.anchor,
                    }
                    for row in segment.rows
                ],
                "series": {series.name: _series(series) for series in segment.series},
            }
            for segment in segments
        ],
    }


def _series(series: HistorySeries) -> dict[str, object]:
    return {
        "unit": series.unit,
        "deviation": series.deviation,
        "points": [
            {"baseline_id": row.baseline_id, **asdict(row.figures[series.name])} for row in series.rows
        ],
        "change_points": [
            {
                "baseline_id": change.row.baseline_id,
                "start_utc": change.row.start_utc,
                "change": change.change,
                "p": change.p,
                "worse": change.worse,
            }
            for change in series.changes
        ],
    }
