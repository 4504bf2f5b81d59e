"""Every metric, declared once: unit, which way is better, and its definition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class Direction(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"

    @property
    def sign(self) -> float:
        """Times a change, it is positive where the change is for the worse."""
        return 1.0 if self is Direction.LOWER else -1.0


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table."""

    name: str
    unit: str
    direction: Direction
    definition: str
    """One sentence that stands alone in a report."""

    def keeps(self, value: float, limit: float) -> bool:
        """Whether a value is on the right side of a limit, or at it."""
        return value >= limit if self.direction is Direction.HIGHER else value <= limit


CACHED_APART = ("response", "service", "ttft", "ttft_service")
"""Times that are kept for cache hits and for misses as well: `hit.response`, `miss.response`."""

STAGE = "stage."
ANY_STAGE = "stage.*"
PROMETHEUS = "prometheus."
ANY_PROMETHEUS = "prometheus.*"
SCRAPE = "scrape."
WATCHED = (PROMETHEUS, SCRAPE, "host.", "process.", "redis.")
"""What metrics begin with that are read beside a run: each has one figure, its mean, and no endpoint."""

_UNITS = {"_percent": "percent", "_bytes": "bytes", "_per_s": "1/s"}
"""Of what the sidecar reads, by the end of its name."""


def metric_named(name: str) -> Metric:
    """The row of a metric; a stage, a Prometheus series or a reading of the sidecar has that of its kind."""
    if name in METRICS:
        return METRICS[name]
    for prefix in (STAGE, *WATCHED):
        if name.startswith(prefix):
            row = METRICS[f"{prefix}*"]
            return row if prefix in (STAGE, PROMETHEUS, SCRAPE) else replace(row, unit=_unit_of(name))
    return METRICS[name]


def is_watched(name: str) -> bool:
    """Whether it is read beside a run, from the host or the service."""
    return name.startswith(WATCHED)


def _unit_of(name: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")


def _time(name: str, definition: str) -> Metric:
    return Metric(name, "us", Direction.LOWER, definition)


def _number(name: str, unit: str, direction: Direction, definition: str) -> Metric:
    return Metric(name, unit, direction, definition)


def _table(metrics: Iterable[Metric]) -> Mapping[str, Metric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


METRICS: Mapping[str, Metric] = _table(
    (
        _time(
            "response",
            "Time from the moment a request was due to the last byte of its answer: what a user waits.",
        ),
        _time(
            "service",
            "Time from the first byte sent to the last byte of the answer.",
        ),
        _time(
            "ttfb",
            "Time from the first byte sent to the first byte of the answer, its headers included.",
        ),
        _time(
            "ttft",
            "Time from the moment a request was due to the first stream event with answer text.",
        ),
        _time(
            "ttft_service",
            "Time from the first byte sent to the first stream event with answer text.",
        ),
        _time(
            "first_event",
            "Time from the moment a request was due to the first stream event of any kind.",
        ),
        _time(
            "gap",
            "Time between consecutive stream events with answer text, all gaps of all streams together; "
            "0 between events that one read brought.",
        ),
        _time("max_gap", "The longest gap of each stream."),
        _time(
            "tpot",
            "Time from a stream's first text event to its last, divided by the tokens after the first event.",
        ),
        *(
            _time(f"{outcome}.{name}", f"The {name} of answers {told} the service's cache.")
            for outcome, told in (("hit", "that came from"), ("miss", "that did not come from"))
            for name in CACHED_APART
        ),
        _time("connect", "Time that opening a connection took: name, TCP and TLS."),
        _time(
            "handshake",
            "Time from the request to open a WebSocket to the service's agreement, or to its greeting.",
        ),
        _time(
            ANY_STAGE,
            "Time that the service itself reports for a stage of its work.",
        ),
        _time(
            "stage.unattributed",
            "What is left of the service time after all stages that the service reports.",
        ),
        _time(
            "send_lag",
            "Time from the moment a request was due to its first byte sent, less that of connecting:"
            " how late the generator was.",
        ),
        _time(
            "wake_lag",
            "Longest time in a request from the kernel's receipt of bytes to the generator's reading them.",
        ),
        _time(
            "loop_lag",
            "How much later than asked the generator's event loop woke: every 50 ms, also of a longer stall.",
        ),
        _number("sent", "1/s", Direction.HIGHER, "Requests started per second."),
        _number("throughput", "1/s", Direction.HIGHER, "Successful answers per second."),
        _number("failed", "1/s", Direction.LOWER, "Failed requests per second."),
        _number(
            "dropped",
            "1/s",
            Direction.LOWER,
            "Requests per second that were due and not sent, as too many were in flight.",
        ),
        _number(
            "capacity",
            "1/s",
            Direction.HIGHER,
            "Arrivals per second at which a step of a search keeps the target's objectives as often as not.",
        ),
        _number(
            "errors",
            "ratio",
            Direction.LOWER,
            "Failed requests divided by all requests that ended as a success or a failure.",
        ),
        _number(
            "goodput",
            "ratio",
            Direction.HIGHER,
            "Requests that met all of the target's limits for a single request, divided by all attempted.",
        ),
        _number("events_per_s", "1/s", Direction.HIGHER, "Stream events with answer text per second."),
        _number("text_bytes_per_s", "B/s", Direction.HIGHER, "Bytes of answer text of streams per second."),
        _number("tokens_per_s", "1/s", Direction.HIGHER, "Tokens that the service reported per second."),
        _number(
            "coalesced_share",
            "ratio",
            Direction.LOWER,
            "Text events that share a stamp with the next one, as one read brought both, divided by all.",
        ),
        _number(
            "hit_ratio",
            "ratio",
            Direction.HIGHER,
            "Answers from the service's cache divided by all that said whether they were.",
        ),
        _number(
            "empty_retrieval",
            "ratio",
            Direction.LOWER,
            "Answers without a source divided by all whose sources were counted.",
        ),
        _number(
            "memory_growth",
            "MB/h",
            Direction.LOWER,
            "How fast the resident memory of the service's processes grew over the measured part.",
        ),
        _number(
            "leak",
            "",
            Direction.LOWER,
            "What the service still holds some time after the load, or held to its end for nobody, "
            "above its level of before.",
        ),
        _number(
            "host_memory",
            "percent",
            Direction.LOWER,
            "Share of the host's memory in use.",
        ),
        _number(
            ANY_PROMETHEUS,
            "",
            Direction.LOWER,
            "Mean of a Prometheus query that the target names, over the measured part of a run;"
            " which way is worse is said by the target's margin.",
        ),
        *(
            _number(f"{part}.*", "", Direction.LOWER, definition)
            for part, definition in (
                (
                    "scrape",
                    "Mean of a series of the service's own metrics page over the measured part of a run;"
                    " of a counter, its growth in a second.",
                ),
                ("host", "Mean of a reading of the host over the measured part: CPU, memory, load."),
                (
                    "process",
                    "Mean of a reading of the service's processes over the measured part:"
                    " CPU, memory, threads, files, connections.",
                ),
                ("redis", "Mean of a reading of Redis over the measured part."),
            )
        ),
    )
)
