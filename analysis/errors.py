"""The errors that end a command, each with its exit code.

PlimsollError
 +-- UsageError              2  the command line cannot be carried out
 |    +-- ConfigurationError 2  a target, profile or question file is wrong
 |    +-- BaselineError      2  a baseline cannot be read, or has another schema
 |    +-- CalibrationError   2  a calibration cannot be read, or has another schema
 |    +-- HistoryError       2  a history of baselines cannot be read, or has another schema
 +-- RunLogError             3  a run directory cannot be read
 +-- InvalidRunError         3  a run cannot be judged
 +-- TargetDownError         3  the service under test does not answer

Failures of single requests are data (analysis/failure.py), never one of these.
"""

import json
from typing import ClassVar

from analysis.exit_code import ExitCode

SHOWN_CHARACTERS = 80


class PlimsollError(Exception):
    """Base of every error that is shown to the user as one line."""

    exit_code: ClassVar[ExitCode] = ExitCode.INVALID


class UsageError(PlimsollError):
    """The command line asks for something that cannot be done."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class Phrase(str):
    """Words that stand in a message as they are, where a plain string is shown in quotes."""

    __slots__ = ()


class ConfigurationError(UsageError):
    """A file's key holds what it must not: the message names file, key, what was found and what is wanted."""

    def __init__(
        self, *, file: str, key: str | None, found: object, wanted: str, hint: str | None = None
    ) -> None:
        """Give `found` as `Phrase` when it is a description, or when the value could be a secret."""
        place = file if key is None else f"{file}: {key}"
        remedy = "" if hint is None else f"; {hint}"
        super().__init__(f"{place}: found {shown(found)}, wanted {wanted}{remedy}")
        self.file = file
        self.key = key
        self.found = found
        self.wanted = wanted
        self.hint = hint


class BaselineError(UsageError):
    """A baseline is unreadable, damaged or of another schema."""


class CalibrationError(UsageError):
    """A calibration is unreadable or of another schema."""


class HistoryError(UsageError):
    """A history of baselines is unreadable or of another schema."""


class RunLogError(PlimsollError):
    """A run directory is missing or holds no readable run."""


class InvalidRunError(PlimsollError):
    """A run exists but cannot support any verdict."""


class TargetDownError(PlimsollError):
    """The service under test cannot be reached before the load starts."""


def shown(value: object) -> str:
    """A value as TOML would spell it, short enough for one line; a table or list by its kind alone."""
    match value:
        case Phrase():
            return str(value)
        case None:
            return "nothing"
        case bool() | int() | float() | str():
            text = json.dumps(value, ensure_ascii=False)
        case list() | tuple():
            return "a list"
        case dict():
            return "a table"
        case _:
            text = f"{value}"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
