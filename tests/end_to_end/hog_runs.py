"""Runs with and without a busy neighbour on the generator's core.

`python -m tests.end_to_end.hog_runs 20` prints a table of twenty of each, in both models. The machine should
have nothing else to do.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from analysis.judge import NONE, judge
from analysis.result import Check, Result
from scripts.bench.undisturbed import NS_PER_S, Machine, watched_core
from tests.end_to_end.load_run import LoadRun
from tests.servers.hog import hog
from tests.servers.script import delay, response, send, stream
from tests.servers.truth import Truth, truth_server

CAUSES = ("send_lag", "wake_lag", "loop_lag", "generator_cpu", "cpu_wait")
"""Checks that name a generator without enough CPU."""
MODELS = ("open", "closed")
HOG_LIMIT_S = 60.0
PATIENCE_S, TABLE_PATIENCE_S = 20.0, 300.0
DISTURBED = 0.03
"""Of the generator's core: a run is clean only where others had less than that of it."""
LOST = 0.005
"""And where the machine itself, as virtual ones do, kept a timer of real-time priority waiting for less than
that of the time: half of what a p99 leaves out."""
PARSE_S = 0.0002
"""What reading one answer should cost, so that on any machine the load takes about a third of a core."""
WARM_UP_S, STEADY_S = 1, 3
LEVELS = {"open": 700, "closed": 50}

PROFILE = """
model = "{model}"
mix = {{ query = 8, stream = 1, health = 1 }}
drain = "5s"
{more}
[[stages]]
name = "warm-up"
duration = "{warm_up_s}s"
level = {level}
measure = false
[[stages]]
name = "steady"
duration = "{steady_s}s"
level = {level}
"""
TARGET = """
base_url = "{url}"
[endpoints.query]
path = "/query"
body = {{ question = "{{question}}" }}
expect = {{ json_nonempty = ["answer"] }}
[endpoints.stream]
path = "/stream"
dialect = "rag-events"
body = {{ question = "{{question}}" }}
[endpoints.health]
path = "/health"
[sidecar]
host = false
[objectives]
query.response.p95_ms = false
health.response.p95_ms = 10000
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """One run's outcome."""

    model: str
    hogged: bool
    result: Result
    foreign: float
    """Share of the generator's core that was neither idle nor its own: a hog had it, or anybody else."""
    lost: float | None
    """Share of time for which a bare timer on that core was kept waiting; None without real-time priority."""

    @property
    def disturbed(self) -> bool:
        """Whether somebody else, or the machine itself, kept the core from a run that was to be clean."""
        return not self.hogged and (self.foreign > DISTURBED or (self.lost or 0.0) > LOST)

    @property
    def broken(self) -> list[str]:
        """The checks that make it invalid."""
        return [check.name for check in self.result.validity if check.invalidates and not check.ok]

    def check(self, name: str) -> Check:
        return next(check for check in self.result.validity if check.name == name)

    def __str__(self) -> str:
        values = [f"{self.check(name).value or '-':>9}" for name in (*CAUSES, "steal")]
        kind = "hog" if self.hogged else "busy" if self.disturbed else "clean"
        broken = ", ".join(self.broken) or "-"
        verdict = self.result.verdict.value
        lost = "-" if self.lost is None else f"{self.lost:.2%}"
        return (
            f"{kind:6} {self.model:6} {self.foreign:7.1%} {lost:>7} {' '.join(values)}  {verdict:7}  {broken}"
        )


NAMES = " ".join(f"{name[-9:]:>9}" for name in (*CAUSES, "steal"))
HEAD = f"{'':6} {'model':6} foreign {'stalled':>7} {NAMES}  verdict  because of"


@contextmanager
def answering_service() -> Iterator[Truth]:
    """On a core of its own; its answers are large, so that reading them is work."""
    with truth_server() as server:
        os.sched_setaffinity(server.pid, {cores()[1]})
        server.script("/query", [delay(0.01), send(response(large_answer()))])
        server.script("/health", [delay(0.005), send(response())])
        events = [b'event: token\ndata: {"text": "word "}\n\n'] * 10 + [b"event: done\ndata: {}\n\n"]
        server.script("/stream", stream(events, gap_s=0.01, first_s=0.02))
        yield server


def one_run(folder: Path, service: Truth, model: str, *, hogged: bool) -> Judged:
    """The generator is bound to one core, and so is the hog, from the first request on."""
    folder.mkdir(parents=True, exist_ok=True)
    core, _ = cores()
    target, profile = folder / "busy.toml", folder / f"{model}-busy.toml"
    target.write_text(TARGET.format(url=service.url))
    more = 'think = "20ms"' if model == "closed" else ""
    profile.write_text(
        PROFILE.format(model=model, level=LEVELS[model], more=more, warm_up_s=WARM_UP_S, steady_s=STEADY_S)
    )
    words = ["--target", str(target), "--load-profile", str(profile)]
    before = CoreTime.read(core)
    with watched_core(core) as machine, ExitStack() as stack:
        run = stack.enter_context(LoadRun(folder / "runs", words, launcher=["taskset", "-c", str(core)]))
        if hogged:
            run.wait_for_requests()
            stack.enter_context(hog(core, HOG_LIMIT_S))
        finished = run.finish()
    after = CoreTime.read(core)
    assert finished.directory is not None, finished.output
    result = judge([finished.directory], baseline=NONE, baselines_root=folder)
    begin_ns = finished.log.run.start_ns + WARM_UP_S * NS_PER_S
    return Judged(model, hogged, result, after.foreign_since(before), lost_share(machine, begin_ns))


def lost_share(machine: Machine, begin_ns: int) -> float | None:
    """Of the measured part, which begins there."""
    if machine.late is None:
        return None
    measured_ns = STEADY_S * NS_PER_S
    return sum(late for due, late in machine.late if 0 <= due - begin_ns < measured_ns) / measured_ns


def hog_run(folder: Path, service: Truth, model: str) -> Judged:
    return one_run(folder, service, model, hogged=True)


def clean_run(folder: Path, service: Truth, model: str, patience_s: float = PATIENCE_S) -> Judged:
    """Made again, until the patience is over, when somebody else came to use the core meanwhile."""
    deadline = time.monotonic() + patience_s
    while True:
        wait_until_idle(cores(), deadline)
        judged = one_run(folder, service, model, hogged=False)
        if not judged.disturbed or time.monotonic() > deadline:
            return judged


@dataclass(frozen=True, slots=True)
class CoreTime:
    """Of one core, and of our children that have ended, which ran on no other one."""

    at_s: float
    idle_s: float
    own_s: float

    @classmethod
    def read(cls, core: int) -> "CoreTime":
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        ticks = _ticks(core)
        per_s = os.sysconf("SC_CLK_TCK")
        own_s = ended.ru_utime + ended.ru_stime
        return cls(time.monotonic(), _idle(ticks) / per_s, own_s)

    def foreign_since(self, before: "CoreTime") -> float:
        elapsed_s = self.at_s - before.at_s
        return 1 - (self.idle_s - before.idle_s + self.own_s - before.own_s) / elapsed_s


def cores() -> tuple[int, int]:
    """The generator's and the service's."""
    usable = sorted(os.sched_getaffinity(0))
    assert len(usable) >= 2, "two cores are needed: one to ask, one to answer"
    return usable[0], usable[1]


def large_answer() -> bytes:
    """As many passages as take so long to parse on this machine."""
    passages = [
        {"id": f"p{number:05d}", "title": f"passage {number}", "score": 0.123} for number in range(200)
    ]
    small = json.dumps({"answer": "because", "sources": passages}).encode()
    best_s = min(_parse_s(small) for _ in range(20))
    many = max(200, round(200 * PARSE_S / best_s))
    return json.dumps({"answer": "because", "sources": (passages * (many // 200 + 1))[:many]}).encode()


def _parse_s(text: bytes) -> float:
    began_s = time.perf_counter()
    json.loads(text)
    return time.perf_counter() - began_s


def wait_until_idle(wanted: tuple[int, ...], deadline: float) -> None:
    """Nobody else uses these cores now; after the deadline it is tried all the same."""
    while time.monotonic() < deadline:
        before = [_ticks(core) for core in wanted]
        time.sleep(0.5)
        after = [_ticks(core) for core in wanted]
        if all(
            _idle(now) - _idle(then) >= 0.9 * (sum(now) - sum(then))
            for then, now in zip(before, after, strict=True)
        ):
            return


def _ticks(core: int) -> list[int]:
    """user nice system idle iowait irq softirq steal: proc(5)."""
    lines = dict(line.split(maxsplit=1) for line in Path("/proc/stat").read_text().splitlines())
    return [int(field) for field in lines[f"cpu{core}"].split()[:8]]


def _idle(ticks: list[int]) -> int:
    return ticks[3] + ticks[4]


def hog_table(folder: Path, each: int, output: TextIO) -> list[Judged]:
    """So many runs with a hog and so many without, the models in turn; prints each as it ends."""
    print(HEAD, file=output, flush=True)
    found = []
    with answering_service() as service:
        for number in range(2 * each):
            model, hogged = MODELS[number // 2 % 2], number % 2 == 1
            place = folder / str(number)
            found.append(
                hog_run(place, service, model)
                if hogged
                else clean_run(place, service, model, TABLE_PATIENCE_S)
            )
            print(found[-1], file=output, flush=True)
    for hogged, wanted in ((False, 0), (True, each)):
        invalid = sum(bool(one.broken) for one in found if one.hogged is hogged)
        kind = "with a hog" if hogged else "clean"
        print(f"{kind}: {invalid} of {each} runs invalid, {wanted} wanted", file=output)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        hog_table(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.stdout)


if __name__ == "__main__":
    main()
