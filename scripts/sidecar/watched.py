"""What the sidecar watches for one target, with the environment's values filled in."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.env_template import expand
from analysis.errors import ConfigurationError, Phrase
from analysis.request_text import check_place, split_url
from analysis.target import Target, Tls

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NO_URL = "no URL given"


@dataclass(frozen=True, slots=True)
class Watched:
    """Sources by kind, None for one that is not watched. The URLs may hold secrets: never show them."""

    host: bool
    pid: int | None
    port: int | None
    prometheus_url: str | None
    queries: Mapping[str, str]
    metrics_url: str | None
    metrics: tuple[str, ...]
    redis_url: str | None
    breaker_pattern: str | None
    breaker_field: str | None
    unwatched: Mapping[str, str] = field(default_factory=dict)
    """Parts that the target asks for and nothing can fill, each with the reason."""
    tls: Tls = field(default_factory=Tls)
    """Whom the scrape trusts."""


def watched(
    target: Target, environ: Mapping[str, str], *, pid: int | None = None, base_url: str | None = None
) -> Watched:
    """The target's watch; `pid` and `base_url` override what the file says."""
    watch = target.sidecar
    unwatched: dict[str, str] = {}
    prometheus_url = _expanded(
        watch.prometheus_url, ("http", "https"), environ, target.file, "prometheus_url"
    )
    metrics_url = _expanded(watch.metrics_url, ("http", "https"), environ, target.file, "metrics_url")
    redis_url = _expanded(watch.redis_url, ("redis", "rediss", "unix"), environ, target.file, "redis_url")
    if watch.queries and prometheus_url is None:
        unwatched["prometheus"] = _NO_URL
    if watch.redis_url is not None and redis_url is None:
        unwatched["redis"] = _NO_URL
    if watch.breaker_pattern and redis_url is None:
        unwatched["breakers"] = _NO_URL
    scraped = bool(watch.metrics and metrics_url and not prometheus_url)
    by_base_url = watch.process is not None and watch.process.pid is None and watch.process.port is None
    port = watch.process.port if watch.process else None
    if (scraped and metrics_url and metrics_url.startswith("/")) or by_base_url:
        url = base_url or expand(target.base_url, environ, file=target.file, key="base_url")
        check_place(url, target.file, "base_url")
        if metrics_url and metrics_url.startswith("/"):
            metrics_url = url.rstrip("/") + metrics_url
        if by_base_url and is_this_host(url):
            port = url_port(url)
        elif by_base_url and pid is None:
            unwatched["process"] = "the base URL names another host"
    return Watched(
        host=watch.host,
        pid=pid if pid is not None else watch.process.pid if watch.process else None,
        port=port,
        prometheus_url=prometheus_url if watch.queries else None,
        queries=watch.queries,
        metrics_url=metrics_url if scraped else None,
        metrics=watch.metrics,
        redis_url=redis_url,
        breaker_pattern=watch.breaker_pattern,
        breaker_field=watch.breaker_field,
        unwatched=unwatched,
        tls=target.tls,
    )


def url_port(url: str) -> int | None:
    parts = split_url(url)
    return parts.port or _DEFAULT_PORTS.get(parts.scheme)


def is_this_host(url: str) -> bool:
    """Whether the URL's name stands for an address of this machine: only such an address can be bound."""
    try:
        found = socket.getaddrinfo(split_url(url).hostname, 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            try:
                probe.bind(address)
            except OSError:
                continue
            return True
    return False


def _expanded(
    text: str | None, schemes: tuple[str, ...], environ: Mapping[str, str], file: str, name: str
) -> str | None:
    """The URL, None when it expands to nothing; a value of another kind is refused and not repeated."""
    if text is None:
        return None
    key = f"sidecar.{name}"
    url = expand(text, environ, file=file, key=key)
    if not url:
        return None
    if not url.startswith(
        (*(f"{scheme}://" for scheme in schemes), *(("/",) if name == "metrics_url" else ()))
    ):
        raise ConfigurationError(
            file=file,
            key=key,
            found=Phrase("another kind of text after expansion"),
            wanted=f"a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}",
        )
    check_place(url, file, key)
    return url
