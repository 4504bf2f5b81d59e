"""Arguments of `plimsoll baseline`."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.checkout import BASELINES, RUNS
from scripts.guard import command
from scripts.options import (
    AsJson,
    Baselines,
    BaseUrl,
    LocustArgs,
    Processes,
    Profile,
    RunRoot,
    Seed,
    Target,
)

baseline_app = typer.Typer(
    help="Record, show and promote baselines.", no_args_is_help=True, rich_markup_mode=None
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A baseline file.")]


@baseline_app.command()
@command
def record(
    target: Target = "reference",
    profile: Profile = "baseline",
    runs: Annotated[int, typer.Option("--runs", help="Valid runs to make, five or more.")] = 5,
    promote: Annotated[
        bool, typer.Option("--promote", help="Put the candidate in place as the rolling baseline.")
    ] = False,
    processes: Processes = None,
    seed: Seed = None,
    base_url: BaseUrl = None,
    run_root: RunRoot = RUNS,
    baselines: Baselines = BASELINES,
    locust_args: LocustArgs = None,
) -> int:
    """Make several runs and write them as a candidate."""
    from scripts.baseline import record_command

    return record_command(
        target,
        profile,
        runs,
        promoted=promote,
        processes=processes,
        seed=seed,
        base_url=base_url,
        run_root=run_root,
        baselines=baselines,
        locust_args=tuple(locust_args or ()),
    )


@baseline_app.command()
@command
def show(path: File, as_json: AsJson = False) -> int:
    """Print what a baseline holds."""
    from scripts.baseline import show_command

    return show_command(path, as_json)


@baseline_app.command()
@command
def promote(
    path: File,
    kind: Annotated[str, typer.Option("--as", help="rolling or anchor.")] = "rolling",
    baselines: Baselines = BASELINES,
) -> int:
    """Put a candidate in place of the baseline that judges."""
    from scripts.baseline import promote_command

    return promote_command(path, kind, baselines)
