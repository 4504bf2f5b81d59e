"""One run of one load generator against the truth server: what it reports beside what the server knows."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.run_log import RunLog
from scripts.bench.contender import OURS, Contender, Order, suite
from scripts.bench.cores import Cores
from scripts.bench.reported import reported_ms
from scripts.bench.window import BenchError, cpu_s, last_words
from scripts.truth.log import PERCENTS, TruthLog
from scripts.truth.process import RunningTruth
from scripts.truth.server import CERTIFICATE

WARM_UP_S = 2
"""Of ours, which leaves it out of what it reports; the others last as long and report all of it."""
HANDSHAKES_PER_S = 400
"""Over TLS our warm-up is longer: a request that opens its connection waits for that too."""
SPARE_S = 60.0
"""For start and end of a tool."""
GLANCE_S = 0.5
PROFILE = """
model = "closed"
mix = {{ query = 1 }}
compare = false

[[stages]]
name = "warm-up"
duration = "{warm_up_s}s"
level = {connections}
measure = false

[[stages]]
name = "steady"
duration = "{steady_s}s"
level = {connections}
"""

Milliseconds = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Round:
    """What a tool said of its requests, and what the server knew of the same ones."""

    reported_ms: Milliseconds
    truth_ms: Milliseconds
    requests_per_s: float
    core_share: float
    """Of its core that the tool used while it sent; near 1 it was saturated."""

    def error_ms(self, percent: str) -> float:
        return self.reported_ms[percent] - self.truth_ms[percent]


def truth_round(
    contender: Contender, server: RunningTruth, cores: Cores, *, connections: int, window_s: int
) -> Round:
    """Raises BenchError when the tool does not do what it should."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as name:
        folder = Path(name)
        is_ours = contender.name == OURS
        warm_up_s = WARM_UP_S + (connections // HANDSHAKES_PER_S if server.secure and is_ours else 0)
        load_s = window_s + warm_up_s
        ca_file = CERTIFICATE if server.secure else None
        order = Order(server.url, connections, load_s, folder, report=True, ca_file=ca_file)
        profile = PROFILE.format(warm_up_s=warm_up_s, steady_s=window_s, connections=connections)
        command = suite(order, profile) if is_ours else contender.command(order)
        output = folder / "output.txt"
        server.clear()
        usage = _run(contender, command, cores, output, load_s + SPARE_S)
        truth = server.log()
        if not truth.count:
            raise BenchError(f"{contender.name} sent nothing: {last_words(output)}")
        if is_ours:
            return _ours(folder / "runs", truth, usage, warm_up_s, window_s)
        reported = reported_ms(contender.name, output.read_text(errors="replace"))
    share = usage.share(int(truth.came_ns.min()), int(truth.answered_ns.max()))
    return Round(reported, truth.percentiles_ms(), truth.count / truth.seconds(), share)


@dataclass(frozen=True, slots=True)
class _Usage:
    """Readings of (clock in ns, CPU seconds so far) of a tool and its children."""

    readings: Sequence[tuple[int, float]]

    def share(self, start_ns: int, end_ns: int) -> float:
        """CPU seconds per second within this time; 0 when it was too short for two readings."""
        held = [reading for reading in self.readings if start_ns <= reading[0] <= end_ns]
        if len(held) < 2:
            return 0.0
        (first_ns, first_s), (last_ns, last_s) = held[0], held[-1]
        return (last_s - first_s) / ((last_ns - first_ns) / 1e9)


def _ours(runs: Path, truth: TruthLog, usage: _Usage, warm_up_s: int, window_s: int) -> Round:
    """The measured part alone; every request that the server answered must be in the run's log."""
    [run] = runs.iterdir()
    log = RunLog.read(run)
    recorded = log.totals()["query"].ok
    if recorded != truth.count:
        raise BenchError(f"the run log holds {recorded} requests, the server answered {truth.count}")
    histogram = log.merged("query.response", warm_up_s, warm_up_s + window_s)
    start_ns = log.run.start_ns + warm_up_s * 1_000_000_000
    end_ns = start_ns + window_s * 1_000_000_000
    held = truth.between(start_ns, end_ns)
    if not histogram.count or not held.count:
        raise BenchError("nothing was recorded in the measured part")
    reported = {name: (histogram.percentile(p) or 0.0) / 1000 for name, p in PERCENTS.items()}
    return Round(reported, held.percentiles_ms(), held.count / window_s, usage.share(start_ns, end_ns))


def _run(contender: Contender, command: Sequence[str], cores: Cores, output: Path, limit_s: float) -> _Usage:
    readings: list[tuple[int, float]] = []
    with (
        output.open("wb") as file,
        subprocess.Popen(  # noqa: S603 -- commands of our own making, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **contender.environment},
            preexec_fn=cores.pin_generator(),
        ) as process,
    ):
        try:
            deadline_s = time.monotonic() + limit_s
            while not _ended(process):
                if time.monotonic() > deadline_s:
                    raise BenchError(f"{contender.name} did not end: {last_words(output)}")
                readings.append((time.time_ns(), cpu_s(process.pid)))
        finally:
            process.kill()
    if process.returncode:
        raise BenchError(f"{contender.name} ended with {process.returncode}: {last_words(output)}")
    return _Usage(readings)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(GLANCE_S)
    except subprocess.TimeoutExpired:
        return False
    return True
