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
    help="Record, show, compare and promote baselines.", no_args_is_help=True, rich_markup_mode=None
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
    extend: Annotated[
        Path | None,
        typer.Option(
            "--extend",
            metavar="FILE",
            help="Keep the runs of this baseline: a second session shows how much sessions differ.",
        ),
    ] = None,
    noise: Annotated[
        list[Path] | None,
        typer.Option(
            "--noise",
            metavar="FILE",
            help="Noise figures of `plimsoll ab --self`, to be the floor; may be given several times.",
        ),
    ] = None,
    processes: Processes = None,
    seed: Seed = None,
    base_url: BaseUrl = None,
    run_root: RunRoot = RUNS,
    baselines: Baselines = BASELINES,
    locust_args: LocustArgs = None,
) -> int:
    """Make several runs and write them as a candidate."""
    from scripts.baseline import record_command
    from scripts.run import order_for

    order = order_for(
        target,
        profile,
        seed=seed,
        base_url=base_url,
        processes=processes,
        run_root=run_root,
        locust_args=locust_args or (),
    )
    return record_command(
        order, runs, promoted=promote, extend=extend, noise=noise or (), baselines=baselines
    )


@baseline_app.command()
@command
def show(path: File, as_json: AsJson = False) -> int:
    """Print what a baseline holds."""
    from scripts.baseline import show_command

    return show_command(path, as_json)


@baseline_app.command()
@command
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A baseline file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another one, such as a candidate.")],
    as_json: AsJson = False,
) -> int:
    """Print what changed from one baseline to another."""
    from scripts.baseline import diff_command

    return diff_command(old, new, as_json)


@baseline_app.command()
@command
def schema() -> int:
    """Print the JSON Schema of a baseline file."""
    from scripts.baseline import schema_command

    return schema_command()


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
