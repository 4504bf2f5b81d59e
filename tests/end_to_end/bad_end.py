"""What every bad end must keep to: no traceback, and whatever was written can be read."""

import json
from collections.abc import Iterable
from html import unescape
from pathlib import Path

from analysis.run_log import RunLog

JSON_FILES = ("run.json", "result.json", "baseline.json")
BUSY_MACHINE = {"send_lag", "wake_lag", "loop_lag", "generator_cpu", "cpu_wait", "steal"}


def assert_no_traceback(output: str) -> None:
    assert "Traceback" not in output, output


def assert_readable(directory: Path) -> RunLog:
    """Every file of a run directory that is there; returns the run."""
    for name in JSON_FILES:
        if (directory / name).exists():
            json.loads((directory / name).read_text())
    assert not list(directory.glob("*.unfinished"))
    return RunLog.read(directory)


def assert_reported(directory: Path, exit_code: int, words: Iterable[str] = ()) -> str:
    """The run was judged, its reports are there, and the Markdown one holds the words; returns it."""
    log = assert_readable(directory)
    result = json.loads((directory / "result.json").read_text())
    assert result["run_id"] == log.run.run_id
    assert result["exit_code"] == exit_code
    assert (directory / "junit.xml").read_text().startswith("<?xml")
    assert (directory / "report.html").read_text().rstrip().endswith("</html>")
    # it escapes what Markdown would take for its own
    markdown = unescape((directory / "report.md").read_text().replace("\\", ""))
    for word in words:
        assert word in markdown, markdown
    return markdown


def noise_alone(directory: Path) -> bool:
    """Whether the generator was not healthy; fails when the run is invalid for any other reason."""
    checks = json.loads((directory / "result.json").read_text())["validity"]
    failed = {check["name"] for check in checks if check["invalidates"] and not check["ok"]}
    assert failed <= BUSY_MACHINE
    return bool(failed)
