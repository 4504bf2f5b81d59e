"""Judges a finished run in a process of its own."""

import json
import logging
import os
import sys
from pathlib import Path
from subprocess import Popen

from analysis.exit_code import ExitCode

logger = logging.getLogger(__name__)

SWITCH = "PLIMSOLL_JUDGE"
"""Set to `off` in the environment by whoever judges several runs together afterwards."""


def judging_is_on() -> bool:
    """Whether this process judges its own runs."""
    return os.environ.get(SWITCH, "").lower() != "off"


def judge_run(directory: Path, baseline: str, *, allow_inconclusive: bool) -> int:
    """Run `plimsoll judge`; its output is ours. The exit code is the verdict, 3 when it could not start."""
    command = [sys.executable, "-m", "scripts.cli", "judge", str(directory), "--baseline", baseline]
    if allow_inconclusive:
        command.append("--allow-inconclusive")
    try:
        with Popen(command) as process:  # noqa: S603 - our own command
            code = process.wait()
    except OSError as error:
        logger.error("The judge could not be started: %s. Run `plimsoll judge %s` by hand.", error, directory)  # noqa: TRY400
        return ExitCode.INVALID
    return code if _is_verdict(code, directory) else ExitCode.INVALID


def _is_verdict(code: int, directory: Path) -> bool:
    """A judge that was killed or could not be imported also leaves a code; 1 is Python's own for a crash."""
    if code not in tuple(ExitCode):
        return False
    if code in (ExitCode.USAGE, ExitCode.INVALID):
        return True
    try:
        decided = json.loads((directory / "result.json").read_bytes())["exit_code"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(decided == code)
