"""The `plimsoll` command as a user meets it: help, messages, exit codes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis.errors import ConfigurationError
from analysis.exit_code import ExitCode
from scripts.fault import log_fault

COMMANDS = ("run", "judge", "report", "baseline", "doctor", "sidecar", "serve")
HEAVY = ("rich", "pydantic", "numpy", "pandas", "matplotlib", "httpx", "fastapi", "locust", "jinja2", "redis")


def plimsoll(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def guarded(body: str, *, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """A command of the suite whose work is the given lines."""
    code = "\n".join(
        [
            "import sys, typer",
            "from scripts.cli import app",
            "from scripts.guard import command",
            "@app.command('probe')",
            "@command",
            "def probe() -> int:",
            *(f"    {line}" for line in body.splitlines()),
            f"app({[*options, 'probe']!r}, prog_name='plimsoll')",
        ]
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_help_names_every_command() -> None:
    done = plimsoll("--help")

    assert done.returncode == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in done.stdout] == []


@pytest.mark.parametrize("name", [*COMMANDS, "baseline record", "baseline show", "baseline promote"])
def test_every_command_has_help(name: str) -> None:
    done = plimsoll(*name.split(), "--help")

    assert done.returncode == 0
    assert f"Usage: plimsoll {name}" in done.stdout
    assert done.stderr == ""


def test_help_imports_nothing_heavy() -> None:
    """That is what keeps it quick: time itself depends on the machine."""
    code = (
        "import json, sys\n"
        "from scripts.cli import main\n"
        "sys.argv = ['plimsoll', '--help']\n"
        "try:\n    main()\n"
        f"finally:\n    print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_installed_script_is_this_command(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("plimsoll")
    done = subprocess.run([script, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("plimsoll ")
    assert done.stdout == plimsoll("--version").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--target", "nowhere"], "nowhere"),
        (["run", "--profile", "nothing"], "nothing"),
        (["run", "--runs", "0"], "--runs"),
        (["run", "--runs", "many"], "--runs"),
        (["run", "--unknown"], "--unknown"),
        (["run", "--baseline", "missing.json"], "--baseline"),
        (["run", "--base-url", "http://name:word@127.0.0.1:1"], "credentials"),
        (["judge"], "RUN"),
        (["sail"], "sail"),
        (["serve", "--api", "soap"], "--api"),
        (["serve", "--port", "70000"], "--port"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_arguments_are_named_and_end_with_2(words: list[str], message: str) -> None:
    done = plimsoll(*words)

    assert done.returncode == ExitCode.USAGE
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_credentials_in_a_base_url_are_not_repeated() -> None:
    done = plimsoll("run", "--base-url", "http://name:word@127.0.0.1:1")

    assert "word@" not in done.stderr


def test_an_error_of_ours_is_one_line_with_its_exit_code() -> None:
    done = guarded("from analysis.errors import RunLogError\nraise RunLogError('x/run.json: found nothing')")

    assert done.returncode == ExitCode.INVALID
    assert done.stderr == "plimsoll: x/run.json: found nothing\n"


def test_an_unforeseen_fault_is_one_line_and_never_passes() -> None:
    """The traceback lies in the file that the line names."""
    done = guarded("raise ZeroDivisionError('by nought')")
    log = Path(done.stderr.rstrip("\n").rpartition("details: ")[2])

    assert done.returncode == ExitCode.INVALID
    assert done.stderr.count("\n") == 1
    assert "ZeroDivisionError: by nought" in done.stderr
    assert "Traceback" in log.read_text()
    log.unlink()


def test_debug_shows_the_traceback_and_keeps_the_exit_code() -> None:
    done = guarded("from analysis.errors import UsageError\nraise UsageError('no')", options=["--debug"])

    assert done.returncode == ExitCode.USAGE
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("plimsoll: no\n")


def test_an_interrupt_is_an_invalid_run() -> None:
    done = guarded("raise KeyboardInterrupt")

    assert done.returncode == ExitCode.INVALID
    assert done.stderr == "plimsoll: stopped by SIGINT\n"


def test_a_reader_that_goes_away_is_no_pass() -> None:
    """As in `plimsoll judge RUN | head -0`."""
    done = guarded("import os\nos.close(1)\nr, w = os.pipe()\nos.close(r)\nprint('x')\nreturn 0")

    assert done.returncode == ExitCode.INVALID
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("code", list(ExitCode))
def test_what_a_command_returns_is_the_exit_code(code: ExitCode) -> None:
    assert guarded(f"return {int(code)}").returncode == code


def test_a_fault_is_logged_elsewhere_when_the_checkout_cannot_be_written(tmp_path: Path) -> None:
    occupied = tmp_path / "faults"
    occupied.write_text("a file where the folder should be")

    path = log_fault(ConfigurationError(file="x.toml", key="name", found=1, wanted="a string"), occupied)

    assert "x.toml: name: found 1, wanted a string" in path.read_text()
    path.unlink()


def test_serve_ends_normally_at_a_signal() -> None:
    """What the demo and the plug-in rely on to stop it."""
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            assert line.startswith("listening on http://127.0.0.1:")
        finally:
            os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == ExitCode.PASS
