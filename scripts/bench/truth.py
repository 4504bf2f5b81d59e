"""How true the percentiles of a busy generator are: what each tool reports beside what the server logged."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from analysis.errors import UsageError
from scripts.bench.contender import OURS, Contender, contenders
from scripts.bench.cores import Cores, two_cores
from scripts.bench.truth_round import Milliseconds, Round, truth_round
from scripts.bench.window import BenchError
from scripts.truth.log import PERCENTS
from scripts.truth.process import RunningTruth, truth_server

NAME = "plimsoll"
"""Ours, in this table."""
SATURATED = "plimsoll-1200"
"""Ours with connections enough to take a whole core."""
PEERS = ("wrk", "hey", "k6", "fasthttpuser")
DELAY_MS = 20.0
CONNECTIONS = 400
SATURATING = 1200


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    window_s: int


FULL = Plan(rounds=5, window_s=10)
QUICK = Plan(rounds=3, window_s=2)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table."""

    name: str
    tool: Contender
    connections: int


@dataclass(slots=True)
class Table:
    """What each tool showed, round by round."""

    rounds: dict[str, list[Round]]
    missing: dict[str, str]
    """Peers that are not in it, and why."""

    def figures(self, of: Callable[[Sequence[Round]], object]) -> dict[str, object]:
        return {name: of(rounds) for name, rounds in self.rounds.items()}

    def ratios(self) -> dict[str, float]:
        """Our requests per second by each peer's, with as many connections; medians of rounds."""
        return {
            name: round(
                median(
                    our.requests_per_s / their.requests_per_s
                    for our, their in zip(self.rounds[NAME], rounds, strict=True)
                ),
                3,
            )
            for name, rounds in self.rounds.items()
            if name not in (NAME, SATURATED)
        }


def truth_command(*, quick: bool, as_json: bool, secure: bool) -> int:
    """Goes on without a peer that is not installed or does not do what it should."""
    plan = QUICK if quick else FULL
    table = _measured(plan, secure)
    if as_json:
        print(json.dumps(_document(plan, table, secure), indent=2, sort_keys=True))
    else:
        _print_table(plan, table, secure)
    return 0


def _measured(plan: Plan, secure: bool) -> Table:
    """Each round starts with another tool, so that none always has the warm or the cold machine."""
    cores = two_cores()
    field = list(_field())
    missing = {entry.name: f"not installed: {remedy}" for entry in field if (remedy := entry.tool.missing)}
    table = Table({entry.name: [] for entry in field if entry.name not in missing}, missing)
    with truth_server(DELAY_MS, core=cores.server, secure=secure) as server:
        for number in range(plan.rounds):
            turn = number % len(field)
            for entry in field[turn:] + field[:turn]:
                if entry.name not in missing:
                    _measure(entry, server, cores, plan, table, number)
    for name, reason in missing.items():
        print(f"without {name}: {reason}", file=sys.stderr)
    return table


def _field() -> Iterator[Entry]:
    for tool in contenders((OURS, *PEERS)):
        is_ours = tool.name == OURS
        yield Entry(NAME if is_ours else tool.name, tool, CONNECTIONS)
        if is_ours:
            yield Entry(SATURATED, tool, SATURATING)


def _measure(entry: Entry, server: RunningTruth, cores: Cores, plan: Plan, table: Table, number: int) -> None:
    try:
        seen = truth_round(entry.tool, server, cores, connections=entry.connections, window_s=plan.window_s)
    except (BenchError, UsageError) as error:
        if entry.tool.name == OURS:
            raise
        table.missing[entry.name] = str(error)
        del table.rounds[entry.name]
        return
    table.rounds[entry.name].append(seen)
    print(
        f"round {number + 1}: {entry.name:14}{seen.requests_per_s:8.0f} requests/s, "
        f"p99 {seen.reported_ms['p99']:.2f} ms reported, {seen.truth_ms['p99']:.2f} ms true, "
        f"{seen.core_share:.0%} of the core",
        file=sys.stderr,
    )


def _medians(values: Sequence[Milliseconds]) -> dict[str, float]:
    return {percent: round(median(value[percent] for value in values), 3) for percent in PERCENTS}


def _errors(rounds: Sequence[Round]) -> dict[str, float]:
    """Medians of the rounds' own errors."""
    return _medians([{percent: seen.error_ms(percent) for percent in PERCENTS} for seen in rounds])


def _document(plan: Plan, table: Table, secure: bool) -> dict[str, object]:
    return {
        "benchmark": "truth",
        "tls": secure,
        "connections": CONNECTIONS,
        "saturating_connections": SATURATING,
        "delay_ms": DELAY_MS,
        "rounds": plan.rounds,
        "window_s": plan.window_s,
        "ratios": table.ratios(),
        "error_ms": table.figures(_errors),
        "reported_ms": table.figures(lambda rounds: _medians([seen.reported_ms for seen in rounds])),
        "truth_ms": table.figures(lambda rounds: _medians([seen.truth_ms for seen in rounds])),
        "requests_per_s": table.figures(lambda rounds: round(median(seen.requests_per_s for seen in rounds))),
        "core_share": table.figures(lambda rounds: round(median(seen.core_share for seen in rounds), 3)),
        "rounds_p99_error_ms": table.figures(
            lambda rounds: [round(seen.error_ms("p99"), 3) for seen in rounds]
        ),
        "missing": table.missing,
    }


def _print_table(plan: Plan, table: Table, secure: bool) -> None:
    print(
        f"{CONNECTIONS} kept connections{' over TLS' if secure else ''} ({SATURATED}: {SATURATING}), "
        f"each answer after {DELAY_MS:g} ms; p50/p95/p99 in ms, medians of {plan.rounds} rounds "
        f"of {plan.window_s} s"
    )
    print(f"{'':14}{'requests/s':>11}{'core':>6}{'reported':>26}{'true':>26}{'error':>26}")
    for name, rounds in table.rounds.items():
        rate = median(seen.requests_per_s for seen in rounds)
        share = median(seen.core_share for seen in rounds)
        print(
            f"{name:14}{rate:11.0f}{share:6.0%}"
            f"{_row(_medians([seen.reported_ms for seen in rounds])):>26}"
            f"{_row(_medians([seen.truth_ms for seen in rounds])):>26}"
            f"{_row(_errors(rounds)):>26}"
        )
    for name, reason in table.missing.items():
        print(f"{name:14}{reason}")


def _row(values: Milliseconds) -> str:
    return " / ".join(f"{values[percent]:.2f}" for percent in PERCENTS)
