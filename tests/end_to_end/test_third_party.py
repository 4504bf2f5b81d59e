"""Against a server that is not ours, what is measured is what a relay between the two saw pass."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analysis.histogram import Histogram
from tests.end_to_end.load_run import LoadRun
from tests.servers.mockllm_server import ANSWER, mockllm_server
from tests.servers.relay import Passage, relay

USERS = 4
CLOSE_US = 2_000
"""How far measured values may lie from those that the relay saw."""

TEXT_EVENT = re.compile(rb'"content":"(?:[^"\\]|\\.)')

PROFILE = f"""
model = "closed"
mix = {{ stream = 1 }}
[[stages]]
name = "steady"
duration = "6s"
level = {USERS}
"""
TARGET = """
base_url = "{url}"
[endpoints.stream]
path = "/v1/chat/completions"
dialect = "openai-chat"
[endpoints.stream.body]
model = "gpt-4o-mini"
messages = [{{ role = "user", content = "{{question}}" }}]
stream = true
[questions]
file = "questions/general.jsonl"
"""


@dataclass(slots=True)
class Seen:
    """One stream as the relay saw it pass."""

    asked_ns: int
    text_ns: list[int]
    last_ns: int


def seen_streams(passages: Sequence[Passage]) -> Iterator[Seen]:
    """A request ends the stream before it on its connection; only streams that reached their end are told."""
    by_connection: dict[int, list[Passage]] = {}
    for passage in passages:
        by_connection.setdefault(passage.connection, []).append(passage)
    for own in by_connection.values():
        own.sort(key=lambda passage: passage.stamp_ns)
        asked = [place for place, passage in enumerate(own) if not passage.is_answer]
        for begin, end in pairwise([*asked, len(own)]):
            answer = own[begin + 1 : end]
            if b"data: [DONE]" in b"".join(passage.data for passage in answer):
                stamps_ns = [passage.stamp_ns for passage in answer for _ in TEXT_EVENT.findall(passage.data)]
                yield Seen(own[begin].stamp_ns, stamps_ns, answer[-1].stamp_ns)


@pytest.mark.alone
def test_streams_of_a_third_partys_server_are_timed_as_a_relay_saw_them(
    tmp_path: Path, run_root: Path
) -> None:
    """Time to first token, gaps and the whole, at p50 and p95, within 2 ms; each character an event."""
    with mockllm_server(tmp_path) as port, relay(port) as between:
        target = tmp_path / "mockllm.toml"
        target.write_text(TARGET.format(url=f"http://127.0.0.1:{between.port}"))
        profile = tmp_path / "profile.toml"
        profile.write_text(PROFILE)
        words = ["--load-profile", str(profile), "--target", str(target), "--sidecar-command", "none"]
        with LoadRun(run_root, words) as run:
            finished = run.finish()
        streams = list(seen_streams(between.passages))
    counts = finished.totals()["stream"]
    assert counts.ok == len(streams) >= 5 * USERS, finished.output
    assert counts.failures == counts.aborted == 0
    assert counts.events == len(ANSWER) * counts.ok
    assert all(len(stream.text_ns) == len(ANSWER) for stream in streams)

    log = finished.log

    def ours(metric: str) -> Histogram:
        return log.merged(f"stream.{metric}", 0, log.slices)

    truths_us = {
        "ttft_service": [(stream.text_ns[0] - stream.asked_ns) / 1000 for stream in streams],
        "gap": [(after - before) / 1000 for stream in streams for before, after in pairwise(stream.text_ns)],
        "service": [(stream.last_ns - stream.asked_ns) / 1000 for stream in streams],
    }
    for metric, truth_us in truths_us.items():
        assert ours(metric).count == len(truth_us), metric
        for p in (0.5, 0.95):
            wanted_us = float(np.quantile(truth_us, p, method="inverted_cdf"))
            assert ours(metric).percentile(p) == pytest.approx(wanted_us, abs=CLOSE_US), (metric, p)
