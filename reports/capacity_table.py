"""The steps of a search for the capacity, as HTML and Markdown show them."""

from analysis.result import Capacity, CapacityStep
from reports.quantity import quantity
from reports.table import Cell, Table, head_of


def capacity_table(capacity: Capacity) -> Table:
    """In the order in which they were taken; what was found stands above them."""
    head = head_of("Step>", "Asked>", "Answered>", "Objectives")
    rows = [
        (
            Cell(str(number), number=True),
            Cell(quantity(step.rate_per_s, "1/s"), number=True),
            Cell(quantity(step.answered_per_s, "1/s"), number=True),
            Cell(_word(step), small=step.reason or "", tone=_tone(step)),
        )
        for number, step in enumerate(capacity.steps, 1)
    ]
    return Table(head, tuple(rows))


def _word(step: CapacityStep) -> str:
    return "shows nothing" if step.kept is None else "kept" if step.kept else "missed"


def _tone(step: CapacityStep) -> str:
    return "" if step.kept is None else "good" if step.kept else "warn"
