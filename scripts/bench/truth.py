"""How true the percentiles of a busy generator are: what each tool reports beside what the server logged."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from scripts.bench.contender import OURS, contenders
from scripts.bench.cores import two_cores
from scripts.bench.truth_round import Milliseconds, Round, truth_round
from scripts.truth.log import PERCENTS
from scripts.truth.process import truth_server

NAME = "plimsoll"
"""Ours, in this table."""
PEERS = ("wrk", "hey", "k6", "fasthttpuser")
DELAY_MS = 20.0
CONNECTIONS = 400

Rounds = Mapping[str, Sequence[Round]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    window_s: int


FULL = Plan(rounds=5, window_s=10)
QUICK = Plan(rounds=3, window_s=2)


def truth_command(*, quick: bool, as_json: bool, secure: bool) -> int:
    """Raises UsageError when a tool is missing, and BenchError when one does not do what it should."""
    plan = QUICK if quick else FULL
    rounds = _measured(plan, secure)
    if as_json:
        print(json.dumps(_document(plan, rounds, secure), indent=2, sort_keys=True))
    else:
        _print_table(plan, rounds, secure)
    return 0


def _measured(plan: Plan, secure: bool) -> Rounds:
    """Each round starts with another tool, so that none always has the warm or the cold machine."""
    cores = two_cores()
    field = contenders((OURS, *PEERS))
    rounds: dict[str, list[Round]] = {_shown(tool.name): [] for tool in field}
    with truth_server(DELAY_MS, core=cores.server, secure=secure) as server:
        for number in range(plan.rounds):
            turn = number % len(field)
            for tool in field[turn:] + field[:turn]:
                seen = truth_round(tool, server, cores, connections=CONNECTIONS, window_s=plan.window_s)
                rounds[_shown(tool.name)].append(seen)
                print(
                    f"round {number + 1}: {_shown(tool.name):13}{seen.requests_per_s:8.0f} requests/s, "
                    f"p99 {seen.reported_ms['p99']:.2f} ms reported, {seen.truth_ms['p99']:.2f} ms true, "
                    f"{seen.core_share:.0%} of the core",
                    file=sys.stderr,
                )
    return rounds


def _shown(name: str) -> str:
    return NAME if name == OURS else name


def _medians(values: Sequence[Milliseconds]) -> dict[str, float]:
    return {percent: round(median(value[percent] for value in values), 3) for percent in PERCENTS}


def _errors(rounds: Sequence[Round]) -> dict[str, float]:
    """Medians of the rounds' own errors."""
    return _medians([{percent: seen.error_ms(percent) for percent in PERCENTS} for seen in rounds])


def _document(plan: Plan, rounds: Rounds, secure: bool) -> dict[str, object]:
    def each(figure: Callable[[Sequence[Round]], object]) -> dict[str, object]:
        return {name: figure(seen) for name, seen in rounds.items()}

    return {
        "benchmark": "truth",
        "tls": secure,
        "connections": CONNECTIONS,
        "delay_ms": DELAY_MS,
        "rounds": plan.rounds,
        "window_s": plan.window_s,
        "error_ms": each(_errors),
        "reported_ms": each(lambda seen: _medians([one.reported_ms for one in seen])),
        "truth_ms": each(lambda seen: _medians([one.truth_ms for one in seen])),
        "requests_per_s": each(lambda seen: round(median(one.requests_per_s for one in seen))),
        "core_share": each(lambda seen: round(median(one.core_share for one in seen), 3)),
        "rounds_p99_error_ms": each(lambda seen: [round(one.error_ms("p99"), 3) for one in seen]),
    }


def _print_table(plan: Plan, rounds: Rounds, secure: bool) -> None:
    print(
        f"{CONNECTIONS} kept connections{' over TLS' if secure else ''}, each answer after {DELAY_MS:g} ms: "
        f"medians of {plan.rounds} rounds of {plan.window_s} s; ms, p50/p95/p99"
    )
    print(f"{'':14}{'requests/s':>11}{'core':>6}{'reported':>24}{'true':>24}{'error':>24}")
    for name, seen in rounds.items():
        rate = median(one.requests_per_s for one in seen)
        share = median(one.core_share for one in seen)
        print(
            f"{name:14}{rate:11.0f}{share:6.0%}"
            f"{_row(_medians([one.reported_ms for one in seen])):>24}"
            f"{_row(_medians([one.truth_ms for one in seen])):>24}"
            f"{_row(_errors(seen)):>24}"
        )


def _row(values: Milliseconds) -> str:
    return " / ".join(f"{values[percent]:.2f}" for percent in PERCENTS)
