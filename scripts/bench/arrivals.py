"""How punctual the open model's sends are: constant arrivals, drawn, sent, and how evenly they came."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median, pstdev

import psutil

from analysis.profile import load_profile
from analysis.run_log import RunLog
from locustfiles.load.arrival_schedule import arrival_times
from scripts.bench.answering_process import AnsweringServer, answering_server
from scripts.bench.contender import Order, suite
from scripts.bench.cores import Cores, two_cores
from scripts.bench.window import BenchError, last_words

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
class Plan:
    """How much is measured."""

    rate: int
    steady_s: int
    rounds: int


FULL = Plan(rate=500, steady_s=20, rounds=5)
QUICK = Plan(rate=500, steady_s=6, rounds=1)


@dataclass(frozen=True, slots=True)
class Punctuality:
    """What one round showed; all but the first three of the steady part alone."""

    drawn: int
    sent: int
    answered: int
    """By the server's own count."""
    send_lag_p50_ms: float
    send_lag_p99_ms: float
    gap_variation: float
    """Standard deviation of the gaps between requests by their mean, as the server saw them come."""
    idle: float
    """Share of both cores that nothing used during the round: a busy machine is late by itself."""


def arrivals_command(*, quick: bool, as_json: bool) -> int:
    """Raises BenchError when a run does not end well."""
    plan = QUICK if quick else FULL
    middle = _middle([_measured(plan, number) for number in range(1, plan.rounds + 1)])
    if as_json:
        print(json.dumps(_document(plan, middle), indent=2, sort_keys=True))
    else:
        _print_table(plan, middle)
    return 0


def punctuality(plan: Plan, server: AnsweringServer, cores: Cores) -> Punctuality:
    """One run of the whole suite against a server that stamps and has not been asked before."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as name:
        folder = Path(name)
        text = PROFILE.format(warm_up_s=WARM_UP_S, steady_s=plan.steady_s, rate=plan.rate)
        load_s = WARM_UP_S + plan.steady_s
        command = suite(Order(server.url, connections=0, load_s=load_s, folder=folder), text)
        idle = _run(command, cores, folder / "output.txt", load_s + SPARE_S)
        [run] = (folder / "runs").iterdir()
        log = RunLog.read(run)
        profile = load_profile(str(folder / "bench-profile.toml"))
        drawn = sum(1 for _ in arrival_times(profile, seed=log.run.seed, worker=0, workers=1))
    lag = log.merged("query.send_lag", WARM_UP_S, load_s)
    p50_us, p99_us = lag.percentile(0.5), lag.percentile(0.99)
    stamps_ns = server.stamps_ns()
    steady_ns = stamps_ns[WARM_UP_S * plan.rate :]
    if p50_us is None or p99_us is None or len(steady_ns) < 2:
        raise BenchError("nothing was sent in the steady part")
    gaps_ns = [later - earlier for earlier, later in pairwise(steady_ns)]
    return Punctuality(
        drawn=drawn,
        sent=log.totals()["query"].started,
        answered=len(stamps_ns),
        send_lag_p50_ms=p50_us / 1000,
        send_lag_p99_ms=p99_us / 1000,
        gap_variation=pstdev(gaps_ns) / fmean(gaps_ns),
        idle=idle,
    )


def _measured(plan: Plan, number: int) -> Punctuality:
    cores = two_cores()
    with answering_server(cores, stamps=True) as server:
        seen = punctuality(plan, server, cores)
    print(
        f"round {number}: {seen.sent} sent of {seen.drawn} drawn, "
        f"send_lag p50 {seen.send_lag_p50_ms:.3f} ms, p99 {seen.send_lag_p99_ms:.3f} ms, "
        f"variation of the gaps {seen.gap_variation:.3f}, {seen.idle:.0%} of the cores idle",
        file=sys.stderr,
    )
    return seen


def _run(command: Sequence[str], cores: Cores, output: Path, limit_s: float) -> float:
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
                preexec_fn=cores.pin_generator(),
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


def _middle(rounds: Sequence[Punctuality]) -> Punctuality:
    """Sums of the counts, medians of the rest."""
    return Punctuality(
        drawn=sum(seen.drawn for seen in rounds),
        sent=sum(seen.sent for seen in rounds),
        answered=sum(seen.answered for seen in rounds),
        send_lag_p50_ms=median(seen.send_lag_p50_ms for seen in rounds),
        send_lag_p99_ms=median(seen.send_lag_p99_ms for seen in rounds),
        gap_variation=median(seen.gap_variation for seen in rounds),
        idle=median(seen.idle for seen in rounds),
    )


def _document(plan: Plan, middle: Punctuality) -> dict[str, object]:
    return {
        "benchmark": "arrivals",
        "rate_per_s": plan.rate,
        "steady_s": plan.steady_s,
        "rounds": plan.rounds,
        "drawn": middle.drawn,
        "sent": middle.sent,
        "answered": middle.answered,
        "send_lag_ms": {"p50": round(middle.send_lag_p50_ms, 3), "p99": round(middle.send_lag_p99_ms, 3)},
        "gap_variation": round(middle.gap_variation, 4),
        "idle": round(middle.idle, 3),
    }


def _print_table(plan: Plan, middle: Punctuality) -> None:
    print(f"Constant arrivals, {plan.rate} a second: {plan.rounds} rounds of {plan.steady_s} s, medians")
    print(f"drawn              {middle.drawn:>10}")
    print(f"sent               {middle.sent:>10}")
    print(f"answered           {middle.answered:>10}")
    print(f"send_lag p50       {middle.send_lag_p50_ms:>10.3f} ms")
    print(f"send_lag p99       {middle.send_lag_p99_ms:>10.3f} ms")
    print(f"variation of gaps  {middle.gap_variation:>10.3f}")
    print(f"cores idle         {middle.idle:>10.0%}")
