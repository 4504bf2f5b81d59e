"""Requests per second of one core, ours beside its peers: alternating rounds, medians of ratios."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from analysis.errors import UsageError
from scripts.bench.answering_process import AnsweringServer, answering_server
from scripts.bench.contender import OURS, Contender, contenders
from scripts.bench.cores import Cores, two_cores
from scripts.bench.window import BenchError, Rate, measured_rate

CONNECTIONS = 64
PEERS = ("wrk", "hey", "h2load", "k6", "aiohttp", "fasthttpuser", "httpuser", "httpx")
TLS_PEERS = tuple(peer for peer in PEERS if peer != "httpuser")
"""All that can be told to trust the server."""
QUICK_PEERS = ("wrk", "hey", "k6", "fasthttpuser")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    peers: Sequence[str]
    rounds: int
    window_s: float
    tls: bool = False


def plan_of(*, quick: bool, tls: bool) -> Plan:
    """What the command measures."""
    if quick:
        return Plan(QUICK_PEERS, rounds=3, window_s=2.0, tls=tls)
    return Plan(TLS_PEERS, rounds=3, window_s=3.0, tls=True) if tls else Plan(PEERS, rounds=5, window_s=3.0)


@dataclass(slots=True)
class Field:
    """The contenders of one measurement and what each showed, round by round."""

    rates: dict[str, list[Rate]]
    missing: dict[str, str]
    """Peers that are not in it, and why."""
    ciphers: Sequence[str] = ()

    def ratio(self, peer: str) -> float:
        """Requests per second of ours by the peer's, in the median of the rounds."""
        pairs = zip(self.rates[OURS], self.rates[peer], strict=True)
        return median(our.requests_per_s / their.requests_per_s for our, their in pairs)


def requests_command(*, quick: bool, as_json: bool, secure: bool) -> int:
    """Goes on without a peer that is not installed or does not do what it should."""
    plan = plan_of(quick=quick, tls=secure)
    field = measured(plan)
    if as_json:
        print(json.dumps(document(plan, field), indent=2, sort_keys=True))
    else:
        _print_table(plan, field)
    return 0


def measured(plan: Plan) -> Field:
    """Each round starts with another contender, so that none always has the warm or the cold machine."""
    cores = two_cores()
    ready, field = _ready(plan)
    with answering_server(cores, tls=plan.tls) as server:
        for number in range(plan.rounds):
            turn = number % len(ready)
            for contender in ready[turn:] + ready[:turn]:
                if contender.name not in field.missing:
                    _measure(contender, server, cores, plan, field, number)
        field.ciphers = server.seen().ciphers
    return field


def _ready(plan: Plan) -> tuple[list[Contender], Field]:
    everyone = contenders((OURS, *plan.peers))
    missing = {contender.name: contender.missing for contender in everyone}
    told = {name: f"not installed: {remedy}" for name, remedy in missing.items() if remedy}
    for name, reason in told.items():
        print(f"without {name}, {reason}", file=sys.stderr)
    ready = [contender for contender in everyone if contender.name not in told]
    return ready, Field({contender.name: [] for contender in ready}, told)


def _measure(
    contender: Contender, server: AnsweringServer, cores: Cores, plan: Plan, field: Field, number: int
) -> None:
    try:
        rate = measured_rate(contender, server, cores, CONNECTIONS, plan.window_s)
    except (BenchError, UsageError) as error:
        if contender.name == OURS:
            raise
        field.missing[contender.name] = str(error)
        del field.rates[contender.name]
        print(f"without {contender.name}: {error}", file=sys.stderr)
        return
    field.rates[contender.name].append(rate)
    print(
        f"round {number + 1}: {contender.name:13}{rate.requests_per_s:9.0f} requests/s"
        f"{rate.core_share:6.0%} of its core, server {rate.server_share:.0%} of the other",
        file=sys.stderr,
    )


def document(plan: Plan, field: Field) -> dict[str, object]:
    """What `--json` prints."""

    def medians(value: str, digits: int | None) -> dict[str, float]:
        return {
            name: round(median(getattr(rate, value) for rate in rates), digits)
            for name, rates in field.rates.items()
        }

    return {
        "benchmark": "requests",
        "tls": plan.tls,
        "ciphers": list(field.ciphers),
        "connections": CONNECTIONS,
        "rounds": plan.rounds,
        "window_s": plan.window_s,
        "requests_per_s": medians("requests_per_s", None),
        "core_share": medians("core_share", 3),
        "server_share": medians("server_share", 3),
        "rounds_per_s": {
            name: [round(rate.requests_per_s) for rate in rates] for name, rates in field.rates.items()
        },
        "ratios": {name: round(field.ratio(name), 3) for name in field.rates if name != OURS},
        "missing": field.missing,
    }


def _print_table(plan: Plan, field: Field) -> None:
    print(
        f"Requests per second of one core: JSON POST{' over TLS' if plan.tls else ''}, "
        f"{CONNECTIONS} kept connections, medians of {plan.rounds} rounds of {plan.window_s:g} s"
    )
    print(f"{'':14}{'requests/s':>12}{'ours / it':>12}{'server core':>14}")
    for name, rates in field.rates.items():
        ratio = "" if name == OURS else f"{field.ratio(name):.2f}"
        rate, share = (median(getattr(r, key) for r in rates) for key in ("requests_per_s", "server_share"))
        print(f"{name:14}{rate:12.0f}{ratio:>12}{share:14.0%}")
    for name, reason in field.missing.items():
        print(f"{name:14}{reason}")
