"""The verdict and its main figures as a few lines for a terminal or a CI log."""

from collections.abc import Iterable, Iterator, Sequence

from analysis.result import Attribution, Companion, ComparisonRow, MetricRow, Result
from analysis.run_summary import EVERYTHING
from analysis.screen import CONFIDENCE
from reports.quantity import ABSENT, change, quantity
from reports.wording import percent, title
from scripts.text_table import aligned

_PERCENTILES = ("p50", "p95", "p99")
_COMPANIONS = 3


def verdict_text(result: Result) -> str:
    lines = [f"{result.verdict.value.replace('_', ' ').upper()} (exit code {result.exit_code})"]
    lines += [f"  {reason}" for reason in result.reasons]
    lines += [
        f"  warning: {check.text}"
        for check in result.validity
        if not check.ok and not check.invalidates and check.text not in result.reasons
    ]
    lines += [f"  {line}" for line in attribution_lines(result.attribution)]
    lines += ["", *aligned(_metrics(result.metrics))]
    if result.comparison is not None and result.comparison.rows:
        lines += ["", *aligned(comparison_cells(result.comparison.rows))]
    return "\n".join(lines) + "\n"


def attribution_lines(found: Sequence[Attribution]) -> Iterator[str]:
    """The first few companions of each regression, in the order of the report."""
    for one in found:
        told = [
            f"{title(row.endpoint, row.metric, row.statistic)} {_moved(row)}"
            for row in one.companions[:_COMPANIONS]
        ]
        if told:
            yield f"moved together with {title(one.endpoint, one.metric, one.statistic)}: {', '.join(told)}"


def _moved(row: Companion) -> str:
    if row.change is not None:
        return change(row.change, row.unit)
    return "no longer 0" if row.baseline == 0 else "now 0"


def _metrics(rows: Sequence[MetricRow]) -> Iterator[tuple[str, ...]]:
    """Percentiles of what users wait for, one line for each endpoint."""
    yield ("endpoint", "metric", "count", *_PERCENTILES, "errors")
    found = {(row.endpoint, row.metric, row.statistic): row for row in rows}
    for endpoint in dict.fromkeys(row.endpoint for row in rows if row.endpoint != EVERYTHING):
        errors = found.get((endpoint, "errors", "ratio"))
        for metric in ("response", "ttft"):
            first = found.get((endpoint, metric, "p50"))
            if first is None:
                continue
            values = [found[endpoint, metric, statistic].value for statistic in _PERCENTILES]
            ratio = ABSENT if errors is None or metric != "response" else quantity(errors.value, "ratio")
            yield (endpoint, metric, str(first.count), *(quantity(value, "us") for value in values), ratio)


def comparison_cells(
    rows: Iterable[ComparisonRow],
    sides: tuple[str, str] = ("baseline", "candidate"),
    confidence: float = CONFIDENCE,
) -> Iterator[tuple[str, ...]]:
    """A heading and a line for each gated row."""
    yield (
        "gated",
        "",
        "",
        *sides,
        "change",
        f"{percent(confidence)} interval",
        "margin",
        "outcome",
    )
    for row in rows:
        if row.gated:
            low, high = (change(value, row.unit) for value in (row.low, row.high))
            yield (
                row.endpoint,
                row.metric,
                row.statistic,
                quantity(row.baseline, row.unit),
                quantity(row.candidate, row.unit),
                change(row.change, row.unit),
                ABSENT if row.low is None else f"{low} to {high}",
                change(row.margin, row.unit, signed=False),
                row.outcome.value,
            )
