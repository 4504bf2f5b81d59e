"""The steps of a search for the capacity, as HTML and Markdown show them."""

from analysis.result import CapacityStep, Result
from reports import wording
from reports.quantity import quantity
from reports.table import Cell, Table, head_of


def capacity_table(result: Result) -> Table | None:
    """In the order in which they were taken; None for a profile that does not search for the capacity."""
    capacity = result.capacity
    if capacity is None:
        return None
    head = head_of("Step>", "Asked>", "Answered>", "Objectives")
    rows = [
        (
            Cell(str(number), number=True),
            Cell(quantity(step.rate_per_s, "1/s"), number=True),
            Cell(quantity(step.answered_per_s, "1/s"), number=True),
            Cell(_word(step), small=step.reason or "", tone=_tone(step) if wording.decides(result) else ""),
        )
        for number, step in enumerate(capacity.steps, 1)
    ]
    return Table(head, tuple(rows), note=wording.sentence(capacity.text))


def _word(step: CapacityStep) -> str:
    return "shows nothing" if step.kept is None else "kept" if step.kept else "missed"


def _tone(step: CapacityStep) -> str:
    return "" if step.kept is None else "good" if step.kept else "warn"
