"""The content of a run.json for tests, and runs written with it."""

import os
from pathlib import Path
from typing import Any

from analysis.histogram import Histogram
from analysis.run_directory import RunDirectory
from analysis.run_log_writer import RunLogWriter
from analysis.run_record import start_ticks

START_NS = 1_790_000_000_000_000_000
SLICE_S = 2


def run_content(**changed: Any) -> dict[str, Any]:
    """A complete run, except for what is given."""
    content = {
        "schema": "plimsoll.run/1",
        "run_id": "20260921T141320Z-shop-smoke-0a1b",
        "status": "complete",
        "stop": None,
        "target": "shop",
        "profile": "smoke",
        "target_definition": {"name": "shop", "base_url": "http://127.0.0.1:9"},
        "profile_definition": {"name": "smoke", "model": "open"},
        "mix": {"query": 1.0},
        "seed": 7,
        "scenario_sha256": "ab" * 32,
        "start_utc": "2026-09-21T14:13:20.000Z",
        "start_ns": START_NS,
        "end_utc": "2026-09-21T14:13:26.000Z",
        "end_ns": START_NS + 6_000_000_000,
        "slice_s": SLICE_S,
        "clock": "kernel",
        "mode": "local",
        "writer": {"pid": os.getpid(), "start_ticks": start_ticks(os.getpid())},
        "workers": [{"index": 0, "id": "local", "state": "ready"}],
        "environment": {"hard": {"cores": 2}, "soft": {"kernel": "6.1"}, "ignored": {}},
        "versions": {"plimsoll": "0.1.0"},
        "git": {"commit": "0" * 40, "dirty": False},
        "base_url": "http://127.0.0.1:9",
        "not_watched": ["Redis: no URL"],
        "judge": {"baseline": "auto", "allow_inconclusive": False},
    }
    return content | changed


def write_slice(writer: RunLogWriter, number: int) -> None:
    """What one slice leaves in all four files: `number + 1` requests by two workers."""
    requests = number + 1
    responses = Histogram.of(1000 * (number + 1) + i for i in range(requests))
    first_bytes = Histogram.of([500 + number] * requests)
    for _worker in range(2):
        writer.append_histograms(
            number, {"query.response": responses.encode(), "query.ttfb": first_bytes.encode()}
        )
    writer.append_counts(
        {"slice": number, "worker": worker, "endpoint": "query",
         "due": requests, "started": requests, "ok": requests}
        for worker in range(2)
    )  # fmt: skip
    writer.append_sample({"t_utc_ns": START_NS + number, "source": "sidecar", "seq": number})
    writer.append_event("stage", name=f"stage {number}", level=number)


def write_run(directory: RunDirectory, slices: int) -> None:
    """A small complete run."""
    directory.write_run(run_content())
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    for number in range(slices):
        write_slice(writer, number)
    writer.append_ended("complete")
    writer.close()


def new_directory(root: Path) -> RunDirectory:
    """An empty run directory below `root`."""
    return RunDirectory.create(root, "shop", "smoke", START_NS)
