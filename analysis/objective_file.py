"""The tables of a target file that hold numbers to judge by: objectives, margins, limits of a request."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis.endpoint import Endpoint
from analysis.errors import ConfigurationError, Phrase
from analysis.sidecar_watch import SidecarWatch
from analysis.target_parts import Objective
from analysis.toml_file import dotted, nearest

Path = tuple[str, ...]
Numbers = dict[Path, float | None]
"""Paths of keys to their values; None for a default that `false` switches off."""

WHOLE_SERVICE = "*"
SERVICE_OBJECTIVES = {
    "memory_growth": ("mb_per_h", "slope", "MB/h"),
    "host_memory": ("percent", "max", "percent"),
}
"""Metric to its key, statistic and unit."""

PLAIN_TIMES = ("response", "service", "ttfb")
STREAM_TIMES = ("ttft", "ttft_service", "gap", "max_gap", "tpot")
WEBSOCKET_TIMES = ("handshake",)
ALL_TIMES = PLAIN_TIMES + STREAM_TIMES + WEBSOCKET_TIMES
STAGE = re.compile(r"stage\.[A-Za-z0-9_-]+")
RATIOS = ("errors", "goodput")
SERIES = "prometheus"
RISE, DROP = "rise", "drop"
"""How the margin of a Prometheus query says which way is worse."""
RATE_STATISTICS = {
    "errors": {"ratio": "ratio"},
    "goodput": {"ratio": "ratio"},
    "throughput": {"rate": "rate"},
}
STATISTICS = {
    "p50": "p50",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
    "p999": "p99.9",
    "mean": "mean",
    "max": "max",
}
"""Statistics of times, as keys spell them and as results do."""

# What the owners of the first targets promise, for a file that says nothing.
PLAIN_P95_MS = 100.0
QUERY_P95_MS = 1000.0
MEMORY_GROWTH_MB_PER_H = 100.0
HOST_MEMORY_PERCENT = 98.0

US_PER_MS = 1000.0


@dataclass(frozen=True, slots=True)
class NumberTables:
    """Reads the three tables of one file; the endpoints are what their keys may refer to."""

    file: str
    endpoints: Mapping[str, Endpoint]

    def objectives(self, table: Mapping[str, object], sidecar: SidecarWatch) -> tuple[Objective, ...]:
        """The written ones, and the defaults that the file neither replaces nor switches off with `false`."""
        limits = {**self._defaults(sidecar), **self._numbers(table, "objectives")}
        return tuple(
            self._objective(path, limit) for path, limit in sorted(limits.items()) if limit is not None
        )

    def margins(self, table: Mapping[str, object], sidecar: SidecarWatch) -> dict[str, float]:
        """`metric.statistic`, `endpoint.metric.statistic` or `prometheus.query.rise` to a change change."""
        margins: dict[str, float] = {}
        for path, value in self._numbers(table, "margins").items():
            key = _key("margins", path)
            if value is None or not 0 < value < 1:
                raise self._wrong(key, value, "a change between 0 and 1, such as 0.1 for ten percent")
            if path[0] == SERIES and path[0] not in self.endpoints:
                margins[self._series(key, path, sidecar)] = value
                continue
            named = path[0] in self.endpoints
            metric = ".".join(path[1:-1] if named else path[:-1])
            self._check_metric(
                key, metric, [*ALL_TIMES, "stage.NAME", *RATIOS, "throughput", f"{SERIES}.QUERY"]
            )
            allowed = RATE_STATISTICS.get(metric) or STATISTICS
            statistic = self._known(key, path[-1], allowed)
            margins[".".join((*path[:named], metric, allowed[statistic]))] = value
        return margins

    def _series(self, key: str, path: Path, sidecar: SidecarWatch) -> str:
        query = ".".join(path[1:-1])
        if query not in sidecar.queries:
            hint = nearest(query, [*sidecar.queries])
            raise self._wrong(key, Phrase(f'"{query}"'), "the name of a query in [sidecar.queries]", hint)
        return ".".join((SERIES, query, self._known(key, path[-1], (RISE, DROP))))

    def limits(self, table: Mapping[str, object]) -> dict[str, dict[str, float]]:
        """Endpoint to metric to the microseconds that a good request may take."""
        limits: dict[str, dict[str, float]] = {}
        for path, value in self._numbers(table, "limits").items():
            key = _key("limits", path)
            endpoint = self.endpoints[self._known(key, path[0], self.endpoints)]
            metrics = {f"{metric}_ms": metric for metric in _times(endpoint) if metric != "gap"}
            metric = metrics[self._known(key, ".".join(path[1:]), metrics)]
            if not value:
                raise self._wrong(key, value, "milliseconds above 0")
            limits.setdefault(endpoint.name, {})[metric] = value * US_PER_MS
        return limits

    def _defaults(self, sidecar: SidecarWatch) -> Numbers:
        defaults: Numbers = {}
        for name, endpoint in self.endpoints.items():
            if not endpoint.dialect.is_stream:
                defaults[name, "response", "p95_ms"] = QUERY_P95_MS if endpoint.asks else PLAIN_P95_MS
        if sidecar.process is not None:
            defaults["memory_growth", "mb_per_h"] = MEMORY_GROWTH_MB_PER_H
        if sidecar.host:
            defaults["host_memory", "percent"] = HOST_MEMORY_PERCENT
        return defaults

    def _objective(self, path: Path, limit: float) -> Objective:
        key = _key("objectives", path)
        first = self._known(key, path[0], [*self.endpoints, WHOLE_SERVICE, *SERVICE_OBJECTIVES])
        if first in SERVICE_OBJECTIVES:
            spelled, statistic, unit = SERVICE_OBJECTIVES[first]
            self._known(key, ".".join(path[1:]), [spelled])
            return Objective(first, None, first, statistic, limit, unit)
        endpoint = self.endpoints.get(first)
        metric, last = ".".join(path[1:-1]), path[-1]
        times = ALL_TIMES if endpoint is None else _times(endpoint)
        self._check_metric(key, metric, [*times, "stage.NAME", *RATIOS])
        name = None if endpoint is None else endpoint.name
        if metric in RATIOS:
            self._known(key, last, ["ratio"])
            if limit > 1:
                raise self._wrong(key, limit, "a ratio from 0 to 1")
            return Objective(f"{first}.{metric}", name, metric, "ratio", limit, "ratio")
        spellings = {f"{spelled}_ms": statistic for spelled, statistic in STATISTICS.items()}
        statistic = spellings[self._known(key, last, spellings)]
        return Objective(f"{first}.{metric}.{statistic}", name, metric, statistic, limit * US_PER_MS, "us")

    def _check_metric(self, key: str, metric: str, allowed: list[str]) -> None:
        if not STAGE.fullmatch(metric):
            self._known(key, metric, allowed)

    def _known(self, key: str, word: str, allowed: Iterable[str]) -> str:
        words = list(allowed)
        if word not in words:
            found = Phrase(f'"{word}"' if word else "nothing more")
            raise self._wrong(key, found, f"one of {', '.join(words)}", nearest(word, words))
        return word

    def _numbers(self, table: Mapping[str, object], key: str) -> Numbers:
        numbers: Numbers = {}
        for name, item in table.items():
            place = f"{key}.{dotted((name,))}"
            head = tuple(name.split(".")) if name else ("",)
            if isinstance(item, Mapping):
                inner = self._numbers(item, place)
                numbers.update({head + path: number for path, number in inner.items()})
            elif item is False:
                numbers[head] = None
            elif isinstance(item, int | float) and item is not True and math.isfinite(item) and item >= 0:
                numbers[head] = float(item)
            else:
                raise self._wrong(place, item, "a number not below 0, or false")
        return numbers

    def _wrong(self, key: str, found: object, wanted: str, hint: str | None = None) -> ConfigurationError:
        return ConfigurationError(file=self.file, key=key, found=found, wanted=wanted, hint=hint)


def _times(endpoint: Endpoint) -> tuple[str, ...]:
    times = PLAIN_TIMES + STREAM_TIMES if endpoint.dialect.is_stream else PLAIN_TIMES
    return times if endpoint.websocket is None else times + WEBSOCKET_TIMES


def _key(table: str, path: Path) -> str:
    return dotted((table, *path))
