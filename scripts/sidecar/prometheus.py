"""Asks a Prometheus server the target's named queries."""

import math
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scripts.sidecar.reading import Reading
from scripts.sidecar.reason import short_reason

if TYPE_CHECKING:
    from prometheus_api_client.prometheus_connect import PrometheusConnect

_STATUS = re.compile(r"HTTP Status Code (\d{3})")
_QUERY_REFUSED = ("400", "422")  # a bad expression, or one that cannot be evaluated
_NAME_LABEL = "plimsoll_query"
NOT_FINITE = "not a finite number"
_MAX_TOGETHER_CHARS = 4000  # servers and proxies refuse much longer URLs


class ServerAwayError(Exception):
    """The server as a whole cannot be asked; the message says why in a few words."""


class QueryRefusedError(Exception):
    """The server answers, but not to this query; the message says why in a few words."""


class Prometheus:
    """Instant queries by name. A query must give one number; anything else is missing, with the reason.

    An instant query answers with the newest scraped value, so a value here is as old as the
    server's own scrape; Prometheus itself drops series whose target is gone.
    """

    parts = ("prometheus",)

    def __init__(self, url: str, queries: Mapping[str, str]) -> None:
        self._url = url.rstrip("/")
        self._queries = dict(queries)
        self._together = _together(queries)
        self._client: PrometheusConnect | None = None

    def absent(self, reason: str) -> Reading:
        return Reading({"prometheus": dict.fromkeys(self._queries)}, {"prometheus": reason})

    def read(self, timeout_s: float) -> Reading:
        deadline = time.monotonic() + timeout_s
        try:
            if self._together is not None:
                try:
                    return self._read_together(self._together, timeout_s)
                except QueryRefusedError:
                    self._together = None  # one of them is at fault: asked alone, it will be found
            return self._read_one_by_one(deadline)
        except ServerAwayError as error:
            return self.absent(str(error))

    def ask(self, query: str, timeout_s: float) -> list[Any]:
        """The result of one instant query: a vector's series, or a scalar's time and value."""
        # Imported here: requests and urllib3 are 15 MB that a target without Prometheus does not need.
        from prometheus_api_client.exceptions import PrometheusApiClientException
        from requests.exceptions import JSONDecodeError, RequestException

        client = self._connected()
        try:
            result = client.custom_query(
                query,
                params={"timeout": f"{timeout_s:.3f}"},
                timeout=timeout_s,  # type: ignore[arg-type] # it says int; requests takes any seconds
            )
        except PrometheusApiClientException as error:
            found = _STATUS.search(str(error))
            status = found.group(1) if found else "error"
            if status in _QUERY_REFUSED:
                raise QueryRefusedError(f"query refused with HTTP {status}") from error
            raise ServerAwayError(f"HTTP {status}") from error
        except (JSONDecodeError, KeyError, TypeError) as error:
            raise ServerAwayError("not a Prometheus answer") from error
        except RequestException as error:
            self.close()
            raise ServerAwayError(short_reason(error)) from error
        if not isinstance(result, list):
            raise ServerAwayError("not a Prometheus answer")
        return result

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _read_together(self, query: str, timeout_s: float) -> Reading:
        results: dict[str, list[Any]] = {name: [] for name in self._queries}
        for series in self.ask(query, timeout_s):
            name = series.get("metric", {}).get(_NAME_LABEL) if isinstance(series, dict) else None
            if name in results:
                results[name].append(series)
        return self._reading({name: one_number(result) for name, result in results.items()})

    def _read_one_by_one(self, deadline: float) -> Reading:
        answers: dict[str, tuple[float | None, str | None]] = {}
        for name, query in self._queries.items():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                answers[name] = (None, "no time left to ask")
                continue
            try:
                answers[name] = one_number(self.ask(query, left_s))
            except QueryRefusedError as error:
                answers[name] = (None, str(error))
        return self._reading(answers)

    def _reading(self, answers: Mapping[str, tuple[float | None, str | None]]) -> Reading:
        return Reading(
            {"prometheus": {name: value for name, (value, _) in answers.items()}},
            {f"prometheus.{name}": reason for name, (_, reason) in answers.items() if reason is not None},
        )

    def _connected(self) -> "PrometheusConnect":
        if self._client is None:
            # From the submodule: other names of the package load pandas and matplotlib.
            from prometheus_api_client.prometheus_connect import PrometheusConnect
            from requests import Session
            from urllib3.util.retry import Retry

            session = Session()
            session.trust_env = False  # no proxy and no .netrc: the URL says all
            session.verify = _certificates()
            self._client = PrometheusConnect(self._url, session=session, retry=Retry(total=0))
        return self._client


def one_number(result: Sequence[Any]) -> tuple[float | None, str | None]:
    """A vector of one series, or a scalar, as a number; else the reason for none."""
    point: Any = result
    if result and isinstance(result[0], dict):
        if len(result) > 1:
            return None, f"{len(result)} series, one wanted"
        point = result[0].get("value")
    if not point:
        return None, "no series"
    try:
        value = float(point[1])
    except (IndexError, KeyError, ValueError, TypeError):
        return None, "not a number"
    return (value, None) if math.isfinite(value) else (None, NOT_FINITE)


def _together(queries: Mapping[str, str]) -> str | None:
    """All queries as one, each result labelled with its name: a request costs more than its query.

    None when they are better asked one by one.
    """
    if len(queries) < 2 or any("#" in query for query in queries.values()):  # PromQL comments
        return None
    named = [f'label_replace({query}, "{_NAME_LABEL}", "{name}", "", "")' for name, query in queries.items()]
    text = " or ".join(named)
    return text if len(text) <= _MAX_TOGETHER_CHARS else None


def _certificates() -> str | bool:
    """The system's own authorities, so that a private one installed there is trusted."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or True
