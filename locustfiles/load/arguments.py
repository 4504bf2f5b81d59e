"""The arguments that the suite adds to Locust's command line and web form."""

from locust.argument_parser import LocustArgumentParser

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.profile import profile_names
from analysis.target import target_names

DEFAULT_TARGET = "reference"
DEFAULT_PROFILE = "manual"


class OpenChoices(list[str]):
    """Choices for the web form's drop-down that let the command line name a file as well.

    A file that was named is among the choices from then on, or the form could not show it.
    """

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str) and item not in list(self):
            self.append(item)
        return True


@dataclass(frozen=True, slots=True)
class Settings:
    """Our arguments, as typed values."""

    target: str
    load_profile: str
    seed: int
    baseline: str
    allow_inconclusive: bool
    run_directory: str
    sidecar_command: str
    base_url: str | None
    run_time_s: float | None
    headless: bool
    class_picker: bool


def add_arguments(parser: LocustArgumentParser) -> None:
    """Called for the command line, and again for each page of the web UI: no side effects."""
    # Reachable from other machines only when asked for: the form starts load and shows results.
    parser.set_defaults(web_host="127.0.0.1")

    parser.add_argument(
        "--target",
        default=DEFAULT_TARGET,
        choices=_choices(target_names(), DEFAULT_TARGET),
        metavar="NAME|FILE",
        env_var="PLIMSOLL_TARGET",
        help="the service under test: a name from locustfiles/targets or a TOML file",
    )
    parser.add_argument(
        "--load-profile",
        default=DEFAULT_PROFILE,
        choices=_choices(profile_names(), DEFAULT_PROFILE),
        metavar="NAME|FILE",
        env_var="PLIMSOLL_LOAD_PROFILE",
        help="how the load evolves: a name from locustfiles/profiles or a TOML file; "
        "manual obeys users, ramp-up and run time (-u, -r, -t)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        env_var="PLIMSOLL_SEED",
        help="of questions, think times and arrivals; the same seed sends the same load",
    )
    parser.add_argument(
        "--baseline",
        default="auto",
        metavar="auto|none|FILE",
        env_var="PLIMSOLL_BASELINE",
        help="what the run is compared with; none asks for the objectives only",
    )
    parser.add_argument(
        "--allow-inconclusive",
        action="store_true",
        env_var="PLIMSOLL_ALLOW_INCONCLUSIVE",
        help="exit 0 instead of 4 when nothing could be decided",
    )
    parser.add_argument(
        "--run-directory",
        default="reports/runs",
        metavar="DIR",
        env_var="PLIMSOLL_RUN_DIRECTORY",
        include_in_web_ui=False,
        help="where run directories are made",
    )
    parser.add_argument(
        "--sidecar-command",
        default="",
        metavar="COMMAND",
        env_var="PLIMSOLL_SIDECAR_COMMAND",
        include_in_web_ui=False,
        help="a command that prints samples as JSON lines, such as `ssh host plimsoll sidecar --output -`; "
        "none watches nothing",
    )
    parser.add_argument(
        "--plimsoll-plan",
        default="",
        include_in_web_ui=False,
        help="set by the master for its workers; not for people",
    )


def settings_from(options: object) -> Settings:
    """Typed values of our arguments out of Locust's parsed options."""
    values = vars(options)
    return Settings(
        target=values.get("target") or DEFAULT_TARGET,
        load_profile=values.get("load_profile") or DEFAULT_PROFILE,
        seed=int(values.get("seed") or 0),
        baseline=values.get("baseline") or "auto",
        allow_inconclusive=bool(values.get("allow_inconclusive")),
        run_directory=values.get("run_directory") or "reports/runs",
        sidecar_command=values.get("sidecar_command") or "",
        base_url=values.get("host") or None,
        run_time_s=values.get("run_time") or None,
        headless=bool(values.get("headless")),
        class_picker=bool(values.get("class_picker")),
    )


def _choices(names: Iterable[str], default: str) -> OpenChoices:
    rest = sorted(name for name in names if name != default)
    return OpenChoices([default, *rest])
