"""The target and profile that a run will use, checked before any load is sent."""

from locust import User
from locust.env import Environment

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.baseline import BaselineKind, baseline_path, read_baseline
from analysis.errors import UsageError
from analysis.profile import LoadProfile, check_mix
from analysis.run_directory import make_run_root
from analysis.run_environment import run_environment
from analysis.target import Target
from locustfiles.load.arguments import Settings
from locustfiles.load.definitions import read_definitions
from locustfiles.load.mix import tagged_mix
from locustfiles.load.provenance import CHECKOUT
from locustfiles.load.request import parse_origin, request_template
from locustfiles.load.user_classes import asks_target, chosen_classes
from locustfiles.load.worker_run import expanded_headers, usable_url


@dataclass(frozen=True, slots=True)
class Choice:
    """Everything about a run that is known before it starts."""

    settings: Settings
    target: Target
    profile: LoadProfile
    base_url: str
    """Expanded, and free of credentials."""

    def user_classes(self, classes: Iterable[type[User]], options: object) -> list[type[User]]:
        """The classes to start, after `--tags` and `--exclude-tags`."""
        mix = tagged_mix(check_mix(self.profile, self.target), options)
        chosen = chosen_classes(classes, self.profile, mix)
        if not chosen or (asks_target(chosen) and not mix):
            pair = f"profile {self.profile.name} and target {self.target.name}"
            raise UsageError(f"nothing to do: {pair} leave no user; check the mix, --tags and --exclude-tags")
        return chosen


def choose(environment: Environment, settings: Settings, environ: Mapping[str, str]) -> Choice:
    """Read and check everything; raises PlimsollError with what to correct."""
    target, profile = read_definitions(environment, settings.target, settings.load_profile)
    check_mix(profile, target)
    url = usable_url(target, settings.base_url, environ)
    _check_requests(target, url, environ)
    make_run_root(Path(settings.run_directory), "--run-directory")
    _check_baseline(settings, target, profile, run_environment(target, environ).env8, environ)
    if profile.stages and settings.class_picker:
        raise UsageError(f"--class-picker: profile {profile.name} picks the users itself; use it with manual")
    return Choice(settings, target, profile, url)


def _check_requests(target: Target, url: str, environ: Mapping[str, str]) -> None:
    """A header that no request can carry would fail each of them."""
    origin = parse_origin(url)
    for name, headers in expanded_headers(target, environ).items():
        endpoint = target.endpoints[name]
        request_template(origin, endpoint.method, endpoint.path, {}, headers)


def _check_baseline(
    settings: Settings, target: Target, profile: LoadProfile, env8: str, environ: Mapping[str, str]
) -> None:
    """A baseline that cannot be read is found before the load, not after it."""
    if settings.baseline not in ("auto", "none"):
        read_baseline(Path(settings.baseline))
    if settings.baseline != "auto" or not profile.compare:
        return
    root = Path(environ.get("PLIMSOLL_BASELINES") or CHECKOUT / "baselines")
    path = baseline_path(root, target.name, profile.name, env8, BaselineKind.ROLLING)
    if path.exists():
        read_baseline(path)
