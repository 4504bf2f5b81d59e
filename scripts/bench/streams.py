"""Streams of events, ours beside its peers: how true the stamps are, and how many events a core reads."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from scripts.bench.cores import Cores, two_cores
from scripts.bench.event_server_process import Pace, Work
from scripts.bench.stream_contender import OURS, stream_contender
from scripts.bench.stream_error import Error, StreamErrors
from scripts.bench.stream_window import Seen, seen_streams

Values = dict[str, dict[str, list[Seen]]]
"""What was seen of each contender at each work."""

PEERS = ("httpx-sse", "aiohttp", "fasthttpuser")
ROUNDS = Work(streams=200, events=300, pace=Pace.ROUNDS)
MESSAGES = replace(ROUNDS, over_websocket=True)
BURSTS = Work(streams=8, events=2000, pace=Pace.BURSTS)


@dataclass(frozen=True, slots=True)
class Full:
    """Work that fills a core: what counts is how many events it reads."""

    name: str
    work: Work
    decodes: bool
    peers: Sequence[str]


FULL_WORK = (
    Full("packet", ROUNDS, decodes=True, peers=("aiohttp", "httpx-sse")),
    Full("message", MESSAGES, decodes=True, peers=("aiohttp",)),
    Full("burst", BURSTS, decodes=False, peers=("httpx-sse", "aiohttp")),
    Full("burst_json", BURSTS, decodes=True, peers=("httpx-sse", "aiohttp")),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    window_s: float
    events: int
    """Text events of a stream."""
    peers: Mapping[int, Sequence[str]]
    """Which contenders run beside ours with so many streams at a time."""
    full_peers: int
    """How many of the peers of work that fills a core."""


FULL = Plan(3, 8.0, 100, {100: PEERS, 500: PEERS, 1000: PEERS}, full_peers=2)
QUICK = Plan(1, 2.0, 25, {100: PEERS, 500: PEERS[:2], 1000: ()}, full_peers=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """All rounds."""

    timed: Values = field(default_factory=dict)
    """By the number of streams."""
    full: Values = field(default_factory=dict)
    """By the name of the work."""


def streams_command(*, quick: bool, as_json: bool) -> int:
    """Raises BenchError when a contender does not do what it should."""
    plan = QUICK if quick else FULL
    measured = measured_streams(plan, two_cores())
    if as_json:
        print(json.dumps(document(plan, measured), indent=2, sort_keys=True))
    else:
        _print_table(plan, measured)
    return 0


def measured_streams(plan: Plan, cores: Cores) -> Measured:
    """Each round starts with another contender, so that none always has the warm or the cold machine."""
    measured = Measured()
    for number in range(plan.rounds):
        for streams, peers in plan.peers.items():
            work = Work(streams, plan.events)
            for name in _in_turn((OURS, *peers), number):
                seen = seen_streams(stream_contender(name), work, cores, plan.window_s)
                measured.timed.setdefault(name, {}).setdefault(str(streams), []).append(seen)
                _tell(f"round {number + 1}: {name:13}{streams:5} streams", seen)
        for full in FULL_WORK:
            for name in _in_turn((OURS, *full.peers[: plan.full_peers]), number):
                contender = stream_contender(name, decodes=full.decodes)
                seen = seen_streams(contender, full.work, cores, plan.window_s)
                measured.full.setdefault(name, {}).setdefault(full.name, []).append(seen)
                _tell(f"round {number + 1}: {name:13}{full.name:>12}", seen)
    return measured


def _in_turn(names: Sequence[str], number: int) -> Sequence[str]:
    turn = number % len(names)
    return [*names[turn:], *names[:turn]]


def _tell(what: str, seen: Seen) -> None:
    errors = seen.errors
    stamps = (
        "" if errors is None else f", stamps off by {errors.stamp.p50_ms:.3f}/{errors.stamp.p99_ms:.3f} ms"
    )
    print(
        f"{what}{seen.streams_per_s:8.1f} streams/s{seen.events_per_core_s:9.0f} events/core-s"
        f"{seen.core_share:5.0%} of the core{stamps}; server late by {seen.server_late_ms:.1f} ms at most",
        file=sys.stderr,
    )


def _ratios(measured: Measured) -> dict[str, dict[str, float]]:
    """Ours / each peer, medians of rounds, of the events read in a second of CPU time."""
    values = measured.full
    return {
        full.name: {
            peer: median(
                our.events_per_core_s / their.events_per_core_s
                for our, their in zip(values[OURS][full.name], values[peer][full.name], strict=True)
            )
            for peer in full.peers
            if full.name in values.get(peer, {})
        }
        for full in FULL_WORK
    }


def _medians(values: Values, of: Callable[[Seen], float], digits: int) -> dict[str, dict[str, float]]:
    return {
        name: {work: round(median(map(of, rounds)), digits) for work, rounds in works.items()}
        for name, works in values.items()
    }


def _errors(measured: Measured, of: Callable[[StreamErrors], Error]) -> dict[str, object]:
    """By contender, streams and percentile."""
    return {
        name: {
            work: {
                "p50": round(median(error.p50_ms for error in errors), 4),
                "p99": round(median(error.p99_ms for error in errors), 4),
            }
            for work, rounds in works.items()
            if (errors := [of(seen.errors) for seen in rounds if seen.errors is not None])
        }
        for name, works in measured.timed.items()
    }


def document(plan: Plan, measured: Measured) -> dict[str, object]:
    """What `--json` prints."""
    timed = measured.timed
    coalesced = {
        work: round(median(seen.errors.coalesced for seen in rounds if seen.errors is not None), 5)
        for work, rounds in timed[OURS].items()
    }
    return {
        "benchmark": "streams",
        "rounds": plan.rounds,
        "window_s": plan.window_s,
        "events_per_stream": plan.events,
        "ideal_streams_per_s": {
            str(streams): round(streams / Work(streams, plan.events).length_s, 1) for streams in plan.peers
        },
        "error_ms": _errors(measured, lambda errors: errors.stamp),
        "ttft_error_ms": _errors(measured, lambda errors: errors.ttft),
        "gap_error_ms": _errors(measured, lambda errors: errors.gap),
        "coalesced": coalesced,
        "streams_per_s": _medians(timed, lambda seen: seen.streams_per_s, 1),
        "core_share": _medians(timed, lambda seen: seen.core_share, 3),
        "rss_mb": _medians(timed, lambda seen: seen.rss_mb, 1),
        "server_late_ms": _medians(timed, lambda seen: seen.server_late_ms, 2),
        "events_per_core_s": _medians(measured.full, lambda seen: seen.events_per_core_s, 0),
        "ratios": {
            work: {name: round(value, 2) for name, value in by_peer.items()}
            for work, by_peer in _ratios(measured).items()
        },
    }


def _print_table(plan: Plan, measured: Measured) -> None:
    print(
        f"Streams of {plan.events} text events, the first after 50 ms, then one every 20 ms; one core; "
        f"medians of {plan.rounds} rounds of {plan.window_s:g} s"
    )
    for line in _timed_lines(measured):
        print(line)
    print(f"\nEvents read in a second of CPU time{'':12}{'events':>10}{'ours / it':>12}")
    for work, by_peer in _ratios(measured).items():
        for name in (OURS, *by_peer):
            rate = median(seen.events_per_core_s for seen in measured.full[name][work])
            ratio = f"{by_peer[name]:12.2f}" if name in by_peer else ""
            print(f"{work:14}{name:33}{rate:10.0f}{ratio}")


def _timed_lines(measured: Measured) -> Iterator[str]:
    heads = ("streams", "streams/s", "stamp p50", "p99 ms", "ttft p99", "gap p99", "RSS MB", "coalesced")
    yield f"{'':14}" + "".join(f"{head:>10}" for head in heads)
    for name, works in measured.timed.items():
        for work, rounds in works.items():
            errors = [seen.errors for seen in rounds if seen.errors is not None]
            numbers = (
                median(seen.streams_per_s for seen in rounds),
                median(error.stamp.p50_ms for error in errors),
                median(error.stamp.p99_ms for error in errors),
                median(error.ttft.p99_ms for error in errors),
                median(error.gap.p99_ms for error in errors),
                median(seen.rss_mb for seen in rounds),
            )
            coalesced = f"{median(error.coalesced for error in errors):10.2%}" if name == OURS else ""
            line = "".join(f"{number:10.3f}" for number in numbers)
            yield f"{name:14}{work:>10}{line}{coalesced}"
