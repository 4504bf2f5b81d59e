"""Reads a service's own metrics page where no Prometheus server scrapes it."""

import math
import re
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from analysis.target_parts import Tls
from locustfiles.load.tls_context import tls_context
from scripts.sidecar.reading import Reading
from scripts.sidecar.reason import short_reason

if TYPE_CHECKING:
    import httpx

_MAX_PAGE_BYTES = 16 * 1024 * 1024
_MAX_SERIES = 64
_SELECTOR = re.compile(r"^([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?$")
_LABEL = re.compile(r'\s*([a-zA-Z_]\w*)\s*=\s*"([^"]*)"\s*(?:,|$)')


class Scrape:
    """Keeps the series whose name, or name and labels ('requests_total{status="500"}'), are asked for."""

    parts = ("scrape",)

    def __init__(self, url: str, series: Iterable[str], tls: Tls | None = None) -> None:
        """`tls` is the target's, whose load trusts the same; UsageError for files that TLS cannot use."""
        self._url = url
        self._trust = tls_context(tls or Tls())
        self._wanted = tuple(_selector(text) for text in series)
        self._line = re.compile("|".join(rf"{re.escape(name)}[\s{{]" for name, _ in self._wanted) or r"(?!)")
        self._client: httpx.Client | None = None

    def absent(self, reason: str) -> Reading:
        return Reading({"scrape": {}}, {"scrape": reason})

    def read(self, timeout_s: float) -> Reading:
        # Imported here: a target with a Prometheus server never needs it.
        import httpx

        try:
            page = self._page(timeout_s)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.close()
            return self.absent(short_reason(error))
        except PageRefusedError as error:
            return self.absent(str(error))
        return self.parse(page)

    def parse(self, page: str) -> Reading:
        from prometheus_client.parser import text_string_to_metric_families

        # A page of thousands of lines costs tens of milliseconds to parse, so only wanted ones are.
        lines = [line for line in page.splitlines() if self._line.match(line)]
        values: dict[str, float] = {}
        missing: dict[str, str] = {}
        try:
            for family in text_string_to_metric_families("\n".join(lines) + "\n"):
                for sample in family.samples:
                    if not self._is_wanted(sample.name, sample.labels):
                        continue
                    if len(values) == _MAX_SERIES:
                        missing["scrape"] = f"more than {_MAX_SERIES} series; the rest is left out"
                        break
                    if math.isfinite(sample.value):
                        values[_key(sample.name, sample.labels)] = sample.value
        except ValueError:
            return self.absent("not Prometheus text")
        for name, _ in self._wanted:
            if not any(key.partition("{")[0] == name for key in values):
                missing[f"scrape.{name}"] = "no series"
        return Reading({"scrape": values}, missing)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _page(self, timeout_s: float) -> str:
        import httpx

        if self._client is None:
            self._client = httpx.Client(verify=self._trust, trust_env=False)
        deadline = time.monotonic() + timeout_s
        headers = {"accept": "text/plain;version=0.0.4"}
        with self._client.stream("GET", self._url, headers=headers, timeout=timeout_s) as response:
            if response.status_code != 200:
                raise PageRefusedError(f"HTTP {response.status_code}")
            return b"".join(_bounded(response.iter_bytes(), deadline)).decode("utf-8", "replace")

    def _is_wanted(self, name: str, labels: dict[str, str]) -> bool:
        return any(
            name == wanted and all(labels.get(key) == value for key, value in selected.items())
            for wanted, selected in self._wanted
        )


class PageRefusedError(Exception):
    """The metrics page cannot be used; the message says why in a few words."""


def _bounded(chunks: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _MAX_PAGE_BYTES:
            raise PageRefusedError(f"page larger than {_MAX_PAGE_BYTES >> 20} MiB")
        if time.monotonic() > deadline:
            raise PageRefusedError("no answer in time")
        yield chunk


def _selector(text: str) -> tuple[str, dict[str, str]]:
    found = _SELECTOR.match(text.strip())
    if found is None:
        return text, {}
    return found.group(1), dict(_LABEL.findall(found.group(2) or ""))


def _key(name: str, labels: dict[str, str]) -> str:
    if not labels:
        return name
    return name + "{" + ",".join(f'{key}="{labels[key]}"' for key in sorted(labels)) + "}"
