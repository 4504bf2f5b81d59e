"""A/A gates of interleaved pairs, from run directories to the last look."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from analysis.judged_run import read_judged_run
from analysis.looks import MOST_PAIRS, Look, looks_due, looks_taken
from analysis.result import Outcome
from analysis.run_summary import RunSummary
from scripts.bench.verdicts.end_to_end import WORLDS, told
from scripts.bench.verdicts.row import Row, at_most
from scripts.bench.verdicts.sessions import Session
from scripts.bench.verdicts.world import World, abba


def end_to_end_pair_rows(gates: int) -> Iterator[Row]:
    """Nothing was calibrated on the host before."""
    found = [paired_gate(WORLDS[number % len(WORLDS)], number) for number in range(gates)]
    yield at_most(
        "Interleaved pairs, end to end",
        "unchanged: REGRESSION",
        [look.outcome is Outcome.REGRESSION for look in found],
        0.0,
        told([look.outcome for look in found]),
    )


def paired_gate(world: World, number: int) -> Look:
    """The last look at the pairs of one session; runs are written and read as the looks ask for them."""
    session = Session(world, number, 0, 2 * MOST_PAIRS)
    summaries: list[RunSummary] = []
    for pairs in looks_due(MOST_PAIRS):
        with tempfile.TemporaryDirectory(prefix="plimsoll-verdicts-") as folder:
            for path in session.write(Path(folder), len(summaries), 2 * pairs):
                run = read_judged_run(path)
                summaries.append(run.summary())
        last = looks_taken(abba(summaries), run.rules, {}, MOST_PAIRS)[-1]
        if last.resolved or last.hopeless:
            break
    return last
