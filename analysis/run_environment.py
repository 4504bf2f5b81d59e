"""The environment of a run: this machine's, with what the target file says of the service's."""

from collections.abc import Mapping
from dataclasses import replace

from analysis.env_template import expand
from analysis.environment import Environment, read_environment
from analysis.target import Target

SERVICE = "service."
"""Begins the names of the hard keys that a target file sets."""


def run_environment(target: Target, environ: Mapping[str, str]) -> Environment:
    """Read anew; ConfigurationError names a variable of the target file that is not set."""
    return with_service(read_environment(), target, environ)


def with_service(machine: Environment, target: Target, environ: Mapping[str, str]) -> Environment:
    """The same of a machine that was read before."""
    stated = {
        f"{SERVICE}{name}": expand(value, environ, file=target.file, key=f"environment.{name}")
        for name, value in target.environment.items()
    }
    return replace(machine, hard={**machine.hard, **stated})
