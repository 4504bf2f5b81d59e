"""Tables of a report as text cells; HTML and Markdown show the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.interval import LEAST_TIMES
from analysis.result import MetricRow, ObjectiveRow, Result
from reports import wording
from reports.quantity import ABSENT, Scale, clock_time, quantity, scale_for, unequal, whole
from reports.report_data import HealthRow, ReportData

PERCENTILES = ("p50", "p90", "p95", "p99", "p99.9", "max")


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
    note: str = ""


def objective_table(result: Result) -> Table:
    rows = [
        (
            Cell(wording.objective_title(row), small=row.reason or ""),
            Cell(
                unequal(row.value, row.limit, row.unit)[0], small=wording.objective_bounds(row), number=True
            ),
            Cell(_limit(row), number=True),
            Cell(_share_of_limit(row), number=True),
            Cell(wording.objective_word(row), tone=_objective_tone(row) if wording.decides(result) else ""),
        )
        for row in result.objectives
    ]
    return Table(head_of("Objective", "Measured>", "Limit>", "Of limit>", "Outcome"), tuple(rows))


def percentile_tables(result: Result) -> tuple[Table, ...]:
    """One table per endpoint: a metric per row in one unit, its percentiles with their intervals."""
    head = head_of("Metric", *(f"{name}>" for name in PERCENTILES), "Observations>")
    by_endpoint: dict[str, dict[str, dict[str, MetricRow]]] = {}
    for row in result.metrics:
        if row.statistic in PERCENTILES:
            by_endpoint.setdefault(row.endpoint, {}).setdefault(row.metric, {})[row.statistic] = row
    return tuple(
        Table(
            head,
            tuple(_percentile_cells(metric, found) for metric, found in by_metric.items()),
            caption="all endpoints" if endpoint == "*" else endpoint,
            note=_note([row for found in by_metric.values() for row in found.values()]),
        )
        for endpoint, by_metric in by_endpoint.items()
    )


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
    return Table(head_of("Endpoint", *(f"{metric.replace('_', ' ')}>" for metric in metrics)), tuple(rows))


def count_table(data: ReportData) -> Table:
    head = head_of("Endpoint", "Due>", "Dropped>", "Started>", "Ok>", "Failed>", "Aborted>", "Adds up")
    rows = [
        (
            Cell(row.endpoint),
            *(Cell(whole(number), number=True) for number in (row.due, row.dropped)),
            Cell(whole(row.started), small=_some(row.reconnects, "to reconnect"), number=True),
            *(Cell(whole(number), number=True) for number in (row.ok, row.failed)),
            Cell(whole(row.aborted), small=_some(row.left, "left by users"), number=True),
            Cell("yes", tone="good") if row.conserved else Cell("NO", tone="bad"),
        )
        for row in data.counts
    ]
    return Table(head, tuple(rows))


def _some(count: int, what: str) -> str:
    return f"{whole(count)} {what}" if count else ""


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
    return Table(head_of("Endpoint", "Kind", "Count>", "Of started>", "Exemplars"), tuple(rows))


def validity_table(result: Result, beside: Sequence[HealthRow] = ()) -> Table:
    """What was found wrong comes first; checks that the health table beside this one shows are left out."""
    elsewhere = {row.name for row in beside}
    rows = [
        (
            Cell(check.name.replace("_", " "), small=check.text),
            Cell(check.value or ABSENT, number=True),
            Cell(check.limit or ABSENT, number=True),
            _check_cell(check.ok, check.invalidates),
        )
        for check in sorted(result.validity, key=lambda check: (check.ok, not check.invalidates))
        if check.name not in elsewhere
    ]
    return Table(head_of("Check", "Found>", "Limit>", "Outcome"), tuple(rows))


def health_table(data: ReportData) -> Table:
    """The generator's own checks, each beside the worst that the run's time axis shows of it."""
    checks = {check.name: check for check in data.result.validity}
    rows = []
    for row in data.health:
        check = checks.get(row.name)
        name = row.name.replace("_", " ")
        if check is not None:
            found, limit = check.value or ABSENT, check.limit or ABSENT
            cells = (Cell(name, small=check.text), Cell(found, number=True), _worst(row))
            rows.append((*cells, Cell(limit, number=True), _check_cell(check.ok, check.invalidates)))
        elif row.found is not None:
            found = quantity(row.found, row.unit) if row.unit else whole(row.found)
            cells = (Cell(name, small=row.text), Cell(found, number=True), _worst(row))
            rows.append((*cells, Cell(ABSENT, number=True), Cell(ABSENT)))
    return Table(head_of("Generator", "Found>", "Worst>", "Limit>", "Outcome"), tuple(rows))


def _worst(row: HealthRow) -> Cell:
    if row.worst is None or row.worst_s is None:
        return Cell(ABSENT, number=True)
    return Cell(quantity(row.worst, row.unit), small=f"at {clock_time(row.worst_s)}", number=True)


def _percentile_cells(metric: str, found: dict[str, MetricRow]) -> tuple[Cell, ...]:
    rows = [found.get(statistic) for statistic in PERCENTILES]
    first = next((row for row in rows if row is not None), None)
    typical = next((row.value for row in rows if row is not None and row.value is not None), None)
    scale = _row_scale(first.unit if first else "", typical)
    count = max(row.count for row in found.values())
    return (
        Cell(metric, small=scale.symbol),
        *(_percentile_cell(row, scale) for row in rows),
        Cell(whole(count), number=True),
    )


def _row_scale(unit: str, typical: float | None) -> Scale:
    """Rows are read against one another, so that seconds begin late: 1100 ms stands below 970 ms."""
    if unit == "us" and typical is not None and 1_000 <= typical < 10_000_000:
        return Scale(1_000.0, "ms")
    return scale_for(unit, typical)


def _note(rows: Sequence[MetricRow]) -> str:
    doubt = (
        f"Unreliable: measured for less than {LEAST_TIMES} times as long as latencies depend on one another."
    )
    parts = (_absent(rows), doubt if any(row.unreliable for row in rows) else "")
    return " ".join(part for part in parts if part)


def _absent(rows: Sequence[MetricRow]) -> str:
    """Why percentiles are missing, once for the table."""
    reasons: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.value is None and row.reason:
            reasons.setdefault(row.statistic, {})[row.reason] = None
    parts = [f"{statistic}: {' or '.join(list(found)[:3])}" for statistic, found in reasons.items()]
    return f"Not shown: {'; '.join(parts)}." if parts else ""


def _percentile_cell(row: MetricRow | None, scale: Scale) -> Cell:
    if row is None:
        return Cell(ABSENT, number=True)
    return Cell(scale.number(row.value), small=_span(row, scale), number=True)


def _rate_cell(row: MetricRow | None) -> Cell:
    if row is None or row.value is None:
        return Cell(ABSENT, small="" if row is None else row.reason or "", number=True)
    scale = scale_for(row.unit, row.value)
    return Cell(scale.text(row.value), small=_span(row, scale), number=True)


def _span(row: MetricRow, scale: Scale) -> str:
    if row.low is None or row.high is None:
        return ""
    interval = f"{scale.number(row.low)} … {scale.number(row.high)}"
    return f"{interval}, unreliable" if row.unreliable else interval


def _limit(row: ObjectiveRow) -> str:
    sign = "≥" if wording.at_least(row) else "≤"
    return f"{sign} {unequal(row.value, row.limit, row.unit)[1]}"


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


def head_of(*names: str) -> tuple[Cell, ...]:
    """A name ending in > heads a column of numbers."""
    return tuple(Cell(name.removesuffix(">"), number=name.endswith(">")) for name in names)
