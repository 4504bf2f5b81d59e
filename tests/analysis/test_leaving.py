"""Who leaves, and which leaks are looked for, is read from the target file."""

from pathlib import Path

import pytest

from analysis.errors import ConfigurationError
from analysis.leaving import Leaving
from analysis.target import load_target, redacted, target_from_json

STREAM = 'base_url = "http://h"\n[endpoints.s]\npath = "/s"\ndialect = "rag-events"\n'


def load(folder: Path, text: str) -> Leaving | None:
    path = folder / "target.toml"
    path.write_text(text)
    return load_target(str(path)).endpoints["s"].leave


def test_a_range_of_tokens_or_of_time_is_read(tmp_path: Path) -> None:
    tokens = load(tmp_path, STREAM + "leave = { share = 0.25, after_tokens = [1, 20], how = 'rst' }")
    assert tokens == Leaving(0.25, after_tokens=(1, 20), resets=True)
    times = load(tmp_path, STREAM + "leave = { share = 1.0, after = ['500ms', '3s'] }")
    assert times == Leaving(1.0, after_s=(0.5, 3.0))


@pytest.mark.parametrize(
    ("leave", "message"),
    [
        ("{ share = 0.5 }", r"endpoints.s.leave: found neither or both"),
        (
            "{ share = 0.5, after_tokens = [1, 2], after = [1, 2] }",
            r"endpoints.s.leave: found neither or both",
        ),
        ("{ share = 0.5, after_tokens = [9, 2] }", r"endpoints.s.leave: found .*, wanted a range"),
        ("{ share = 0.5, after_tokens = [1] }", r"endpoints.s.leave.after_tokens"),
        ("{ share = 1.5, after_tokens = [1, 2] }", r"endpoints.s.leave.share"),
        ("{ share = 0.5, after_tokens = [1, 2], how = 'kick' }", r"endpoints.s.leave.how"),
    ],
)
def test_what_is_no_way_to_leave_is_refused(tmp_path: Path, leave: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path, f"{STREAM}leave = {leave}")


def test_only_streams_can_be_left(tmp_path: Path) -> None:
    plain = STREAM.replace("rag-events", "json")
    with pytest.raises(
        ConfigurationError, match=r"leave: found it with dialect json, wanted it with a stream"
    ):
        load(tmp_path, plain + "leave = { share = 0.5, after_tokens = [1, 2] }")


def test_the_leak_table_survives_the_run_file(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(
        STREAM
        + "leave = { share = 0.5, after_tokens = [1, 2] }\n"
        + "[leak]\nin_flight = 'open'\nfds_above = 3\nwait = '2s'\n"
    )
    target = load_target(str(path))
    assert target.leak is not None
    assert target.leak.above == {"in_flight": 0.0, "connections": 2.0, "fds": 3.0}
    assert target.leak.wait_s == 2.0
    again = target_from_json(redacted(target))
    assert (again.leak, again.endpoints) == (target.leak, target.endpoints)
