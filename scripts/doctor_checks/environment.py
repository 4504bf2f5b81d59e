"""Checks that every environment variable that the target file names is there."""

import re
from collections.abc import Iterator, Mapping

from analysis.env_template import expand
from analysis.errors import ConfigurationError
from analysis.target import Target
from scripts.doctor_checks.check import Area, Check, State

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")


def check_environment(target: Target, environ: Mapping[str, str], base_url: str | None) -> list[Check]:
    """One check per text that cannot be filled in, or a single good one."""
    wrong: list[Check] = []
    used = 0
    for key, text in _templates(target, base_url):
        used += len(variable_names(text))
        try:
            expand(text, environ, file=target.file, key=key)
        except ConfigurationError as error:
            advice = error.hint or f"wanted: {error.wanted}"
            wrong.append(Check(Area.TARGET, key, State.WRONG, f"{error.found}", advice))
    if wrong:
        return wrong
    found = "none needed" if used == 0 else f"{used} used, all of them can be filled in"
    return [Check(Area.TARGET, "environment variables", State.OK, found)]


def variable_names(text: str) -> tuple[str, ...]:
    """The variables that a text refers to, in order."""
    return tuple(_NAME.findall(text))


def _templates(target: Target, base_url: str | None) -> Iterator[tuple[str, str]]:
    if base_url is None:
        yield "base_url", target.base_url
    for name, value in target.headers.items():
        yield f"headers.{name}", value
    for name, value in target.environment.items():
        yield f"environment.{name}", value
    for endpoint in target.endpoints.values():
        for name, value in endpoint.headers.items():
            yield f"endpoints.{endpoint.name}.headers.{name}", value
    watch = target.sidecar
    for key, url in (
        ("prometheus_url", watch.prometheus_url),
        ("metrics_url", watch.metrics_url),
        ("redis_url", watch.redis_url),
    ):
        if url is not None:
            yield f"sidecar.{key}", url
