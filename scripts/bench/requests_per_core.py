"""Requests per second of one core, ours beside its peers: alternating rounds, medians of ratios."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from scripts.bench.answering_process import answering_server
from scripts.bench.contender import OURS, contenders
from scripts.bench.cores import two_cores
from scripts.bench.window import Rate, measured_rate

Rates = Mapping[str, Sequence[Rate]]
CONNECTIONS = 64
PEERS = ("wrk", "hey", "k6", "fasthttpuser", "httpuser")
QUICK_PEERS = PEERS[:-1]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    peers: Sequence[str]
    rounds: int
    window_s: float


FULL = Plan(PEERS, rounds=7, window_s=5.0)
QUICK = Plan(QUICK_PEERS, rounds=3, window_s=2.0)


def requests_command(*, quick: bool, as_json: bool) -> int:
    """Raises UsageError when a tool is missing."""
    plan = QUICK if quick else FULL
    rates = _measured(plan)
    ratios = {peer: _median_ratio(rates[OURS], rates[peer]) for peer in plan.peers}
    if as_json:
        print(json.dumps(_document(plan, rates, ratios), indent=2, sort_keys=True))
    else:
        _print_table(plan, rates, ratios)
    return 0


def _measured(plan: Plan) -> Rates:
    """Each round starts with another contender, so that none always has the warm or the cold machine."""
    cores = two_cores()
    field = contenders((OURS, *plan.peers))
    rates: dict[str, list[Rate]] = {contender.name: [] for contender in field}
    with answering_server(cores) as server:
        for number in range(plan.rounds):
            turn = number % len(field)
            for contender in field[turn:] + field[:turn]:
                rate = measured_rate(contender, server, cores, CONNECTIONS, plan.window_s)
                rates[contender.name].append(rate)
                print(
                    f"round {number + 1}: {contender.name:13}{rate.requests_per_s:9.0f} requests/s"
                    f"{rate.core_share:6.0%} of the core",
                    file=sys.stderr,
                )
    return rates


def _median_ratio(ours: Sequence[Rate], theirs: Sequence[Rate]) -> float:
    return median(our.requests_per_s / their.requests_per_s for our, their in zip(ours, theirs, strict=True))


def _median_rate(rates: Sequence[Rate]) -> float:
    return median(rate.requests_per_s for rate in rates)


def _document(plan: Plan, rates: Rates, ratios: Mapping[str, float]) -> dict[str, object]:
    return {
        "benchmark": "requests",
        "connections": CONNECTIONS,
        "rounds": plan.rounds,
        "window_s": plan.window_s,
        "requests_per_s": {name: round(_median_rate(values)) for name, values in rates.items()},
        "core_share": {
            name: round(median(rate.core_share for rate in values), 3) for name, values in rates.items()
        },
        "rounds_per_s": {
            name: [round(rate.requests_per_s) for rate in values] for name, values in rates.items()
        },
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
    }


def _print_table(plan: Plan, rates: Rates, ratios: Mapping[str, float]) -> None:
    print(
        f"Requests per second of one core: JSON POST, {CONNECTIONS} kept connections, "
        f"medians of {plan.rounds} rounds of {plan.window_s:g} s"
    )
    print(f"{'':14}{'requests/s':>12}{'ours / it':>12}")
    for name, values in rates.items():
        ratio = f"{ratios[name]:12.2f}" if name in ratios else ""
        print(f"{name:14}{_median_rate(values):12.0f}{ratio}")
