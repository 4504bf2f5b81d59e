"""Locust's own statistics stay bounded however long a run lasts."""

import subprocess
import sys

SCRIPT = """
from locust.stats import RequestStats
from locustfiles.load.stock_statistics import KEPT_ERRORS, KEPT_ROWS, KEPT_S, prune

stats = RequestStats()
for second in range(10_000):
    for entry in (stats.get("query", "POST"), stats.total):
        entry.num_reqs_per_sec[second] += 1
        entry.num_fail_per_sec[second] += 1
    stats.history.append({"time": second})
    prune(stats, second)
assert len(stats.total.num_reqs_per_sec) == KEPT_S + 1, len(stats.total.num_reqs_per_sec)
assert len(stats.get("query", "POST").num_fail_per_sec) == KEPT_S + 1
assert len(stats.history) == KEPT_ROWS
for number in range(2_000):
    stats.log_error("POST", "query", f"error {number}")
prune(stats, 0)
assert len(stats.errors) == KEPT_ERRORS
assert next(iter(stats.errors.values())).error == "error 0"
assert stats.total.num_reqs_per_sec[9_999] == 1
"""


def test_counts_per_second_and_chart_rows_are_dropped_when_nothing_reads_them() -> None:
    """After 10 000 seconds only the last minute and the last 720 rows are left."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
