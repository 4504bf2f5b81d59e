"""Requests per second of one core, ours beside its peers: alternating rounds, medians of ratios."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from analysis.errors import UsageError
from scripts.bench.answering_process import answering_server
from scripts.bench.contender import OURS, Contender, contenders
from scripts.bench.cores import Cores, two_cores
from scripts.bench.window import BenchError, Rate, measured_rate

CONNECTIONS = 64
PEERS = ("wrk", "hey", "h2load", "k6", "aiohttp", "fasthttpuser", "httpuser", "httpx")
TLS_PEERS = tuple(peer for peer in PEERS if peer != "httpuser")
"""All that can be told to trust the server."""
QUICK_PEERS = ("wrk", "hey", "k6", "fasthttpuser")
FAILED_ROUNDS = 2
"""After so many a peer is left out."""


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


class Field:
    """The contenders of one measurement and what each showed, round by round."""

    def __init__(self, names: Sequence[str]) -> None:
        self.rounds: list[dict[str, Rate]] = []
        """Without those that did not do what they should in that round."""
        self.missing: dict[str, str] = {}
        """Peers that are in no round, or gave up, and why."""
        self.ciphers: set[str] = set()
        self._names = names

    @property
    def names(self) -> list[str]:
        """Of those that were measured."""
        return [name for name in self._names if self.rates(name)]

    def rates(self, name: str) -> list[Rate]:
        return [rates[name] for rates in self.rounds if name in rates]

    def ratio(self, peer: str, of: Callable[[Rate], float]) -> float:
        """Ours by the peer's, in the median of the rounds."""
        return median(of(rates[OURS]) / of(rates[peer]) for rates in self.rounds if peer in rates)


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
    field = Field((OURS, *plan.peers))
    ready = _ready(plan, field)
    for number in range(plan.rounds):
        turn = number % len(ready)
        field.rounds.append({})
        for contender in ready[turn:] + ready[:turn]:
            if contender.name not in field.missing:
                _measure(contender, cores, plan, field)
    return field


def _ready(plan: Plan, field: Field) -> list[Contender]:
    everyone = contenders((OURS, *plan.peers))
    for contender in everyone:
        if contender.missing:
            _do_without(contender, f"not installed: {contender.missing}", field)
    return [contender for contender in everyone if contender.name not in field.missing]


def _do_without(contender: Contender, reason: str, field: Field) -> None:
    field.missing[contender.name] = reason
    print(f"without {contender.name}, {reason}", file=sys.stderr)


def _measure(contender: Contender, cores: Cores, plan: Plan, field: Field) -> None:
    """In the round begun last, with a server of its own: what one leaves behind is not the next one's."""
    number = len(field.rounds)
    try:
        with answering_server(cores, tls=plan.tls) as server:
            rate = measured_rate(contender, server, cores, CONNECTIONS, plan.window_s)
            field.ciphers.update(server.seen().ciphers)
    except (BenchError, UsageError) as error:
        if contender.name == OURS:
            raise
        print(f"round {number}: {error}", file=sys.stderr)
        if number - len(field.rates(contender.name)) >= FAILED_ROUNDS:
            _do_without(contender, str(error), field)
        return
    field.rounds[-1][contender.name] = rate
    print(
        f"round {number}: {contender.name:13}{rate.requests_per_s:9.0f} requests/s"
        f"{rate.core_share:6.0%} of its core, server {rate.server_share:.0%} of the other",
        file=sys.stderr,
    )


def document(plan: Plan, field: Field) -> dict[str, object]:
    """What `--json` prints. The ratios per CPU second hold on a busy machine too, if less exactly."""

    def medians(value: str, digits: int | None) -> dict[str, float]:
        return {name: round(_median(field, name, value), digits) for name in field.names}

    def ratios(of: Callable[[Rate], float]) -> dict[str, float]:
        return {name: round(field.ratio(name, of), 3) for name in field.names if name != OURS}

    return {
        "benchmark": "requests",
        "tls": plan.tls,
        "ciphers": sorted(field.ciphers),
        "connections": CONNECTIONS,
        "connections_used": medians("connections", None),
        "rounds": plan.rounds,
        "window_s": plan.window_s,
        "requests_per_s": medians("requests_per_s", None),
        "core_share": medians("core_share", 3),
        "server_share": medians("server_share", 3),
        "rounds_per_s": {
            name: [round(rate.requests_per_s) for rate in field.rates(name)] for name in field.names
        },
        "ratios": ratios(lambda rate: rate.requests_per_s),
        "ratios_per_cpu_s": ratios(lambda rate: rate.requests_per_s / rate.core_share),
        "missing": field.missing,
    }


def _median(field: Field, name: str, value: str) -> float:
    return float(median(getattr(rate, value) for rate in field.rates(name)))


def _print_table(plan: Plan, field: Field) -> None:
    print(
        f"Requests per second of one core: JSON POST{' over TLS' if plan.tls else ''}, "
        f"{CONNECTIONS} kept connections, medians of {plan.rounds} rounds of {plan.window_s:g} s"
    )
    print(f"{'':14}{'requests/s':>12}{'ours / it':>12}{'server core':>14}")
    for name in field.names:
        ratio = "" if name == OURS else f"{field.ratio(name, lambda rate: rate.requests_per_s):.2f}"
        rate, share = _median(field, name, "requests_per_s"), _median(field, name, "server_share")
        print(f"{name:14}{rate:12.0f}{ratio:>12}{share:14.0%}")
    for name, reason in field.missing.items():
        print(f"{name:14}{reason}")
