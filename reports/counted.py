"""Counts and failures of the measured part, over all runs that were judged together."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import TypeAdapter

from analysis.counts import Counts
from analysis.event import EventKind
from analysis.failure import FailureKind
from analysis.result import Result
from analysis.run_log import RunLog
from reports.printable import one_line
from reports.report_data import CountRow, FailureRow

_EXEMPLARS = 5


def count_rows(result: Result) -> Iterator[CountRow]:
    for endpoint, counts in _measured(result):
        yield CountRow(
            endpoint=endpoint,
            due=counts.due,
            dropped=counts.dropped,
            started=counts.started,
            ok=counts.ok,
            failed=counts.failures,
            aborted=counts.aborted,
            reconnects=counts.reconnects,
            left=counts.left,
        )


def failure_rows(result: Result, log: RunLog) -> Iterator[FailureRow]:
    """Exemplars are those of one run's log, equal ones once."""
    exemplars = _exemplars(log)
    for endpoint, counts in _measured(result):
        for kind in FailureKind:
            count = counts.failed.get(kind, 0)
            if count:
                details = tuple(exemplars.get((endpoint, kind.value), {}))[:_EXEMPLARS]
                yield FailureRow(endpoint, kind.value, count, count / max(1, counts.started), details)


def _measured(result: Result) -> Iterator[tuple[str, Counts]]:
    for endpoint, counts in result.counts.items():
        yield endpoint, _adapter().validate_python(counts.get("measured", {}))


def _exemplars(log: RunLog) -> Mapping[tuple[str, str], dict[str, None]]:
    found: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for event in log.events:
        if event["kind"] != EventKind.EXEMPLAR:
            continue
        status = event.get("status")
        detail = one_line(str(event.get("detail") or ""), 200)
        shown = f"{status}: {detail}" if status is not None and str(status) not in detail else detail
        if shown:
            found[str(event.get("endpoint")), str(event.get("failure"))][shown] = None
    return found


@cache
def _adapter() -> TypeAdapter[Counts]:
    return TypeAdapter(Counts)
