"""The definition of every metric that a report shows, so that no number is left to guess at."""

from analysis.metric import ANY_STAGE, METRICS, STAGE
from analysis.result import Result

_STATISTICS = (
    (
        "p50 … p99.9",
        "the value that this share of observations does not exceed, from merged counts of all slices",
    ),
    ("small figures", "the 95 % interval of the figure above them, from five sections of the measured part"),
)


def definitions(result: Result) -> tuple[tuple[str, str], ...]:
    """Name and sentence in the table's order, of the metrics in the result only."""
    shown = {row.metric for row in result.metrics}
    shown |= {row.metric for row in result.objectives}
    if result.comparison is not None:
        shown |= {row.metric for row in result.comparison.rows}
    if any(name.startswith(STAGE) and name not in METRICS for name in shown):
        shown.add(ANY_STAGE)
    found = [(name, metric.definition) for name, metric in METRICS.items() if name in shown]
    return (*found, *_STATISTICS)
