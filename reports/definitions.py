"""The definition of every metric that a report shows, so that no number is left to guess at."""

from analysis.interval import CONFIDENCE
from analysis.metric import ANY_STAGE, METRICS, STAGE
from analysis.result import Result
from reports.wording import percent


def definitions(result: Result) -> tuple[tuple[str, str], ...]:
    """Name and sentence in the table's order, of the metrics in the result only."""
    shown = {row.metric for row in result.metrics}
    shown |= {row.metric for row in result.objectives}
    if result.comparison is not None:
        shown |= {row.metric for row in result.comparison.rows}
    if any(name.startswith(STAGE) and name not in METRICS for name in shown):
        shown.add(ANY_STAGE)
    found = [(name, metric.definition) for name, metric in METRICS.items() if name in shown]
    parts = "from run to run" if len(result.runs) > 1 else "from five sections of the measured part"
    confidence = percent(CONFIDENCE)
    return (
        *found,
        ("p50 to p99.9", "The value that this share of observations does not exceed, from merged counts."),
        (
            "small figures",
            f"In these tables the {confidence} interval of the figure above them, {parts}.",
        ),
    )
