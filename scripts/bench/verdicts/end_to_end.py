"""A/A gates from run directories to verdicts: nothing changed, and no gate may say that something did."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.judge import judge
from analysis.result import Outcome, Result, Verdict
from scripts.bench.verdicts.row import Row, at_most
from scripts.bench.verdicts.sessions import STORED_RUNS, Session, store
from scripts.bench.verdicts.world import World

WORLDS = (World(0.0), World(0.5), World(0.9))
GATES_PER_BASELINE = 6
CANDIDATES = (1, 2, 3)
TABLE = "Stored baseline, end to end"


def end_to_end_rows(gates: int) -> Iterator[Row]:
    """Whole run directories, baselines and all."""
    stored = stored_gates(gates)
    yield at_most(
        TABLE,
        "unchanged, 1 to 3 new runs in another session: REGRESSION",
        [result.verdict is Verdict.REGRESSION for result in stored],
        0.0,
        told([result.verdict for result in stored]),
    )
    yield at_most(TABLE, "the same: nothing compared", [not _is_gated(result) for result in stored], 0.0)


def stored_gates(gates: int) -> list[Result]:
    """Each baseline is judged against by runs of six later sessions, one to three at a time."""
    found: list[Result] = []
    while len(found) < gates:
        number = len(found) // GATES_PER_BASELINE
        with tempfile.TemporaryDirectory(prefix="plimsoll-verdicts-") as folder:
            found += _gates_of_one_baseline(Path(folder), number, min(GATES_PER_BASELINE, gates - len(found)))
    return found


def _gates_of_one_baseline(folder: Path, number: int, gates: int) -> Iterator[Result]:
    world = WORLDS[number % len(WORLDS)]
    baselines, runs = folder / "baselines", folder / "runs"
    store(Session(world, number, 0, STORED_RUNS).write(runs), baselines)
    for gate in range(1, gates + 1):
        session = Session(world, number, gate, CANDIDATES[gate % len(CANDIDATES)])
        yield judge(session.write(runs), baseline="auto", baselines_root=baselines)


def _is_gated(result: Result) -> bool:
    return result.comparison is not None and any(row.gated for row in result.comparison.rows)


def told(found: Sequence[Verdict | Outcome]) -> str:
    """How often each was said."""
    return ", ".join(f"{found.count(word)} {word.name}" for word in sorted(set(found)))
