"""The folder's README names every key that a target or a profile may have, and its examples load."""

import re
from pathlib import Path

import pytest

from analysis.endpoint_file import EndpointTable, ExpectTable
from analysis.event_file import EventsTable, RuleTable
from analysis.event_map import EventRule
from analysis.leak_file import LeakTable
from analysis.leaving_file import LeaveTable
from analysis.profile import load_profile
from analysis.profile_file import AbortTable, ProfileTable, StageTable
from analysis.reconnecting_file import ReconnectTable
from analysis.sidecar_file import SidecarTable
from analysis.target import LOCUSTFILES, load_target
from analysis.target_file import QuestionsTable, TargetTable
from analysis.toml_file import Table
from analysis.websocket_file import WebSocketTable

README = (LOCUSTFILES / "README.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(
    "table",
    [
        TargetTable, EndpointTable, EventsTable, RuleTable, ExpectTable, QuestionsTable, SidecarTable,
        ProfileTable, StageTable, AbortTable, WebSocketTable, LeaveTable, ReconnectTable, LeakTable,
    ],
)  # fmt: skip
def test_every_key_is_documented(table: type[Table]) -> None:
    missing = [key for key in table.model_fields if not re.search(rf"[`.\[]{key}\b", README)]

    assert missing == []


def test_the_own_target_in_ten_lines_loads(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLES[0], encoding="utf-8")

    assert len(EXAMPLES[0].strip().splitlines()) == 10
    assert load_target(str(path)).endpoints.keys() == {"query", "health"}


def test_the_example_of_an_environment_loads(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLES[0] + EXAMPLES[1], encoding="utf-8")

    assert load_target(str(path)).environment.keys() == {"model", "index", "redis"}


def test_the_example_of_a_websocket_loads(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLES[0] + EXAMPLES[3], encoding="utf-8")

    assert load_target(str(path)).endpoints["chat"].websocket is not None


def test_the_own_dialect_loads(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(f'base_url = "http://h"\n{EXAMPLES[2]}', encoding="utf-8")
    events = load_target(str(path)).endpoints["stream"].events

    assert events is not None
    assert events.done == EventRule(when={"data": ("[DONE]",)})


def test_the_own_profile_loads(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLES[-1], encoding="utf-8")

    assert load_profile(str(path)).duration_s == 330


def test_every_shipped_file_begins_with_a_comment() -> None:
    for folder in ("targets", "profiles"):
        for path in (LOCUSTFILES / folder).glob("*.toml"):
            assert path.read_text(encoding="utf-8").startswith("# "), path.name
