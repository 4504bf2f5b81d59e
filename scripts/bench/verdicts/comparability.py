"""Whether runs of another environment are compared, and whether keys that change by themselves block it."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.environment import Keys, read_environment
from analysis.exit_code import ExitCode
from analysis.result import Result, Verdict
from scripts.bench.verdicts.row import Row, at_least, at_most
from scripts.bench.verdicts.still_bench import StillBench

TABLE = "Comparability"
OTHER_LOAD: Mapping[str, object] = {
    "scenario_sha256": "f" * 64,
    "clock": "user",
    "workers": [{"index": index, "id": str(index), "state": "ready"} for index in range(2)],
}
"""What of run.json must match beside the environment's hard keys."""
OLD_SESSIONS = (8, 40)
"""The first is 24 days after the baseline."""


def comparability_rows() -> Iterator[Row]:
    """Every key that this machine's environment has, one at a time."""
    environment = read_environment()
    with tempfile.TemporaryDirectory(prefix="plimsoll-verdicts-") as folder:
        bench = StillBench(
            Path(folder), hard=environment.hard, soft=environment.soft, ignored=environment.ignored
        )
        hard = [bench.judged(hard=changed(environment.hard, key)) for key in environment.hard]
        other = [bench.judged(keys={key: value}) for key, value in OTHER_LOAD.items()]
        volatile = [bench.judged(soft=changed(environment.soft, key)) for key in environment.soft]
        volatile += [bench.judged(ignored=changed(environment.ignored, key)) for key in environment.ignored]
        old = [bench.judged(session=session) for session in OLD_SESSIONS]
        missing = bench.judged(baselines="none")
    yield at_least(TABLE, "a hard key changed: not comparable", [refused(found) for found in hard], 1.0)
    yield at_least(TABLE, "another load changed: not comparable", [refused(found) for found in other], 1.0)
    yield at_most(
        TABLE, "a volatile key changed: not compared", [not compared(found) for found in volatile], 0.0
    )
    passed = [found.exit_code == ExitCode.PASS for found in (*old, missing)]
    yield at_most(TABLE, "the baseline is beyond its age, or there is none: PASS", passed, 0.0)


def changed(keys: Keys, key: str) -> Keys:
    return {**keys, key: "something else"}


def refused(result: Result) -> bool:
    """Nothing was compared, nothing passed, and the one key is named."""
    comparison = result.comparison
    named = comparison is not None and not comparison.comparable and len(comparison.differing) == 1
    return named and result.exit_code != ExitCode.PASS


def compared(result: Result) -> bool:
    return result.verdict is Verdict.PASS and result.comparison is not None
