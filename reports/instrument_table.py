"""The generator's own error as a calibration of its machine knows it, and what that rests on."""

from analysis.instrument import BLOCK_S
from analysis.result import InstrumentRow, Result
from reports import wording
from reports.quantity import ABSENT, quantity, three_digits
from reports.table import Cell, Table, head_of


def instrument_table(result: Result) -> Table:
    """Without rows when nothing is known: then the note says why, if there is anything to say."""
    head = head_of(
        "Instrument error", "p50>", "p95>", "p99>", "This run's load>", "Measured at>", "Trusted to>"
    )
    instrument = result.instrument
    if instrument is None:
        return Table(head, ())
    if instrument.reason is not None:
        note = f"The generator's own error is not known: {wording.sentence(instrument.reason)}."
        return Table(head, (), note=note)
    note = (
        f"Reported minus true, as a calibration of this machine found it ({instrument.calibrated_utc}); "
        "of streams the error of single events, either way. Loads are those of one worker, "
        f"this run's in its busiest {BLOCK_S} s."
    )
    return Table(head, tuple(_cells(row) for row in instrument.rows), note=note)


def _cells(row: InstrumentRow) -> tuple[Cell, ...]:
    return (
        Cell(row.metric),
        *(Cell(quantity(value, "us"), number=True) for value in (row.p50_us, row.p95_us, row.p99_us)),
        *(
            Cell(ABSENT if load is None else three_digits(load), small=row.load_unit, number=True)
            for load in (row.own_load, row.calibrated_load, row.trusted_load)
        ),
    )
