"""What the sidecar reads beside a run, and when it stops one."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProcessWatch:
    """The service's process, by id or by the port it listens on; with neither, by the base URL's port."""

    pid: int | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class SidecarWatch:
    """Sources of samples. URLs may hold `${NAME}`; one that expands to nothing is not watched."""

    host: bool = True
    process: ProcessWatch | None = None
    prometheus_url: str | None = None
    queries: Mapping[str, str] = field(default_factory=dict)
    """Name shown in the report to a PromQL query with one result."""
    metrics_url: str | None = None
    """Scraped directly when no Prometheus server is watched; a path is appended to the base URL."""
    metrics: tuple[str, ...] = ()
    """Names of the series kept from that scrape."""
    redis_url: str | None = None
    breaker_pattern: str | None = None
    """Glob of the Redis keys that hold circuit breakers, such as `circuit_breaker:*`."""
    breaker_field: str | None = "state"
    """Key of the state inside a breaker's JSON object or hash; None: the value itself is the state."""
    period_s: float = 1.0
    memory_warn_percent: float = 94.0
    memory_stop_percent: float = 98.0
