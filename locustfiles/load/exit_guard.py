"""Ends of Locust before or beside a run: one line and an exit code of ours, never 0 or 1 by accident."""

from locust.exception import RPCError

import socket
import sys
from types import TracebackType

from analysis.errors import UsageError
from analysis.exit_code import ExitCode

BIND_FAILURE = "Socket bind failure: "
"""How Locust begins the error of a master that cannot listen."""


def guard_exit() -> None:
    """From now on an error that nothing catches ends with 2 or 3: Python's own 1 would be a regression."""
    show = sys.excepthook

    def end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, RPCError) and str(error).startswith(BIND_FAILURE):
            reason = str(error).removeprefix(BIND_FAILURE)
            print(
                f"plimsoll: --master-bind-port: Locust's master cannot listen there: {reason}; "
                "stop what does, or choose another port",
                file=sys.stderr,
            )
            raise SystemExit(ExitCode.USAGE)
        if isinstance(error, KeyboardInterrupt):
            print("plimsoll: stopped by SIGINT", file=sys.stderr)
        else:
            show(kind, error, trace)
        raise SystemExit(ExitCode.INVALID)

    sys.excepthook = end


def check_web_port(host: str, port: int) -> None:
    """UsageError when the web UI could not listen: Locust itself would end with a traceback and code 0."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"--web-port: found {port} on {host or 'all addresses'}, where the web UI cannot listen: "
            f"{reason}; stop what listens there, or choose another port"
        ) from error
