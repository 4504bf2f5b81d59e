"""The baseline against the candidate as tables: what is gated, and what is only shown."""

from analysis.result import Companion, Comparison, ComparisonRow, Outcome
from reports import wording
from reports.quantity import change, scale_for
from reports.table import Cell, Table, head_of

_SEVERITY = (Outcome.REGRESSION, Outcome.INCONCLUSIVE, Outcome.IMPROVEMENT, Outcome.PASS)


def gated_rows(comparison: Comparison) -> tuple[ComparisonRow, ...]:
    """The worst outcome on top."""
    gated = [row for row in comparison.rows if row.gated]
    return tuple(sorted(gated, key=lambda row: _SEVERITY.index(row.outcome)))


def ungated_rows(comparison: Comparison) -> tuple[ComparisonRow, ...]:
    return tuple(row for row in comparison.rows if not row.gated)


def gated_table(comparison: Comparison, decided: bool) -> Table:
    head = head_of("Metric", "Baseline>", "Candidate>", "Change>", "Margin>", "Outcome")
    return Table(head, tuple(gated_cells(row, decided) for row in gated_rows(comparison)))


def ungated_table(comparison: Comparison) -> Table:
    head = head_of("Metric", "Baseline>", "Candidate>", "Change>", "Why it is not gated")
    return Table(head, tuple(ungated_cells(row) for row in ungated_rows(comparison)))


def gated_cells(row: ComparisonRow, decided: bool) -> tuple[Cell, ...]:
    small = row.reason or ""
    if row.outcome is Outcome.INCONCLUSIVE and row.smallest_effect is not None:
        smallest = change(row.smallest_effect, row.unit, signed=False)
        small = "; ".join(
            part for part in (small, f"would have shown a change of {smallest} or more") if part
        )
    name, *numbers = change_cells(row)
    return (
        Cell(name.text, small=small),
        *numbers,
        Cell(change(row.margin, row.unit, signed=False), number=True),
        Cell(wording.word(row.outcome), tone=wording.outcome_tone(row.outcome) if decided else ""),
    )


def ungated_cells(row: ComparisonRow) -> tuple[Cell, ...]:
    return (*change_cells(row), Cell(row.reason or "for information", small=_beyond(row)))


def change_cells(row: ComparisonRow | Companion) -> tuple[Cell, ...]:
    """Its name, both sides in the unit of the smaller one, and the change with its interval."""
    values = [value for value in (row.baseline, row.candidate) if value]
    scale = scale_for(row.unit, min(values, default=None))
    bounds = ""
    if row.low is not None and row.high is not None:
        bounds = f"{change(row.low, row.unit)} … {change(row.high, row.unit)}"
    return (
        Cell(wording.title(row.endpoint, row.metric, row.statistic)),
        Cell(scale.text(row.baseline), number=True),
        Cell(scale.text(row.candidate), number=True),
        Cell(change(row.change, row.unit), small=bounds, number=True),
    )


def _beyond(row: ComparisonRow) -> str:
    """How sure it is that a change for the worse is beyond the margin, for the number of rows beside it."""
    if row.adjusted_p is None:
        return ""
    p = "< 0.001" if row.adjusted_p < 0.001 else f"= {row.adjusted_p:.3f}"
    sure = "beyond its margin" if row.outcome is Outcome.REGRESSION else "not surely beyond its margin"
    return f"{sure} (adjusted p {p})"
