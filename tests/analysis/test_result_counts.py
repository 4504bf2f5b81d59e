"""A result leaves out no count that its run has."""

import json
from dataclasses import fields
from pathlib import Path

from analysis.counts import Counts
from analysis.judged_run import read_judged_run
from analysis.result_counts import result_counts
from tests.run_builder import build_run

RENAMED = {"received_bytes": "bytes"}


def test_every_count_of_a_run_is_in_its_result_under_its_name(tmp_path: Path) -> None:
    names = {RENAMED.get(each.name, each.name) for each in fields(Counts)}
    row = dict.fromkeys(names, 1) | {"failed": {"reset": 1}, "slice": 59, "worker": 0, "endpoint": "query"}
    path = build_run(tmp_path)
    with (path / "counts.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")

    query = result_counts([read_judged_run(path)])["query"]
    measured = query["measured"]

    assert isinstance(measured, dict)
    for counts in (query, measured):
        assert names <= counts.keys()
