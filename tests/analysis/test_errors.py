"""Errors carry their exit code, and a configuration error is one helpful line."""

import pytest

from analysis.errors import (
    BaselineError,
    ConfigurationError,
    HistoryError,
    InvalidRunError,
    Phrase,
    PlimsollError,
    RunLogError,
    TargetDownError,
    UsageError,
    shown,
)
from analysis.exit_code import ExitCode


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PlimsollError, 3),
        (UsageError, 2),
        (ConfigurationError, 2),
        (BaselineError, 2),
        (HistoryError, 2),
        (RunLogError, 3),
        (InvalidRunError, 3),
        (TargetDownError, 3),
    ],
)
def test_every_error_ends_a_command_with_its_own_exit_code(error: type[PlimsollError], code: int) -> None:
    assert error.exit_code == code
    assert issubclass(error, PlimsollError)


def test_exit_codes_are_the_published_numbers() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "PASS": 0,
        "REGRESSION": 1,
        "USAGE": 2,
        "INVALID": 3,
        "INCONCLUSIVE": 4,
    }


def test_a_configuration_error_names_file_key_found_wanted_and_hint() -> None:
    error = ConfigurationError(
        file="targets/x.toml", key="a.b", found="yes", wanted="true or false", hint="write true"
    )

    assert str(error) == 'targets/x.toml: a.b: found "yes", wanted true or false; write true'
    assert (error.file, error.key, error.found) == ("targets/x.toml", "a.b", "yes")


def test_a_configuration_error_without_key_and_hint_leaves_them_out() -> None:
    error = ConfigurationError(file="x.toml", key=None, found=Phrase("no such file"), wanted="a file")

    assert str(error) == "x.toml: found no such file, wanted a file"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (3, "3"),
        (0.5, "0.5"),
        ("a", '"a"'),
        ("a\nb", '"a\\nb"'),
        (Phrase("a word"), "a word"),
        ([1], "a list"),
        ({"a": 1}, "a table"),
    ],
)
def test_a_found_value_is_shown_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 500)) == 80
