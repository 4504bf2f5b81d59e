"""What moved together with each regression, as a table."""

from analysis.result import Companion, Result
from reports import wording
from reports.quantity import change, scale_for
from reports.table import Cell, Table, head_of

TITLE = "What moved together with the regressions"
NOTE = "They moved in the same runs; that does not make one the cause of the other."
NOTHING = "Nothing else that was watched moved with it."


def attribution_table(result: Result) -> Table | None:
    """None when there is no regression; a regressed metric stands in its first row only."""
    if not result.attribution:
        return None
    rows: list[tuple[Cell, ...]] = []
    for found in result.attribution:
        name = wording.title(found.endpoint, found.metric, found.statistic)
        if not found.companions:
            rows.append((Cell(name), Cell(NOTHING), *(Cell("", number=True),) * 3))
        for at, companion in enumerate(found.companions):
            rows.append((Cell("" if at else name), *_cells(companion)))
    head = head_of("Regression", "Moved together with it", "Baseline>", "Candidate>", "Change>")
    return Table(head, tuple(rows), note=NOTE)


def _cells(row: Companion) -> tuple[Cell, ...]:
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
