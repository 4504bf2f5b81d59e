"""What a command returns or raises becomes an exit code of the contract; nothing passes by accident."""

import functools
import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

from analysis.errors import PlimsollError
from analysis.exit_code import ExitCode

P = ParamSpec("P")


def command(function: Callable[P, int]) -> Callable[P, None]:
    """Makes a function that returns its exit code one that typer can call."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(int(_guard(lambda: function(*args, **kwargs))))

    return guarded


def _guard(work: Callable[[], int]) -> int:
    try:
        code = work()
        sys.stdout.flush()
    except PlimsollError as error:
        _show_traceback()
        print(f"plimsoll: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("plimsoll: stopped by SIGINT", file=sys.stderr)
        return ExitCode.INVALID
    except BrokenPipeError:
        # Python flushes stdout once more at exit: give it somewhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INVALID
    except Exception as error:  # noqa: BLE001 -- the outermost frame: fails closed with one line
        _show_traceback()
        from scripts.fault import log_fault

        kind = type(error).__name__
        print(f"plimsoll: a fault of its own: {kind}: {error}; details: {log_fault(error)}", file=sys.stderr)
        return ExitCode.INVALID
    return code


def _show_traceback() -> None:
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        traceback.print_exc()
