"""`plimsoll regenerate`: records a baseline anew, compares it with the old ones, leaves a page for review."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.aa_noise import AaNoise, aa_noise
from analysis.baseline import (
    LEAST_RUNS,
    Baseline,
    BaselineKind,
    baseline_path,
    read_baseline,
    write_baseline,
)
from analysis.baseline_builder import baseline_of
from analysis.canonical import canonical_text
from analysis.carried_noise import with_pairs, with_weeks
from analysis.errors import UsageError
from analysis.history import append_row, history_path, history_row, read_history
from analysis.history_series import segment_of, segments_of
from analysis.judge import AUTO, compare_with, judge_runs
from analysis.judged_run import read_like_runs
from analysis.profile import check_mix, load_profile
from analysis.regeneration import Regeneration, decide_regeneration, outcome_of
from analysis.result import Comparison
from analysis.run_directory import make_run_root
from analysis.run_environment import run_environment
from analysis.target import load_target
from analysis.whole_file import write_asked
from scripts.baseline import candidate_path, valid_runs
from scripts.checkout import BASELINES
from scripts.load_process import Order
from scripts.machine import check_machine
from scripts.run import execute_runs, short

SCHEMA = "plimsoll.regeneration/1"


@dataclass(frozen=True, slots=True)
class RegenerationOrder:
    """What to record, how often, and where everything lies."""

    load: Order
    runs: int = 7
    pairs: int = 10
    """Of runs of the same version, for the noise; none with 0."""
    baselines: Path = BASELINES

    def execute(self, count: int) -> list[Path]:
        return execute_runs(self.load, count)


@dataclass(frozen=True, slots=True)
class RegenerationFiles:
    """What a regeneration leaves beside the baselines; the baselines themselves stay as they are."""

    candidate: Path
    history: Path
    review: Path
    history_plot: Path
    change_plot: Path

    @staticmethod
    def of(root: Path, candidate: Baseline) -> "RegenerationFiles":
        place = candidate_path(root, candidate)
        return RegenerationFiles(
            candidate=place,
            history=history_path(root, candidate.target, candidate.profile),
            review=place.with_name(f"{candidate.env8}.review.md"),
            history_plot=place.with_name(f"{candidate.env8}.history.svg"),
            change_plot=place.with_name(f"{candidate.env8}.changes.svg"),
        )


def regenerate_command(order: RegenerationOrder, *, allow_inconclusive: bool, as_json: bool) -> int:
    """The exit code is the verdict on the new baseline, by the rolling one, the anchor and the objectives."""
    if order.runs < LEAST_RUNS:
        raise UsageError(f"--runs: found {order.runs}, wanted {LEAST_RUNS} or more for a baseline")
    if order.pairs == 1 or order.pairs < 0:
        raise UsageError(f"--pairs: found {order.pairs}, wanted 0 for none, or 2 or more")
    _check_stored(order)
    doubts = check_machine(order.load.target, order.load.base_url)
    paths = valid_runs(order.execute(order.runs), order.runs, order.execute)
    aa = _pairs(order)
    found = _found(order, paths, aa, doubts, allow_inconclusive=allow_inconclusive)
    files = RegenerationFiles.of(order.baselines, found.candidate)
    _write(found, files)
    if as_json:
        print(canonical_text(_content(found, files)), end="")
    else:
        decision = found.decision
        print(f"{decision.verdict.value.replace('_', ' ').upper()} (exit code {int(decision.exit_code)})")
        print("\n".join(f"  {reason}" for reason in decision.reasons))
        print(f"\n{short(files.candidate)}\n{short(files.review)}")
    return found.decision.exit_code


def _check_stored(order: RegenerationOrder) -> None:
    """What could not be read or written after an hour of load is refused before it."""
    target, profile = load_target(order.load.target), load_profile(order.load.profile)
    check_mix(profile, target)
    if not profile.compare:
        raise UsageError(
            f"--profile: found {profile.name}, whose runs are never compared, wanted one whose runs are"
        )
    make_run_root(order.baselines, "--baselines")
    read_history(history_path(order.baselines, target.name, profile.name))
    env8 = run_environment(target, os.environ).env8
    for kind in (BaselineKind.ROLLING, BaselineKind.ANCHOR):
        place = baseline_path(order.baselines, target.name, profile.name, env8, kind)
        if place.exists():
            read_baseline(place)


def _pairs(order: RegenerationOrder) -> AaNoise | None:
    """Runs in pairs as they came, every second pair the other way round: a steady drift cancels out."""
    if order.pairs == 0:
        return None
    print(f"plimsoll: {order.pairs} pairs of the same version, for the noise", file=sys.stderr, flush=True)
    wanted = 2 * order.pairs
    runs = read_like_runs(valid_runs(order.execute(wanted), wanted, order.execute))
    summaries = [run.summary() for run in runs]
    pairs = [
        (first, second) if place % 2 == 0 else (second, first)
        for place, (first, second) in enumerate(zip(summaries[::2], summaries[1::2], strict=True))
    ]
    return aa_noise(pairs, runs[0].rules)


def _found(
    order: RegenerationOrder,
    paths: Sequence[Path],
    aa: AaNoise | None,
    doubts: tuple[str, ...],
    *,
    allow_inconclusive: bool,
) -> Regeneration:
    """Everything but the files; the last run's directory gets the reports of all runs together."""
    from reports.report_files import write_report_files  # brings matplotlib

    runs = read_like_runs(paths)
    candidate = baseline_of(runs)
    rolling = _stored(order.baselines, candidate, BaselineKind.ROLLING)
    candidate = with_pairs(candidate, aa, rolling)
    judged = judge_runs(
        runs,
        paths[-1],
        baseline=AUTO,
        baselines_root=order.baselines,
        allow_inconclusive=allow_inconclusive,
    )
    write_report_files(paths[-1], judged, runs[-1])
    frozen = _stored(order.baselines, candidate, BaselineKind.ANCHOR)
    anchor = None if frozen is None else compare_with(runs, frozen)
    row = history_row(candidate, rolling=outcome_of(judged.comparison), anchor=outcome_of(anchor))
    rows = append_row(history_path(order.baselines, candidate.target, candidate.profile), row)
    segments = segments_of(rows)
    return Regeneration(
        candidate=with_weeks(candidate, segment_of(segments, candidate.baseline_id)),
        judged=judged,
        anchor=anchor,
        aa=aa,
        doubts=doubts,
        segments=segments,
        decision=decide_regeneration(judged, anchor, allow_inconclusive=allow_inconclusive),
    )


def _stored(root: Path, candidate: Baseline, kind: BaselineKind) -> Baseline | None:
    place = baseline_path(root, candidate.target, candidate.profile, candidate.env8, kind)
    return read_baseline(place) if place.exists() else None


def _write(found: Regeneration, files: RegenerationFiles) -> None:
    from reports.change_plot import draw_changes
    from reports.history_plot import draw_history
    from reports.review_page import render_review

    title = f"Baselines of {found.candidate.target} under {found.candidate.profile}"
    write_baseline(found.candidate, files.candidate)
    page = render_review(
        found,
        history=files.history_plot.name,
        changes=files.change_plot.name,
        candidate=str(short(files.candidate)),
    )
    for path, text in (
        (files.history_plot, draw_history(found.segments, title)),
        (files.change_plot, draw_changes(found.judged.comparison, found.anchor)),
        (files.review, page),
    ):
        write_asked(path, text.encode())


def _content(found: Regeneration, files: RegenerationFiles) -> dict[str, object]:
    aa = found.aa
    return {
        "schema": SCHEMA,
        "target": found.candidate.target,
        "profile": found.candidate.profile,
        "baseline_id": found.candidate.baseline_id,
        "env8": found.candidate.env8,
        "verdict": found.decision.verdict,
        "exit_code": int(found.decision.exit_code),
        "reasons": list(found.decision.reasons),
        "label": found.label,
        "rolling": _side(found.judged.comparison),
        "anchor": _side(found.anchor),
        "pairs": None if aa is None else aa.pairs,
        "false_regressions": None if aa is None else aa.false_regressions,
        "candidate": str(short(files.candidate)),
        "history": str(short(files.history)),
        "review": str(short(files.review)),
    }


def _side(comparison: Comparison | None) -> dict[str, object] | None:
    if comparison is None:
        return None
    return {"baseline_id": comparison.baseline_id, "outcome": outcome_of(comparison)}
