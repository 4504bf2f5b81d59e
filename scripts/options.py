"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Target = Annotated[
    str, typer.Option("--target", help="Target: a name in locustfiles/targets, or a .toml file.")
]
Profile = Annotated[
    str, typer.Option("--profile", help="Load profile: a name in locustfiles/profiles, or a .toml file.")
]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Use this instead of the target's base_url.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of arrivals and questions.")]
Processes = Annotated[int | None, typer.Option("--processes", help="Locust worker processes.")]
RunRoot = Annotated[
    Path,
    typer.Option(
        "--run-root",
        envvar="PLIMSOLL_RUN_DIRECTORY",
        help="Where run directories are made.  [default: reports/runs of the checkout]",
        show_default=False,
    ),
]
Baselines = Annotated[
    Path,
    typer.Option(
        "--baselines",
        envvar="PLIMSOLL_BASELINES",
        help="Where baselines are kept.  [default: baselines of the checkout]",
        show_default=False,
    ),
]
BaselineName = Annotated[
    str, typer.Option("--baseline", help="auto, none (objectives only) or a baseline file.")
]
AllowInconclusive = Annotated[
    bool, typer.Option("--allow-inconclusive", help="Exit 0 instead of 4 when nothing could be decided.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
LocustArgs = Annotated[
    list[str] | None, typer.Argument(metavar="[-- LOCUST_ARGS]", help="Passed to locust as they are.")
]
