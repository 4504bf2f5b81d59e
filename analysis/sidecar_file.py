"""The table of a target file that says what the sidecar watches."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from analysis.errors import ConfigurationError, Phrase
from analysis.request_text import HTTP, REDIS, check_url
from analysis.sidecar_watch import ProcessWatch, SidecarWatch
from analysis.toml_file import NAME, Duration, Table

BASE_URL_PORT = "base_url"


def _port(value: object) -> object:
    if value == BASE_URL_PORT:
        return 0
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    raise ValueError('a port from 1 to 65535, or "base_url" for the port of the base URL')


Queries = dict[Annotated[str, Field(pattern=NAME)], Annotated[str, Field(min_length=1)]]


class ProcessTable(Table):
    """`sidecar.process`."""

    pid: Annotated[int, Field(gt=0)] | None = None
    port: Annotated[int | None, BeforeValidator(_port)] = None


class SidecarTable(Table):
    """`[sidecar]`."""

    host: bool = True
    process: ProcessTable | None = None
    prometheus_url: str | None = None
    queries: dict[Annotated[str, Field(pattern=NAME)], Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict
    )
    metrics_url: str | None = None
    metrics: list[str] = Field(default_factory=list)
    redis_url: str | None = None
    breaker_pattern: str | None = None
    breaker_field: str | None = "state"
    period: Annotated[Duration, Field(ge=0.1, le=60)] = 1.0
    memory_warn_percent: Annotated[float, Field(gt=0, le=100)] = 94.0
    memory_stop_percent: Annotated[float, Field(gt=0, le=100)] = 98.0

    def watch(self, file: str) -> SidecarWatch:
        """The watch, after the checks that need more than one key."""
        self._check_urls(file)
        self._check_dependencies(file)
        return SidecarWatch(
            host=self.host,
            process=self._process(file),
            prometheus_url=self.prometheus_url,
            queries=dict(self.queries),
            metrics_url=self.metrics_url,
            metrics=tuple(self.metrics),
            redis_url=self.redis_url,
            breaker_pattern=self.breaker_pattern,
            breaker_field=self.breaker_field or None,
            period_s=self.period,
            memory_warn_percent=self.memory_warn_percent,
            memory_stop_percent=self.memory_stop_percent,
        )

    def _process(self, file: str) -> ProcessWatch | None:
        if self.process is None:
            return None
        if (self.process.pid is None) == (self.process.port is None):
            raise ConfigurationError(
                file=file,
                key="sidecar.process",
                found=Phrase("neither or both of pid and port"),
                wanted='one of them, such as { port = 8000 } or { port = "base_url" }',
            )
        return ProcessWatch(pid=self.process.pid, port=self.process.port or None)

    def _check_urls(self, file: str) -> None:
        check_url(self.prometheus_url, HTTP, file, "sidecar.prometheus_url")
        if self.metrics_url is not None and not self.metrics_url.startswith("/"):
            check_url(self.metrics_url, HTTP, file, "sidecar.metrics_url")
        check_url(self.redis_url, REDIS, file, "sidecar.redis_url")

    def _check_dependencies(self, file: str) -> None:
        needs = (
            ("queries", bool(self.queries), "prometheus_url", self.prometheus_url),
            ("metrics", bool(self.metrics), "metrics_url", self.metrics_url),
            ("breaker_pattern", self.breaker_pattern is not None, "redis_url", self.redis_url),
        )
        for key, present, needed, value in needs:
            if present and value is None:
                raise ConfigurationError(
                    file=file,
                    key=f"sidecar.{key}",
                    found=Phrase(f"it without sidecar.{needed}"),
                    wanted="both or neither",
                    hint=f'{needed} = "${{NAME:-}}" watches it only where NAME is set',
                )
        if self.memory_warn_percent > self.memory_stop_percent:
            raise ConfigurationError(
                file=file,
                key="sidecar.memory_warn_percent",
                found=self.memory_warn_percent,
                wanted=f"a number not above memory_stop_percent, {self.memory_stop_percent:g}",
            )
