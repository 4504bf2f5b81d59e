"""Two runs with the same seed ask the same questions in the same order."""

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from analysis.run_record import RunStatus
from tests.end_to_end.load_run import LoadRun, write_target
from tests.servers.debian_server import free_port
from tests.servers.script import response, send
from tests.servers.truth import Truth, truth_server

QUESTIONS = tuple(f"What is passage {number} about?" for number in range(100))
USERS = 4
RATE_PER_S = 10
"""Slow enough for the requests of two workers to arrive in the order in which they are due."""
DURATION_S = 2
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

Asked = tuple[int, str]
"""Connection and question."""


def twice(folder: Path, profile: str) -> dict[int, list[list[Asked]]]:
    """Two runs with one worker and two with two, each against a server of its own; all at the same time.

    By number of workers: what each of the two asked, as it came.
    """
    (folder / "profile.toml").write_text(profile)
    pairs: dict[int, list[list[Asked]]] = {1: [], 2: []}
    with ExitStack() as stack:
        started: list[tuple[int, Truth, LoadRun]] = []
        for workers in (1, 2, 1, 2):
            place = folder / str(len(started))
            truth = stack.enter_context(truth_server())
            truth.script("/query", [send(response())])
            target = write_target(place, truth.url, QUESTIONS)
            words = ["--target", str(target), "--load-profile", str(folder / "profile.toml"), "--seed", "7"]
            words += ["--sidecar-command", "none"]
            if workers > 1:
                port = str(free_port())
                words += ["--processes", str(workers), "--master-port", port, "--master-bind-port", port]
            started.append((workers, truth, stack.enter_context(LoadRun(place / "runs", words))))
        for workers, truth, run in started:
            finished = run.finish()
            assert finished.log.run.status is RunStatus.COMPLETE, finished.output
            assert len(finished.log.run.workers) == workers
            pairs[workers].append(asked(truth))
    return pairs


def asked(truth: Truth) -> list[Asked]:
    return [(record["connection"], json.loads(record["body"])["question"]) for record in truth.records()]


def of_each_user(run: Sequence[Asked]) -> list[list[str]]:
    """A user keeps its connection."""
    questions = defaultdict(list)
    for connection, question in run:
        questions[connection].append(question)
    return sorted(questions.values())


def test_each_user_of_a_closed_model_asks_the_same_in_the_same_order(tmp_path: Path) -> None:
    """How many it asks depends on how fast it is answered."""
    for pair in twice(tmp_path, CLOSED).values():
        first, second = (of_each_user(run) for run in pair)

        assert len(first) == len(second) == USERS
        for ours, theirs in zip(first, second, strict=True):
            both = min(len(ours), len(theirs))
            assert both > 10
            assert ours[:both] == theirs[:both]
        assert len({tuple(questions[:10]) for questions in first}) == USERS


def test_the_schedule_of_an_open_model_asks_the_same_in_the_same_order(tmp_path: Path) -> None:
    """Constant arrivals are dealt out to the workers in turn."""
    for workers, pair in twice(tmp_path, OPEN).items():
        first, second = ([question for _, question in run] for run in pair)

        assert len(first) == RATE_PER_S * DURATION_S
        assert first == second
        dealt = {tuple(first[worker::workers]) for worker in range(workers)}
        assert len(dealt) == workers
