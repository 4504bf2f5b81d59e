"""The counts of a result: every request by endpoint and outcome, as plain values."""

from collections.abc import Sequence

from analysis.counts import Counts, total
from analysis.judged_run import JudgedRun
from analysis.measurement import GENERATOR

_IF_ANY = ("left", "reconnects", "text_bytes", "tokens", "hits", "misses", "retrievals", "empty_retrievals")
"""Left out where there is none."""


def result_counts(runs: Sequence[JudgedRun]) -> dict[str, dict[str, object]]:
    """Of the whole runs, warm-up included, and of their measured part under `measured`."""
    whole: dict[str, list[Counts]] = {}
    measured: dict[str, list[Counts]] = {}
    for run in runs:
        for endpoint, counts in run.log.totals().items():
            whole.setdefault(endpoint, []).append(counts)
        for endpoint, counts in run.measurement.whole.totals.items():
            measured.setdefault(endpoint, []).append(counts)
    return {
        endpoint: {**_plain(total(counts)), "measured": _plain(total(measured.get(endpoint, [])))}
        for endpoint, counts in sorted(whole.items())
        if endpoint != GENERATOR
    }


def _plain(counts: Counts) -> dict[str, object]:
    return {
        "due": counts.due,
        "dropped": counts.dropped,
        "started": counts.started,
        "ok": counts.ok,
        "failed": {kind.value: number for kind, number in sorted(counts.failed.items()) if number},
        "aborted": counts.aborted,
        "bytes": counts.received_bytes,
        "events": counts.events,
        "good": counts.good,
        "coalesced": counts.coalesced,
        "clipped": counts.clipped,
        **{name: number for name in _IF_ANY if (number := getattr(counts, name))},
    }
