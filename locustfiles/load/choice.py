"""The target and profile that a run will use, checked before any load is sent."""

from locust import User

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.baseline import read_baseline
from analysis.errors import UsageError
from analysis.profile import LoadProfile, check_mix, load_profile
from analysis.target import Target, load_target
from locustfiles.load.arguments import Settings
from locustfiles.load.mix import tagged_mix
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


def choose(settings: Settings, environ: Mapping[str, str]) -> Choice:
    """Read and check everything; raises PlimsollError with what to correct."""
    target = load_target(settings.target)
    profile = load_profile(settings.load_profile)
    check_mix(profile, target)
    expanded_headers(target, environ)
    _make_run_root(Path(settings.run_directory))
    if settings.baseline not in ("auto", "none"):
        read_baseline(Path(settings.baseline))
    return Choice(settings, target, profile, usable_url(target, settings.base_url, environ))


def _make_run_root(root: Path) -> None:
    """Before the load rather than after it: a run that cannot be written is not worth starting."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--run-directory: found {root}, which cannot be made ({error.strerror}); name a directory"
        ) from error
