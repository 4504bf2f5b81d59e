"""One run with constant arrivals: when each was due, when it was sent, and how evenly they came."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev

import psutil

from analysis.histogram import Histogram
from analysis.profile import load_profile
from analysis.run_log import RunLog
from locustfiles.load.arrival_schedule import arrival_times
from scripts.bench.answering_process import AnsweringServer
from scripts.bench.contender import Order, suite
from scripts.bench.cores import Cores
from scripts.bench.undisturbed import watched_core
from scripts.bench.window import BenchError, last_words

NS_PER_S = 1_000_000_000
WARM_UP_S = 2
SPARE_S = 60.0
"""For start, drain and end of a run."""
PROFILE = """
model = "open"
arrivals = "constant"
mix = {{ query = 1 }}
compare = false

[[stages]]
name = "warm-up"
duration = "{warm_up_s}s"
level = {rate}
measure = false

[[stages]]
name = "steady"
duration = "{steady_s}s"
level = {rate}
"""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """The seconds in which the machine was punctual itself."""

    seconds: int
    send_lag_p99_ms: float
    gap_variation: float


@dataclass(frozen=True, slots=True)
class Punctuality:
    """What one run showed; all but the first three of the steady part alone."""

    drawn: int
    sent: int
    answered: int
    """By the server's own count."""
    send_lag_p50_ms: float
    send_lag_p99_ms: float
    gap_variation: float
    """Standard deviation of the gaps between requests by their mean, as the server's kernel saw them come."""
    gap_variation_of_seconds: Sequence[float]
    """The same for each second by itself."""
    machine_late_ms: float | None
    """By how much a bare timer on the same core came late at worst; None where that is not known."""
    undisturbed: Undisturbed | None
    """None where no second was, or where that is not known."""
    idle: float
    """Share of both cores that nothing used during the run: a busy machine is late by itself."""


def punctuality(
    rate: int, steady_s: int, server: AnsweringServer, cores: Cores, *, real_time: bool = False
) -> Punctuality:
    """One run of the whole suite against a server that stamps and has not been asked before."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as name:
        folder = Path(name)
        text = PROFILE.format(warm_up_s=WARM_UP_S, steady_s=steady_s, rate=rate)
        load_s = WARM_UP_S + steady_s
        command = suite(Order(server.url, connections=0, load_s=load_s, folder=folder), text)
        with watched_core(cores.generator) as machine:
            pin = cores.pin_generator(real_time=real_time)
            idle = _run(command, pin, cores, folder / "output.txt", load_s + SPARE_S)
        [run] = (folder / "runs").iterdir()
        log = RunLog.read(run)
        profile = load_profile(str(folder / "bench-profile.toml"))
        drawn = sum(1 for _ in arrival_times(profile, seed=log.run.seed, worker=0, workers=1))
    stamps_ns = server.stamps_ns()
    steady = range(WARM_UP_S, load_s)
    lag = _lag(log, steady)
    gaps = _Gaps(log.run.start_ns, stamps_ns)
    start_ns = log.run.start_ns
    quiet = machine.undisturbed(start_ns, steady)
    return Punctuality(
        drawn=drawn,
        sent=log.totals()["query"].started,
        answered=len(stamps_ns),
        send_lag_p50_ms=_ms(lag, 0.5),
        send_lag_p99_ms=_ms(lag, 0.99),
        gap_variation=variation(gaps.of(steady)),
        gap_variation_of_seconds=[variation(gaps.of([second])) for second in steady],
        machine_late_ms=machine.longest_ms(start_ns, steady),
        undisturbed=None
        if not quiet
        else Undisturbed(len(quiet), _ms(_lag(log, quiet), 0.99), variation(gaps.of(quiet))),
        idle=idle,
    )


def variation(gaps_ns: Sequence[int]) -> float:
    """The coefficient of variation; raises BenchError without a gap."""
    if not gaps_ns:
        raise BenchError("nothing was sent in the steady part")
    return pstdev(gaps_ns) / fmean(gaps_ns)


class _Gaps:
    """Between neighbouring requests, by the second in which the second of them came."""

    def __init__(self, start_ns: int, stamps_ns: Sequence[int]) -> None:
        self._by_second: dict[int, list[int]] = {}
        for earlier_ns, later_ns in pairwise(stamps_ns):
            second = (later_ns - start_ns) // NS_PER_S
            self._by_second.setdefault(second, []).append(later_ns - earlier_ns)

    def of(self, seconds: Sequence[int]) -> list[int]:
        return [gap_ns for second in seconds for gap_ns in self._by_second.get(second, [])]


def _lag(log: RunLog, seconds: Sequence[int]) -> Histogram:
    lag = Histogram()
    for second in seconds:  # of so short a run each slice is a second
        lag.merge(log.merged("query.send_lag", second, second + 1))
    return lag


def _ms(lag: Histogram, percentile: float) -> float:
    value_us = lag.percentile(percentile)
    if value_us is None:
        raise BenchError("nothing was sent in the steady part")
    return value_us / 1000


def _run(
    command: Sequence[str], pin: Callable[[], None], cores: Cores, output: Path, limit_s: float
) -> float:
    """Returns the share of the two cores that was idle."""
    idle_s, began_s = _idle_s(cores), time.monotonic()
    with output.open("wb") as file:
        try:
            done = subprocess.run(  # noqa: S603 -- a command of our own making, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PLIMSOLL_JUDGE": "off"},
                preexec_fn=pin,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BenchError(f"the run did not end: {last_words(output)}") from None
    if done.returncode:
        raise BenchError(f"the run ended with {done.returncode}: {last_words(output)}")
    return (_idle_s(cores) - idle_s) / (2 * (time.monotonic() - began_s))


def _idle_s(cores: Cores) -> float:
    times = psutil.cpu_times(percpu=True)
    return float(times[cores.generator].idle + times[cores.server].idle)
