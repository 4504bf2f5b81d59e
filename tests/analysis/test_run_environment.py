"""The environment of a run is this machine's and what the target says of the service's."""

from dataclasses import replace

import pytest

from analysis.environment import differing_keys, read_environment
from analysis.errors import ConfigurationError
from analysis.run_environment import run_environment
from tests.run_builder import TARGET

STATED = replace(TARGET, environment={"model": "small-q4", "index": "sha-${INDEX}"}, file="mine.toml")


def test_what_a_target_says_of_its_service_are_hard_keys() -> None:
    machine = read_environment()
    found = run_environment(STATED, {"INDEX": "1a2b"})
    own = {"service.model": "small-q4", "service.index": "sha-1a2b"}

    assert {key: found.hard[key] for key in own} == own
    assert {key: value for key, value in found.hard.items() if key not in own} == machine.hard
    assert found.env8 != machine.env8


def test_another_model_is_another_environment_and_is_named() -> None:
    old, new = (
        run_environment(replace(TARGET, environment={"model": model}), {}) for model in ("small", "large")
    )

    assert differing_keys(old.hard, new.hard) == ("service.model",)
    assert old.env8 != new.env8


def test_a_target_that_says_nothing_leaves_the_environment_as_it_is() -> None:
    assert run_environment(TARGET, {}).env8 == read_environment().env8


def test_a_variable_that_is_not_set_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigurationError, match=r"mine\.toml: environment\.index: .*INDEX"):
        run_environment(STATED, {})
