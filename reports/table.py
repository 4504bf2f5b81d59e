"""Tables of a report as text cells; HTML and Markdown show the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.result import Comparison, ComparisonRow, MetricRow, ObjectiveRow, Outcome, Result
from reports import wording
from reports.quantity import ABSENT, Scale, change, quantity, scale_for, unequal, whole
from reports.report_data import ReportData

PERCENTILES = ("p50", "p90", "p95", "p99", "p99.9", "max")
_SEVERITY = (Outcome.REGRESSION, Outcome.INCONCLUSIVE, Outcome.IMPROVEMENT, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Cell:
    """`small` is a second, quieter line; `tone` a colour role; numbers stand to the right."""

    text: str
    small: str = ""
    tone: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    faint: frozenset[int] = field(default_factory=frozenset)
    """Rows that do not count towards the verdict."""


def objective_table(result: Result) -> Table:
    rows = [
        (
            Cell(wording.objective_title(row), small=row.reason or ""),
            Cell(unequal(row.value, row.limit, row.unit)[0], number=True),
            Cell(f"≤ {unequal(row.value, row.limit, row.unit)[1]}", number=True),
            Cell(_share_of_limit(row), number=True),
            Cell(wording.objective_word(row), tone=_objective_tone(row)),
        )
        for row in result.objectives
    ]
    return Table(_head("Objective", "Measured>", "Limit>", "Of limit>", "Outcome"), tuple(rows))


def comparison_rows(comparison: Comparison) -> tuple[ComparisonRow, ...]:
    """Gated rows first, the worst outcome on top."""
    return tuple(
        sorted(comparison.rows, key=lambda row: (not row.gated, row.gated and _SEVERITY.index(row.outcome)))
    )


def comparison_cells(row: ComparisonRow) -> tuple[Cell, ...]:
    scale = scale_for(
        row.unit, min((value for value in (row.baseline, row.candidate) if value), default=None)
    )
    small = row.reason or ""
    if row.outcome is Outcome.INCONCLUSIVE and row.smallest_effect is not None:
        smallest = change(row.smallest_effect, row.unit, signed=False)
        small = "; ".join(part for part in (small, f"could only have shown changes from {smallest}") if part)
    return (
        Cell(wording.title(row.endpoint, row.metric, row.statistic), small=small),
        Cell(scale.text(row.baseline), number=True),
        Cell(scale.text(row.candidate), number=True),
        Cell(change(row.change, row.unit), small=_bounds(row), number=True),
        Cell(change(row.margin, row.unit, signed=False), number=True),
        Cell(
            wording.word(row.outcome) if row.gated else "not gated",
            tone=wording.outcome_tone(row.outcome) if row.gated else "",
        ),
    )


COMPARISON_HEAD = ("Metric", "Baseline>", "Candidate>", "Change>", "Margin>", "Outcome")


def comparison_table(comparison: Comparison) -> Table:
    rows = comparison_rows(comparison)
    faint = frozenset(at for at, row in enumerate(rows) if not row.gated)
    return Table(_head(*COMPARISON_HEAD), tuple(comparison_cells(row) for row in rows), faint=faint)


def percentile_tables(result: Result) -> tuple[Table, ...]:
    """One table per endpoint: a metric per row in one unit, its percentiles with their intervals."""
    head = _head("Metric", *(f"{name}>" for name in PERCENTILES), "Observations>")
    tables = []
    for endpoint in _endpoints(result):
        rows = []
        for metric in dict.fromkeys(row.metric for row in result.metrics if row.endpoint == endpoint):
            found = {
                row.statistic: row
                for row in result.metrics
                if (row.endpoint, row.metric) == (endpoint, metric)
            }
            if found.keys() & set(PERCENTILES):
                rows.append(_percentile_cells(metric, found))
        if rows:
            name = "all endpoints" if endpoint == "*" else endpoint
            tables.append(Table(head, tuple(rows), caption=name))
    return tuple(tables)


def rate_table(result: Result) -> Table | None:
    """Rates and ratios: a metric per column, an endpoint per row."""
    wanted = [row for row in result.metrics if row.statistic in ("rate", "ratio")]
    if not wanted:
        return None
    metrics = tuple(dict.fromkeys(row.metric for row in wanted))
    rows = []
    for endpoint in dict.fromkeys(row.endpoint for row in wanted):
        found = {row.metric: row for row in wanted if row.endpoint == endpoint}
        name = "all endpoints" if endpoint == "*" else endpoint
        rows.append((Cell(name), *(_rate_cell(found.get(metric)) for metric in metrics)))
    return Table(_head("Endpoint", *(f"{metric.replace('_', ' ')}>" for metric in metrics)), tuple(rows))


def count_table(data: ReportData) -> Table:
    head = _head("Endpoint", "Due>", "Dropped>", "Started>", "Ok>", "Failed>", "Aborted>", "Adds up")
    rows = [
        (
            Cell(row.endpoint),
            *(
                Cell(whole(number), number=True)
                for number in (row.due, row.dropped, row.started, row.ok, row.failed, row.aborted)
            ),
            Cell("yes", tone="good") if row.conserved else Cell("NO", tone="bad"),
        )
        for row in data.counts
    ]
    return Table(head, tuple(rows))


def failure_table(data: ReportData) -> Table:
    rows = [
        (
            Cell(row.endpoint),
            Cell(row.kind),
            Cell(whole(row.count), number=True),
            Cell(quantity(row.share, "ratio"), number=True),
            Cell(" · ".join(row.exemplars) or ABSENT),
        )
        for row in data.failures
    ]
    return Table(_head("Endpoint", "Kind", "Count>", "Of started>", "Exemplars"), tuple(rows))


def validity_table(result: Result) -> Table:
    rows = [
        (
            Cell(check.name.replace("_", " "), small=check.text),
            Cell(check.value or ABSENT, number=True),
            Cell(check.limit or ABSENT, number=True),
            _check_cell(check.ok, check.invalidates),
        )
        for check in sorted(result.validity, key=lambda check: (check.ok, not check.invalidates))
    ]
    return Table(_head("Check", "Found>", "Limit>", "Outcome"), tuple(rows))


def health_table(data: ReportData) -> Table:
    rows = [
        (Cell(row.name, small=row.text), Cell(quantity(row.value, row.unit), number=True))
        for row in data.health
    ]
    return Table(_head("Generator", "Measured>"), tuple(rows))


def _percentile_cells(metric: str, found: dict[str, MetricRow]) -> tuple[Cell, ...]:
    rows = [found.get(statistic) for statistic in PERCENTILES]
    first = next((row for row in rows if row is not None), None)
    typical = next((row.value for row in rows if row is not None and row.value is not None), None)
    scale = scale_for(first.unit if first else "", typical)
    count = max(row.count for row in found.values())
    return (
        Cell(metric, small=scale.symbol),
        *(_percentile_cell(row, scale) for row in rows),
        Cell(whole(count), number=True),
    )


def _percentile_cell(row: MetricRow | None, scale: Scale) -> Cell:
    if row is None:
        return Cell(ABSENT, number=True)
    if row.value is None:
        return Cell(ABSENT, small=row.reason or "", number=True)
    return Cell(scale.number(row.value), small=_span(row, scale), number=True)


def _rate_cell(row: MetricRow | None) -> Cell:
    if row is None or row.value is None:
        return Cell(ABSENT, small="" if row is None else row.reason or "", number=True)
    scale = scale_for(row.unit, row.value)
    return Cell(scale.text(row.value), small=_span(row, scale), number=True)


def _span(row: MetricRow, scale: Scale) -> str:
    if row.low is None or row.high is None:
        return ""
    return f"{scale.number(row.low)} … {scale.number(row.high)}"


def _bounds(row: ComparisonRow) -> str:
    if row.low is None or row.high is None:
        return ""
    return f"{change(row.low, row.unit)} … {change(row.high, row.unit)}"


def _share_of_limit(row: ObjectiveRow) -> str:
    if row.value is None or row.limit == 0:
        return ABSENT
    return unequal(row.value / row.limit, 1.0, "ratio")[0]


def _objective_tone(row: ObjectiveRow) -> str:
    return "warn" if row.met is None else "good" if row.met else "bad"


def _check_cell(ok: bool, invalidates: bool) -> Cell:
    if ok:
        return Cell("OK", tone="good")
    return Cell("INVALID", tone="void") if invalidates else Cell("WARNING", tone="warn")


def _endpoints(result: Result) -> Sequence[str]:
    """All endpoints together last."""
    names = dict.fromkeys(row.endpoint for row in result.metrics)
    return sorted(names, key=lambda name: name == "*")


def _head(*names: str) -> tuple[Cell, ...]:
    """A name ending in > heads a column of numbers."""
    return tuple(Cell(name.removesuffix(">"), number=name.endswith(">")) for name in names)
