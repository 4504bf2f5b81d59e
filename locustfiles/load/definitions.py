"""Target and load profile of a run, as the locustfile wants them."""

from locust.env import Environment

from dataclasses import replace

from analysis.errors import UsageError
from analysis.profile import LoadProfile, load_profile
from analysis.target import Target, load_target

SLOT = "plimsoll_asks_websockets_alone"


def ask_websockets_alone(environment: Environment) -> None:
    """Say so for all runs of this process."""
    vars(environment)[SLOT] = True


def read_definitions(environment: Environment, target: str, profile: str) -> tuple[Target, LoadProfile]:
    """The files that these names stand for; raises PlimsollError for what is wrong with them."""
    definitions = load_target(target), load_profile(profile)
    return websockets_alone(*definitions) if vars(environment).get(SLOT) else definitions


def websockets_alone(target: Target, profile: LoadProfile) -> tuple[Target, LoadProfile]:
    """The target without its HTTP endpoints, and the profile's stages with all others alike as its mix.

    The profile gets a name of its own: its runs are not to be compared with those of the whole mix.
    """
    endpoints = {
        name: endpoint for name, endpoint in target.endpoints.items() if endpoint.websocket is not None
    }
    if not endpoints:
        raise UsageError(
            f'{target.file}: endpoints: found none with protocol = "websocket", wanted one or more for a chat'
        )
    narrowed = replace(
        target,
        endpoints=endpoints,
        objectives=tuple(
            objective
            for objective in target.objectives
            if objective.endpoint not in target.endpoints.keys() - endpoints
        ),
        limits={name: limits for name, limits in target.limits.items() if name in endpoints},
    )
    return narrowed, replace(
        profile,
        name=f"{profile.name}-chat",
        mix=dict.fromkeys(endpoints, 1.0),
        optional_mix=frozenset(),
        abort=tuple(rule for rule in profile.abort if rule.endpoint is None or rule.endpoint in endpoints),
    )
