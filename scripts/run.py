"""`plimsoll run`: runs a load profile against a target as often as asked, then gives one verdict."""

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.errors import InvalidRunError, UsageError
from analysis.exit_code import ExitCode
from analysis.profile import LoadProfile, check_mix, load_profile
from analysis.request_text import check_base_url
from analysis.target import load_target
from scripts.checkout import BASELINES, RUNS
from scripts.load_process import COMPLAINT, Ended, LoadProcess, Order
from scripts.progress import Display, open_display


def run_command(
    order: Order,
    runs: int,
    *,
    baseline: str = "auto",
    allow_inconclusive: bool = False,
    baselines: Path = BASELINES,
    as_json: bool = False,
) -> int:
    """The exit code is the verdict on all runs together; a run that did not end well makes it invalid."""
    order = replace(order, baseline=_baseline(baseline), allow_inconclusive=allow_inconclusive)
    from scripts.forecast_text import expectation  # it brings scipy, which is not needed to refuse an order

    expected = expectation(order.target, order.profile, runs, order.baseline or "auto", baselines)
    if expected is not None:
        print(f"plimsoll: {expected}", file=sys.stderr, flush=True)
    done = _execute(order, runs)
    if not done.paths:
        raise InvalidRunError(done.fault or "no run was made")

    if done.fault is not None:
        print(f"plimsoll: {done.fault}", file=sys.stderr, flush=True)
    from scripts.judge import judge_command  # not before the load is over: it brings matplotlib and the like

    code = judge_command(
        [short(path) for path in done.paths],
        order.baseline or "auto",
        allow_inconclusive,
        as_json,
        baselines,
    )
    return code if done.fault is None else ExitCode.INVALID


def execute_runs(order: Order, runs: int) -> list[Path]:
    """Makes the runs without judging them; raises when any of them did not end well."""
    done = _execute(order, runs)
    if done.fault is not None:
        kept = f"; the runs so far are kept in {order.run_root}" if done.paths else ""
        raise InvalidRunError(done.fault + kept)
    return list(done.paths)


@dataclass(frozen=True, slots=True)
class _Done:
    paths: tuple[Path, ...]
    fault: str | None


def order_for(
    target: str,
    profile: str,
    *,
    seed: int | None = None,
    base_url: str | None = None,
    processes: int | None = None,
    run_root: Path = RUNS,
    locust_args: Sequence[str] = (),
) -> Order:
    """Refuses what cannot run before any load starts."""
    check_mix(load_profile(profile), load_target(target))
    if base_url is not None:
        check_base_url(base_url, "--base-url")
    return Order(
        target=target,
        profile=profile,
        run_root=short(run_root.absolute()),  # the log of a run names no more of this machine than needed
        seed=seed,
        base_url=base_url,
        processes=processes,
        locust_args=tuple(locust_args),
    )


def _baseline(name: str) -> str:
    if name in ("auto", "none"):
        return name
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            f"--baseline: wanted auto, none or a baseline file, found {name!r}, which is no file"
        )
    return str(path.absolute())


def _execute(order: Order, runs: int) -> _Done:
    if runs < 1:
        raise UsageError(f"--runs: wanted 1 or more, found {runs}")
    profile = load_profile(order.profile)
    paths: list[Path] = []
    with open_display() as display:
        for number in range(1, runs + 1):
            name = f"run {number} of {runs}"
            ended = make_run(order, profile, display, name)
            if ended.directory is not None:
                paths.append(ended.directory)
                display.note(f"{name}: {short(ended.directory)}")
            fault = fault_of(ended, order, name)
            if fault is not None:
                return _Done(tuple(paths), fault)
    return _Done(tuple(paths), None)


def make_run(order: Order, profile: LoadProfile, display: Display, name: str) -> Ended:
    """One run to its end, which is left to others to judge."""
    display.start_run(name, profile.duration_s)

    def look(elapsed_s: float) -> None:
        if elapsed_s >= 0:  # the clock of a run starts a moment after its directory is made
            stage = profile.stage_at(elapsed_s)
            display.advance(elapsed_s, stage.name if stage else "draining" if profile.stages else "running")

    environment = {**os.environ, "PLIMSOLL_JUDGE": "off"}
    return LoadProcess(order, environment, display.note).run(look)


def fault_of(ended: Ended, order: Order, name: str) -> str | None:
    """Why the run cannot count; what the judge sees for itself in a run directory is not repeated here."""
    if ended.stopped_by is not None:
        return f"{name} was stopped by {ended.stopped_by}"
    if ended.directory is None:
        if ended.exit_code == ExitCode.USAGE:
            raise UsageError(ended.last_words.removeprefix(COMPLAINT) or f"Locust refused: {_shown(order)}")
        why = f"Locust ended with code {ended.exit_code}"
        if ended.last_words.startswith(COMPLAINT):
            why = ended.last_words.removeprefix(COMPLAINT)
        return f"{name} never began: {why}; its log is {ended.log}"
    if ended.exit_code != ExitCode.PASS:
        return f"{name}: Locust ended with code {ended.exit_code}; its log is {ended.log}"
    return None


def short(path: Path) -> Path:
    """As one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _shown(order: Order) -> str:
    return shlex.join(order.command())
