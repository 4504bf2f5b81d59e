"""What moved together with each regression, as a table."""

from collections.abc import Sequence

from analysis.result import Attribution
from reports import wording
from reports.comparison_table import change_cells
from reports.table import Cell, Table, head_of

TITLE = "What moved together with the regressions"
NOTE = "They moved in the same runs; that does not make one the cause of the other."
NOTHING = "Nothing else that was watched moved with it."


def attribution_table(
    attribution: Sequence[Attribution], sides: tuple[str, str] = ("Baseline", "Candidate")
) -> Table | None:
    """None when there is no regression; a regressed metric stands in its first row only."""
    if not attribution:
        return None
    rows: list[tuple[Cell, ...]] = []
    for found in attribution:
        name = wording.title(found.endpoint, found.metric, found.statistic)
        if not found.companions:
            rows.append((Cell(name), Cell(NOTHING), *(Cell("", number=True),) * 3))
        for at, companion in enumerate(found.companions):
            rows.append((Cell("" if at else name), *change_cells(companion)))
    head = head_of("Regression", "Moved together with it", *(f"{side}>" for side in sides), "Change>")
    return Table(head, tuple(rows), note=NOTE)
