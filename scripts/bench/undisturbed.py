"""The seconds of a run in which the machine kept nobody waiting."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from scripts.checkout import ROOT

NS_PER_S = 1_000_000_000
BACKLOG_NS = 20_000_000
"""After a stall: what has become due meanwhile is sent late as well."""
END_LIMIT_S = 10.0


@dataclass(slots=True)
class Machine:
    """Filled when its `with` block has ended; None where the system does not allow real-time priority."""

    late: Sequence[tuple[int, int]] | None = None
    """When a bare timer was due (UTC ns), and by how many ns it came late."""

    def undisturbed(self, start_ns: int, seconds: range) -> list[int] | None:
        """Those of the seconds from the start in which it always came on time."""
        if self.late is None:
            return None
        disturbed: set[int] = set()
        for due_ns, late_ns in self.late:
            first = (due_ns - start_ns) // NS_PER_S
            last = (due_ns + late_ns + BACKLOG_NS - start_ns) // NS_PER_S
            disturbed.update(range(first, last + 1))
        return [second for second in seconds if second not in disturbed]

    def longest_ms(self, start_ns: int, seconds: range) -> float | None:
        """By how much the timer came late at worst in these seconds; 0 for less than half a ms."""
        if self.late is None:
            return None
        begin_ns, end_ns = start_ns + seconds.start * NS_PER_S, start_ns + seconds.stop * NS_PER_S
        return max((late for due, late in self.late if begin_ns <= due < end_ns), default=0) / 1e6


@contextmanager
def watched_core(core: int) -> Iterator[Machine]:
    """Watch a core with a bare timer of real-time priority, which nothing of ours can keep waiting."""
    machine = Machine()
    with subprocess.Popen(  # noqa: S603 -- our own
        [sys.executable, "-m", "scripts.bench.bare_timer", str(core)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 -- for the type checker
            is_watching = process.stdout.readline() == "\n"
            yield machine
            if is_watching:
                told, _ = process.communicate(timeout=END_LIMIT_S)
                machine.late = [(due_ns, late_ns) for due_ns, late_ns in json.loads(told)["late"]]
        finally:
            process.kill()
