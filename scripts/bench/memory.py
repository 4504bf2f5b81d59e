"""How the generator's memory grows: over a simulated day, and at full speed beside Locust's own users."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

import psutil

from scripts.bench.answering_process import answering_server
from scripts.bench.contender import OURS, Contender, contenders
from scripts.bench.cores import Cores, two_cores
from scripts.bench.window import BenchError, running
from scripts.checkout import ROOT
from scripts.child_end import end_with_parent

MB = 1_000_000
CONNECTIONS = 64
GLANCE_S = 0.25
EDGE = 8
"""Readings whose median stands for the start and the end at full speed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is recorded and sent."""

    day_s: int
    observations: int
    full_speed_s: float
    warm_up_s: float = 5.0
    tools: Sequence[str] = (OURS, "fasthttpuser")


FULL = Plan(day_s=86_400, observations=100_000_000, full_speed_s=30.0)
QUICK = Plan(day_s=3_600, observations=2_000_000, full_speed_s=20.0)

Reading = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Day:
    """What recording `observations` in simulated time took; memory from before the first one."""

    seconds: int
    observations: int
    took_s: float
    start_mb: float
    growth_mb: float
    """To the highest reading."""
    second_half_mb: float
    """From the reading in the middle to the last: what grows for ever would show here."""
    kept: Reading
    """Sizes of what is kept in memory at the end."""


@dataclass(frozen=True, slots=True)
class FullSpeed:
    """One tool that asked as fast as it could."""

    seconds: float
    requests: int
    start_mb: float
    growth_mb: float
    """After the warm-up."""


@dataclass(frozen=True, slots=True)
class Memory:
    """All that was measured."""

    day: Day
    full_speed: Mapping[str, FullSpeed]


def memory_command(*, quick: bool, as_json: bool) -> int:
    """Raises BenchError when a part does not do what it should."""
    measured = measured_memory(QUICK if quick else FULL)
    if as_json:
        print(json.dumps(document(measured), indent=2, sort_keys=True))
    else:
        _print_table(measured)
    return 0


def measured_memory(plan: Plan) -> Memory:
    """The day first, on any core."""
    day = simulated_day(plan)
    cores = two_cores()
    return Memory(day, {tool.name: _full_speed(tool, cores, plan) for tool in contenders(plan.tools)})


def document(measured: Memory) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "benchmark": "memory",
        "day": _rounded(measured.day),
        "full_speed": {name: _rounded(seen) for name, seen in measured.full_speed.items()},
        "growth_mb": round(max(measured.day.growth_mb, measured.full_speed[OURS].growth_mb), 1),
    }


def simulated_day(plan: Plan) -> Day:
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as folder:
        words = [sys.executable, "-P", "-m", "locustfiles.bench.simulated_day", folder]
        began_s = time.monotonic()
        done = subprocess.run(  # noqa: S603 -- a command of our own making, no shell
            [*words, str(plan.day_s), str(plan.observations)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
            check=False,
        )
        took_s = time.monotonic() - began_s
    if done.returncode:
        raise BenchError(f"the simulated day ended with {done.returncode}; its reason is above")
    return _day_of([json.loads(line) for line in done.stdout.splitlines()], took_s)


def _day_of(readings: Sequence[Reading], took_s: float) -> Day:
    """Out of the readings of a simulated day, the first of them before any observation."""
    first, last = readings[0], readings[-1]
    rss_bytes = [reading["rss_bytes"] for reading in readings]
    day = Day(
        seconds=last["second"],
        observations=last["observations"],
        took_s=took_s,
        start_mb=first["rss_bytes"] / MB,
        growth_mb=(max(rss_bytes) - rss_bytes[0]) / MB,
        second_half_mb=(rss_bytes[-1] - rss_bytes[len(rss_bytes) // 2]) / MB,
        kept={name: value for name, value in last.items() if "_kept_" in name},
    )
    print(
        f"a day of {day.seconds} s: {day.observations} observations in {took_s:.0f} s, "
        f"{day.start_mb:.0f} MB and {day.growth_mb:.1f} MB more, {day.second_half_mb:.1f} MB in its 2nd half",
        file=sys.stderr,
    )
    return day


def _full_speed(tool: Contender, cores: Cores, plan: Plan) -> FullSpeed:
    seconds = plan.full_speed_s
    load_s = round(plan.warm_up_s + seconds) + 3
    with (
        answering_server(cores) as server,
        running(tool, server, cores, CONNECTIONS, load_s) as pid,
    ):
        time.sleep(plan.warm_up_s)
        before = server.count()
        readings_mb = _readings_mb(pid, seconds)
        requests = server.count() - before
    seen = FullSpeed(
        seconds,
        requests,
        median(readings_mb[:EDGE]),
        median(readings_mb[-EDGE:]) - median(readings_mb[:EDGE]),
    )
    print(
        f"{tool.name:13}{requests:10} requests in {seconds:g} s, "
        f"{seen.start_mb:.0f} MB and {seen.growth_mb:+.2f} MB",
        file=sys.stderr,
    )
    return seen


def _readings_mb(pid: int, seconds: float) -> list[float]:
    process = psutil.Process(pid)
    end_s = time.monotonic() + seconds
    readings_mb: list[float] = []
    while time.monotonic() < end_s or len(readings_mb) < EDGE:
        readings_mb.append(process.memory_info().rss / MB)
        time.sleep(GLANCE_S)
    return readings_mb


def _rounded(values: Day | FullSpeed) -> dict[str, object]:
    return {
        name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(values).items()
    }


def _print_table(measured: Memory) -> None:
    day = measured.day
    print(f"Recording {day.observations} observations over {day.seconds} simulated seconds")
    rows: list[tuple[str, str]] = [
        ("before", f"{day.start_mb:.1f} MB"),
        ("growth", f"{day.growth_mb:.1f} MB"),
        ("of it in the second half", f"{day.second_half_mb:.1f} MB"),
        *((name.replace("_", " "), str(value)) for name, value in day.kept.items()),
    ]
    for what, value in rows:
        print(f"{what:32}{value:>14}")
    print(f"\nAt full speed{'':19}{'seconds':>10}{'requests':>12}{'MB':>8}{'growth':>10}")
    for name, seen in measured.full_speed.items():
        print(f"{name:32}{seen.seconds:10.0f}{seen.requests:12}{seen.start_mb:8.0f}{seen.growth_mb:7.2f} MB")
