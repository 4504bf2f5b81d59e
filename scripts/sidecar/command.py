"""`plimsoll sidecar`: JSON lines about the host and the service, once a tick."""

import logging
import os
from collections.abc import Mapping

from analysis.errors import UsageError
from analysis.exit_code import ExitCode
from analysis.request_text import check_base_url
from analysis.target import load_target
from scripts.sidecar.host import Host
from scripts.sidecar.loop import sample_until_told
from scripts.sidecar.poller import Poller
from scripts.sidecar.process_tree import ProcessTree
from scripts.sidecar.prometheus import Prometheus
from scripts.sidecar.reading import Reading, Source
from scripts.sidecar.redis_watch import RedisWatch
from scripts.sidecar.sample import Quick, Sampler
from scripts.sidecar.scrape import Scrape
from scripts.sidecar.sink import Sink
from scripts.sidecar.tick import period_ns
from scripts.sidecar.watched import Watched, watched

# A slow answer must be in before the next tick asks again.
_TIMEOUT_SHARE = 0.8


class Unwatched:
    """Says in every sample which asked-for parts nothing can fill."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self._reading = Reading({}, dict(reasons))

    def read(self) -> Reading:
        return self._reading


def sidecar_command(
    target: str,
    output: str,
    period_s: float | None,
    pid: int | None,
    base_url: str | None,
    count: int | None,
) -> int:
    """Sample until `count`, a signal, or the reader or the parent is gone; no period: the target's own."""
    for name in ("httpx", "httpcore"):  # they log URLs and headers, which may hold secrets
        logging.getLogger(name).setLevel(logging.WARNING)
    if base_url is not None:
        check_base_url(base_url, "--base-url")
    definition = load_target(target)
    seconds = definition.sidecar.period_s if period_s is None else period_s
    if not 0.1 <= seconds <= 3600.0:
        raise UsageError(f"--period {seconds:g}: wanted 0.1 to 3600 seconds")
    if count is not None and count < 1:
        raise UsageError(f"--count {count}: wanted at least 1")
    watch = watched(definition, os.environ, pid=pid, base_url=base_url)
    sink = Sink.open(output)
    try:
        step_ns = period_ns(seconds)
        pollers = [Poller(source, seconds * _TIMEOUT_SHARE) for source in _slow_sources(watch)]
        sample_until_told(Sampler(_quick_sources(watch), pollers, step_ns), sink, step_ns, count)
    finally:
        sink.close()
    return ExitCode.PASS


def _quick_sources(watch: Watched) -> list[Quick]:
    sources: list[Quick] = []
    if watch.host:
        sources.append(Host())
    if watch.pid is not None or watch.port is not None:
        sources.append(ProcessTree(watch.pid, watch.port))
    if watch.unwatched:
        sources.append(Unwatched(watch.unwatched))
    return sources


def _slow_sources(watch: Watched) -> list[Source]:
    sources: list[Source] = []
    if watch.prometheus_url is not None:
        sources.append(Prometheus(watch.prometheus_url, watch.queries))
    if watch.metrics_url is not None:
        sources.append(Scrape(watch.metrics_url, watch.metrics, watch.tls))
    if watch.redis_url is not None:
        sources.append(RedisWatch(watch.redis_url, watch.breaker_pattern, watch.breaker_field))
    return sources
