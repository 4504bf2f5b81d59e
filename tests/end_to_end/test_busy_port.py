"""A port that is in use ends with 2 and a line that says which, never with a traceback."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.bad_end import assert_no_traceback
from tests.end_to_end.load_run import LoadRun, write_profile


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_the_reference_service_refuses_it(busy_port: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "serve", "--port", str(busy_port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"plimsoll: port {busy_port} on 127.0.0.1 is already in use")


@pytest.mark.parametrize(
    ("option", "mode", "headless"),
    [("--web-port", [], False), ("--master-bind-port", ["--master"], True)],
)
def test_locust_refuses_it(
    tmp_path: Path, busy_port: int, option: str, mode: list[str], headless: bool
) -> None:
    """Locust by itself ends with a traceback: with 0 for the web UI, with 1 for a master."""
    words = ["--load-profile", str(write_profile(tmp_path)), *mode, option, str(busy_port)]
    with LoadRun(tmp_path / "runs", words, headless=headless) as run:
        finished = run.finish()

    assert finished.code == 2, finished.output
    assert_no_traceback(finished.output)
    (line,) = [line for line in finished.output.splitlines() if line.startswith("plimsoll: ")]
    assert f"{option}: " in line
    assert str(busy_port) in line
    assert "Address already in use" in line
    assert finished.directory is None
