"""How long it takes to judge a long run, and how much memory, in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from analysis.exit_code import ExitCode
from analysis.result import read_result
from analysis.run_directory import RunDirectory
from scripts.bench.long_run import LongRun, write_long_run
from scripts.bench.window import BenchError
from scripts.checkout import ROOT
from scripts.child_end import end_with_parent

FULL, QUICK = LongRun(), LongRun(seconds=600)
ROUNDS = 3
MB = 1_000_000
_RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024

VERDICT_ALONE = (
    "import sys; from pathlib import Path; from analysis.judge import judge; "
    "sys.exit(judge([Path(sys.argv[1])], baseline='none', baselines_root=Path('baselines')).exit_code)"
)
WAYS: Mapping[str, Sequence[str]] = {
    "verdict": ("-c", VERDICT_ALONE),
    "reports": ("-m", "scripts.cli", "judge", "--baseline", "none"),
}
"""The result alone, and all that `plimsoll judge` makes of it, plots included."""


@dataclass(frozen=True, slots=True)
class Judging:
    """One way to judge the run: medians over the rounds."""

    took_s: float
    peak_mb: float


def judge_command(*, quick: bool, as_json: bool) -> int:
    """Raises BenchError when the run is not judged to be a good one."""
    run = QUICK if quick else FULL
    measured = measured_judging(run, 1 if quick else ROUNDS)
    if as_json:
        print(json.dumps(document(run, measured), indent=2, sort_keys=True))
    else:
        print(f"Judging a run of {run.requests} requests in {run.seconds} s")
        for way, judging in measured.items():
            print(f"{way:12}{judging.took_s:8.2f} s{judging.peak_mb:8.0f} MB")
    return 0


def measured_judging(run: LongRun, rounds: int) -> dict[str, Judging]:
    """By way; every round judges the same directory."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as folder:
        directory = write_long_run(Path(folder) / "long", run)
        found = {way: [_judged(way, directory) for _ in range(rounds)] for way in WAYS}
    return {
        way: Judging(median(one.took_s for one in each), median(one.peak_mb for one in each))
        for way, each in found.items()
    }


def document(run: LongRun, measured: Mapping[str, Judging]) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "benchmark": "judge",
        "seconds": run.seconds,
        "requests": run.requests,
        **{
            way: {name: round(value, 2) for name, value in asdict(judging).items()}
            for way, judging in measured.items()
        },
    }


def _judged(way: str, directory: RunDirectory) -> Judging:
    """The kernel tells a child's peak when it is waited for, and begins it with what this process holds."""
    began_s = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 -- a command of our own making, no shell
        [sys.executable, "-P", *WAYS[way], str(directory.path)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=end_with_parent,
    )
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.monotonic() - began_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != ExitCode.PASS:
        reasons = "; ".join(read_result(directory.result_json).reasons)
        raise BenchError(f"judging ended with {process.returncode}, wanted 0: {reasons}")
    judging = Judging(took_s, usage.ru_maxrss * _RSS_UNIT_BYTES / MB)
    print(f"{way}: {judging.took_s:.2f} s, {judging.peak_mb:.0f} MB", file=sys.stderr)
    return judging
