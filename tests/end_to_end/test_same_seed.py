"""Two runs with the same seed ask the same questions in the same order."""

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from analysis.run_record import RunStatus
from tests.end_to_end.load_run import LoadRun, worker, write_target
from tests.servers.debian_server import free_port
from tests.servers.script import response, send
from tests.servers.truth import Truth, truth_server

URL = "LONE_URL"
QUESTIONS = tuple(f"What is passage {number} about?" for number in range(100))
USERS = 4
RATE_PER_S = 8
"""So few that two are not due at once where the machine stood still for a moment."""
DURATION_S = 3
CLOSED = f"""
model = "closed"
mix = {{ query = 1 }}
think = ["20ms", "50ms"]
[[stages]]
duration = "{DURATION_S}s"
level = {USERS}
"""
OPEN = f"""
model = "open"
arrivals = "constant"
mix = {{ query = 1 }}
[[stages]]
duration = "{DURATION_S}s"
level = {RATE_PER_S}
"""

Asked = list[tuple[int, str]]
"""Connection and question of each request, as they came to one worker's server."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run, and a server for each of its workers."""

    load: LoadRun
    servers: Sequence[Truth]
    port: int
    """Of the master, if there is one."""

    def add_worker(self, stack: ExitStack, number: int) -> None:
        stack.enter_context(worker(self.port, {URL: self.servers[number].url}))

    def has_workers(self, count: int) -> bool:
        return f"{count} workers connected" in self.load.output()

    def asked(self) -> list[Asked]:
        finished = self.load.finish()
        assert finished.log.run.status is RunStatus.COMPLETE, finished.output
        assert len(finished.log.run.workers) == len(self.servers)
        return [
            [(record["connection"], json.loads(record["body"])["question"]) for record in server.records()]
            for server in self.servers
        ]


def start(stack: ExitStack, folder: Path, profile: Path, workers: int) -> Started:
    """The target's URL is a variable, of which each worker has its own value."""
    servers = [stack.enter_context(truth_server()) for _ in range(workers)]
    for server in servers:
        server.script("/query", [send(response())])
    target = write_target(folder, f"${{{URL}}}", QUESTIONS)
    words = ["--target", str(target), "--load-profile", str(profile), "--seed", "7"]
    words += ["--sidecar-command", "none"]
    port = free_port()
    if workers > 1:
        words += ["--master", "--expect-workers", str(workers), "--master-bind-port", str(port)]
    load = LoadRun(folder / "runs", words, environ={URL: servers[0].url})
    return Started(stack.enter_context(load), servers, port)


def twice(folder: Path, text: str, workers: int) -> tuple[list[Asked], list[Asked]]:
    """Two runs at the same time: what each worker asked. A single one needs no master."""
    profile = folder / "profile.toml"
    profile.write_text(text)
    with ExitStack() as stack:
        one, other = runs = [start(stack, folder / name, profile, workers) for name in ("a", "b")]
        for number in range(workers if workers > 1 else 0):  # in the same order in both runs
            for run in runs:
                run.add_worker(stack, number)
            for run in runs:
                run.load.wait_until(partial(run.has_workers, number + 1), f"worker {number}")
        return one.asked(), other.asked()


def of_each_user(asked: Asked) -> list[list[str]]:
    """A user keeps its connection."""
    questions = defaultdict(list)
    for connection, question in asked:
        questions[connection].append(question)
    return sorted(questions.values())


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_each_user_of_a_closed_model_asks_the_same_in_the_same_order(tmp_path: Path, workers: int) -> None:
    """How many it asks depends on how fast it is answered."""
    first, second = twice(tmp_path, CLOSED, workers)

    seen = set()
    for ours, theirs in zip(first, second, strict=True):
        pairs = list(zip(of_each_user(ours), of_each_user(theirs), strict=True))
        assert len(pairs) == USERS // workers
        for our, their in pairs:
            both = min(len(our), len(their))
            assert both > 10
            assert our[:both] == their[:both]
            seen.add(tuple(our[:10]))
    assert len(seen) == USERS


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_the_schedule_of_an_open_model_asks_the_same_in_the_same_order(tmp_path: Path, workers: int) -> None:
    """All of it, and each worker something else."""
    first, second = twice(tmp_path, OPEN, workers)

    asked = [[question for _, question in of_one_worker] for of_one_worker in first]
    assert sum(map(len, asked)) == RATE_PER_S * DURATION_S
    assert asked == [[question for _, question in of_one_worker] for of_one_worker in second]
    assert len({tuple(questions) for questions in asked}) == workers
