"""`plimsoll baseline`: records a candidate from several runs, shows, compares and promotes baselines."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from analysis.aa_noise import pooled, read_aa_noise
from analysis.baseline import (
    LEAST_RUNS,
    Baseline,
    BaselineKind,
    baseline_path,
    promote,
    read_baseline,
    write_baseline,
)
from analysis.baseline_builder import build_baseline
from analysis.baseline_diff import baseline_diff
from analysis.baseline_noise import with_aa_noise
from analysis.baseline_schema import baseline_schema_text
from analysis.environment import differing_keys
from analysis.errors import InvalidRunError, UsageError
from analysis.exit_code import ExitCode
from analysis.judged_run import read_judged_run
from analysis.profile import load_profile
from analysis.run_directory import make_run_root
from analysis.run_environment import run_environment
from analysis.steadiness import STEADY
from analysis.target import load_target
from scripts.baseline_diff_text import diff_text
from scripts.baseline_text import baseline_text
from scripts.checkout import BASELINES
from scripts.load_process import Order
from scripts.run import execute_runs

EXTRA_RUNS = 2
"""May be made in place of invalid ones; of more than ten runs, a fifth of them."""


def record_command(
    order: Order,
    runs: int,
    *,
    promoted: bool = False,
    extend: Path | None = None,
    noise: Sequence[Path] = (),
    baselines: Path = BASELINES,
) -> int:
    """Make runs until enough of them are valid and write `<env8>.candidate.json`; prints the file's path.

    With `extend`, the runs of that baseline are kept beside the new ones; `noise` are figures that
    `plimsoll ab --self` left.
    """
    figures = [read_aa_noise(path) for path in noise]
    earlier = None if extend is None else read_baseline(extend)
    if earlier is None and runs < LEAST_RUNS:
        raise UsageError(f"--runs: found {runs}, wanted {LEAST_RUNS} or more for a baseline")
    if earlier is not None:
        _check_same(earlier, order)
    make_run_root(baselines, "--baselines")
    execute = partial(execute_runs, order)
    baseline = build_baseline(valid_runs(execute(runs), runs, execute), earlier)
    if figures:
        baseline = with_aa_noise(baseline, pooled(figures))
    place = candidate_path(baselines, baseline)
    write_baseline(baseline, place)
    if promoted:
        place = promote(place, baselines)
    print(baseline_text(read_baseline(place)), file=sys.stderr)
    print(place)
    return ExitCode.PASS


def show_command(path: Path, as_json: bool) -> int:
    """What a baseline holds, after all checks that reading it makes."""
    baseline = read_baseline(path)
    if as_json:
        print(baseline.to_json(), end="")
    else:
        print(baseline_text(baseline), end="")
    return ExitCode.PASS


def diff_command(old: Path, new: Path, as_json: bool) -> int:
    """What changed from one baseline to the other: for review, so that it never fails a pipeline."""
    diff = baseline_diff(read_baseline(old), read_baseline(new))
    print(diff.to_json() if as_json else diff_text(diff), end="")
    return ExitCode.PASS


def schema_command() -> int:
    """The JSON Schema that every baseline file follows."""
    print(baseline_schema_text(), end="")
    return ExitCode.PASS


def promote_command(path: Path, kind: str = "rolling", baselines: Path = BASELINES) -> int:
    """Puts a candidate in place as rolling or anchor; prints the place."""
    if kind not in (BaselineKind.ROLLING, BaselineKind.ANCHOR):
        raise UsageError(f"--as: found {kind}, wanted rolling or anchor")
    place = promote(path, baselines, BaselineKind(kind))
    if (before := read_baseline(place).supersedes) is not None:
        print(f"plimsoll: the {kind} baseline was {before}", file=sys.stderr)
    print(place)
    return ExitCode.PASS


def candidate_path(root: Path, baseline: Baseline) -> Path:
    return baseline_path(root, baseline.target, baseline.profile, baseline.env8, BaselineKind.CANDIDATE)


def _check_same(earlier: Baseline, order: Order) -> None:
    """Before the load: the rest of what must be equal is known only when the runs are there."""
    definition = load_target(order.target)
    pairs = (
        ("target", earlier.target, definition.name),
        ("profile", earlier.profile, load_profile(order.profile).name),
    )
    for what, found, wanted in pairs:
        if found != wanted:
            raise UsageError(f"--extend: {what}: found a baseline of {found}, wanted one of {wanted}")
    differing = differing_keys(earlier.environment.hard, run_environment(definition, os.environ).hard)
    if differing:
        raise UsageError(
            "--extend: environment: found a baseline of another one, these keys differ: "
            f"{', '.join(differing)}; record a baseline of its own"
        )


def valid_runs(paths: list[Path], wanted: int, execute: Callable[[int], list[Path]]) -> list[Path]:
    """Sets invalid runs aside and makes a few in their place."""
    valid, extra, most = _sift(paths), 0, max(EXTRA_RUNS, wanted // 5)
    while len(valid) < wanted and extra < most:
        more = min(wanted - len(valid), most - extra)
        extra += more
        valid += _sift(execute(more))
    if len(valid) < wanted:
        raise InvalidRunError(
            f"found {len(valid)} valid runs of {len(paths) + extra}, wanted {wanted}: no baseline was "
            "recorded; see above what was wrong with the others"
        )
    return valid


def _sift(paths: list[Path]) -> list[Path]:
    valid = []
    for path in paths:
        run = read_judged_run(path)
        if run.unfit is not None:
            print(f"plimsoll: {path.name} is left out: {run.unfit}", file=sys.stderr)
            continue
        valid.append(path)
        for check in run.checks:
            if check.name == STEADY and not check.ok:
                print(f"plimsoll: {path.name} counts, but it was {check.text}", file=sys.stderr)
    return valid
