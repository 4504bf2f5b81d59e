"""Checks everything that the sidecar would watch, by asking it once as the sidecar does."""

import time
from collections.abc import Callable
from typing import Any

from analysis.target import SidecarWatch
from scripts.doctor_checks.check import Area, Check, State
from scripts.doctor_checks.environment import variable_names
from scripts.sidecar.breaker import BreakerState
from scripts.sidecar.host import Host
from scripts.sidecar.process_tree import ProcessTree
from scripts.sidecar.prometheus import NOT_FINITE, Prometheus, QueryRefusedError, ServerAwayError, one_number
from scripts.sidecar.reading import Reading
from scripts.sidecar.redis_watch import RedisWatch
from scripts.sidecar.scrape import Scrape
from scripts.sidecar.watched import Watched

_TIMEOUT_S = 5.0
_SCAN_PATIENCE_S = 10.0
_STILL_LOOKING = "still looking for keys"
_MB = 1e6


def check_watch(watch: Watched, limits: SidecarWatch, progress: Callable[[str], object]) -> list[Check]:
    """Nothing in here keeps a run from being made but a host without memory."""
    checks: list[Check] = []
    if watch.host:
        checks.append(_check_memory(limits))
    if watch.pid is not None or watch.port is not None:
        checks.append(_check_process(watch))
    if watch.prometheus_url is not None:
        progress("asking Prometheus")
        checks += _check_prometheus(Prometheus(watch.prometheus_url, watch.queries), watch.queries)
    if watch.metrics_url is not None:
        progress("reading the metrics page")
        checks.append(_check_scrape(Scrape(watch.metrics_url, watch.metrics, watch.tls)))
    if watch.redis_url is not None:
        progress("asking Redis")
        checks += _check_redis(RedisWatch(watch.redis_url, watch.breaker_pattern, watch.breaker_field), watch)
    for part, reason in watch.unwatched.items():
        if part == "prometheus" and watch.metrics_url is not None:
            checks.append(_ok(part, "not watched; the service's metrics page is read instead"))
            continue
        checks.append(_warning(part, f"not watched: {reason}", _advice_for(part, limits)))
    return checks


def _check_memory(limits: SidecarWatch) -> Check:
    host: dict[str, Any] = Host().read().parts["host"]
    used, total = host["memory_used_percent"], host["memory_total_bytes"]
    if used is None or total is None:
        return _warning("memory", "cannot be read", "the memory guard will not work on this host")
    found = f"{used:.1f} % of {total / 1e9:.1f} GB used"
    limit, group = host["cgroup_memory_limit_bytes"], host["cgroup_memory_used_bytes"]
    if limit is not None and group is not None:
        found += f"; control group {100.0 * group / limit:.1f} % of {limit / 1e9:.1f} GB"
    if used >= limits.memory_stop_percent:
        advice = f"free memory: a run is stopped at {limits.memory_stop_percent:g} %"
        return Check(Area.WATCH, "memory", State.WRONG, found, advice)
    if used >= limits.memory_warn_percent:
        return _warning("memory", found, f"free memory: a run is stopped at {limits.memory_stop_percent:g} %")
    headroom = (limits.memory_stop_percent - used) / 100.0 * total
    return _ok("memory", f"{found}, {headroom / 1e9:.1f} GB below the guard's stop")


def _check_process(watch: Watched) -> Check:
    reading = ProcessTree(watch.pid, watch.port).read()
    process = reading.parts["process"]
    if process is None:
        reason = reading.missing["process"]
        return _warning("process", reason, "start the service here, or run the sidecar on the service's host")
    pids = process["pids"]
    fds = "unknown" if process["fds"] is None else process["fds"]
    found = f"pid {pids[0]}, {len(pids)} in all, {process['rss_bytes'] / _MB:.0f} MB, "
    return _ok("process", found + f"{process['threads']} threads, {fds} open files")


def _check_prometheus(server: Prometheus, queries: Any) -> list[Check]:
    checks: list[Check] = []
    for name, query in queries.items():
        try:
            value, reason = one_number(server.ask(query, _TIMEOUT_S))
        except ServerAwayError as error:
            advice = "start it or correct sidecar.prometheus_url; runs work without it"
            return [_warning("Prometheus", str(error), advice)]
        except QueryRefusedError as error:
            checks.append(_warning(f"query {name}", str(error), f"correct sidecar.queries.{name}"))
            continue
        if reason is None:
            checks.append(_ok(f"query {name}", f"{value:g}"))
            continue
        if reason == NOT_FINITE:  # a ratio or quantile while there is no traffic
            checks.append(_ok(f"query {name}", "no value yet: without traffic it is not a number"))
            continue
        advice = "look the metric's name up in Prometheus, and whether it scrapes the service"
        if reason.endswith("one wanted"):
            advice = f"make it one number: wrap sidecar.queries.{name} in sum(), max() or the like"
        checks.append(_warning(f"query {name}", reason, advice))
    server.close()
    return [_ok("Prometheus", "answers"), *checks]


def _check_scrape(page: Scrape) -> Check:
    reading = page.read(_TIMEOUT_S)
    page.close()
    if "scrape" in reading.missing:
        return _warning(
            "metrics page", reading.missing["scrape"], "start the service, or correct sidecar.metrics_url"
        )
    absent = sorted(part.partition(".")[2] for part in reading.missing)
    found = f"{len(reading.parts['scrape'])} series"
    if absent:
        return _warning("metrics page", f"{found}; without {', '.join(absent)}", "correct sidecar.metrics")
    return _ok("metrics page", found)


def _check_redis(source: RedisWatch, watch: Watched) -> list[Check]:
    reading = source.read(_TIMEOUT_S)
    deadline = time.monotonic() + _SCAN_PATIENCE_S
    while reading.missing.get("breakers") == _STILL_LOOKING and time.monotonic() < deadline:
        reading = source.read(_TIMEOUT_S)
    source.close()
    figures = reading.parts["redis"]
    if figures is None:
        reason = reading.missing["redis"]
        return [_warning("Redis", reason, "start it or correct sidecar.redis_url; runs work without it")]
    limit = figures["maxmemory_bytes"]
    found = f"{figures['used_memory_bytes'] / _MB:.1f} MB of "
    found += "no limit" if limit is None else f"{limit / _MB:.1f} MB"
    checks = [_ok("Redis", f"{found}, {figures['connected_clients']} clients")]
    if watch.breaker_pattern is not None:
        checks.append(_check_breakers(reading, watch.breaker_pattern))
    return checks


def _check_breakers(reading: Reading, pattern: str) -> Check:
    states: dict[str, str] = dict(reading.parts["breakers"])
    found = ", ".join(f"{name} {state}" for name, state in sorted(states.items()))
    reason = reading.missing.get("breakers")
    if not states:
        advice = "libraries write the key at a breaker's first change; else correct sidecar.breaker_pattern"
        return _warning("breakers", f"{reason or 'no key'} ({pattern})", advice)
    if reason is not None:
        return _warning("breakers", f"{found}; {reason}", "narrow sidecar.breaker_pattern")
    if BreakerState.UNKNOWN in states.values():
        return _warning("breakers", found, "name the key that holds the state in sidecar.breaker_field")
    if BreakerState.OPEN in states.values():
        return _warning("breakers", found, "wait until it closes: the service refuses these calls now")
    return _ok("breakers", found)


def _advice_for(part: str, limits: SidecarWatch) -> str:
    if part == "process":
        return "run the sidecar on the service's host to see its process"
    url = limits.prometheus_url if part == "prometheus" else limits.redis_url
    names = variable_names(url or "")
    return f"set {' and '.join(names)} to have it watched" if names else "give its URL to have it watched"


def _ok(name: str, found: str) -> Check:
    return Check(Area.WATCH, name, State.OK, found)


def _warning(name: str, found: str, advice: str) -> Check:
    return Check(Area.WATCH, name, State.WARNING, found, advice)
