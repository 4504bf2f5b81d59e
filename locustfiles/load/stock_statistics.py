"""Keeps Locust's own statistics from growing for as long as a run lasts."""

from locust.stats import RequestStats

KEPT_S = 60
"""Locust's current rates look back ten seconds."""
KEPT_ROWS = 720
"""Of the charts' history: one hour at a row each five seconds."""
KEPT_ERRORS = 500
"""Different ones; a service or a stock user may put a new id into each."""


def prune(stats: RequestStats, now_s: int) -> None:
    """Drop counts per second that nothing reads any more, the charts' oldest rows and the latest errors."""
    for entry in (*stats.entries.values(), stats.total):
        for per_second in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
            # In the order of seconds, so that looking at the first ones is enough.
            while per_second and (oldest := next(iter(per_second))) < now_s - KEPT_S:
                del per_second[oldest]
    del stats.history[:-KEPT_ROWS]
    while len(stats.errors) > KEPT_ERRORS:
        stats.errors.popitem()
