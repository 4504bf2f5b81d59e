"""What a command returns or raises becomes an exit code of the contract; nothing passes by accident."""

import functools
import logging
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec

import typer

from analysis.errors import PlimsollError
from analysis.exit_code import ExitCode

P = ParamSpec("P")


def command(function: Callable[P, int]) -> Callable[P, None]:
    """Makes a function that returns its exit code one that typer can call."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        code = _guard(lambda: function(*args, **kwargs))
        _settle_stdout()
        raise typer.Exit(int(code))

    return guarded


def _guard(work: Callable[[], int]) -> int:
    try:
        code = work()
        sys.stdout.flush()
    except PlimsollError as error:
        _show_traceback()
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _say("stopped by SIGINT")
        return ExitCode.INVALID
    except BrokenPipeError:
        return ExitCode.INVALID
    except Exception as error:  # noqa: BLE001 -- the outermost frame: fails closed with one line
        _show_traceback()
        _say(f"a fault of its own: {type(error).__name__}: {error}{_details(error)}")
        return ExitCode.INVALID
    return code


def _details(error: Exception) -> str:
    from scripts.fault import log_fault

    try:
        return f"; details: {log_fault(error)}"
    except OSError:
        return ""


def _say(text: str) -> None:
    with suppress(OSError):  # on a full disk the exit code still has to be right
        print(f"plimsoll: {text}", file=sys.stderr)


def _settle_stdout() -> None:
    """Python flushes stdout once more at exit and makes 120 of a failure: give it somewhere to go."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_traceback() -> None:
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        traceback.print_exc()
