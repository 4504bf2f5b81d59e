"""Keeps Locust's own statistics from growing for as long as a run lasts."""

from locust.stats import RequestStats

KEPT_S = 60
"""Locust's current rates look back ten seconds."""
KEPT_ROWS = 720
"""Of the charts' history: one hour at a row each five seconds."""


def prune(stats: RequestStats, now_s: int) -> None:
    """Drop counts per second that nothing reads any more, and the oldest rows of the charts."""
    for entry in (*stats.entries.values(), stats.total):
        for per_second in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
            # In the order of seconds, so that looking at the first ones is enough.
            while per_second and (oldest := next(iter(per_second))) < now_s - KEPT_S:
                del per_second[oldest]
    del stats.history[:-KEPT_ROWS]
