"""Arguments of `plimsoll ab`."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.errors import UsageError
from scripts.checkout import RUNS
from scripts.guard import command
from scripts.options import AllowInconclusive, AsJson, LocustArgs, Processes, RunRoot, Seed, Target


@command
def ab(
    context: typer.Context,
    target: Target = "reference",
    profile: Annotated[
        str,
        typer.Option(
            "--load-profile",
            "--profile",
            help="Load profile: a name in locustfiles/profiles, or a .toml file.",
        ),
    ] = "pair",
    a: Annotated[str | None, typer.Option("--a", metavar="URL", help="The old version.")] = None,
    b: Annotated[str | None, typer.Option("--b", metavar="URL", help="The new version.")] = None,
    a_command: Annotated[
        str | None,
        typer.Option(
            "--a-command", help="Starts the old version, which --a or the target says where to ask."
        ),
    ] = None,
    b_command: Annotated[
        str | None,
        typer.Option(
            "--b-command", help="Starts the new version, which --b or the target says where to ask."
        ),
    ] = None,
    itself: Annotated[
        bool, typer.Option("--self", help="A against A, all pairs: measures the noise floor.")
    ] = False,
    pairs: Annotated[int, typer.Option("--pairs", help="Pairs at most, 4 to 12.")] = 12,
    max_minutes: Annotated[
        float | None, typer.Option("--max-minutes", help="Stop at the last look that fits into this time.")
    ] = None,
    noise: Annotated[
        list[Path] | None,
        typer.Option("--noise", help="Noise figures of an earlier --self; may be given several times."),
    ] = None,
    start_limit_s: Annotated[
        float, typer.Option("--start-limit", help="Seconds until a started version must be healthy.")
    ] = 60.0,
    allow_inconclusive: AllowInconclusive = False,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="DIR", help="Go on with a session that was stopped.")
    ] = None,
    processes: Processes = None,
    seed: Seed = None,
    run_root: RunRoot = RUNS,
    as_json: AsJson = False,
    locust_args: LocustArgs = None,
) -> int:
    """Decide between two versions by interleaved pairs of runs."""
    from scripts.ab.command import ab_command, resume_command
    from scripts.ab.plan import Asked

    if resume is not None:
        _refuse_others(context)
        return resume_command(resume, max_minutes, allow_inconclusive=allow_inconclusive, as_json=as_json)
    asked = Asked(
        target=target,
        profile=profile,
        a=a,
        b=b,
        a_command=a_command,
        b_command=b_command,
        itself=itself,
        pairs=pairs,
        max_minutes=max_minutes,
        noise=tuple(noise or ()),
        processes=processes,
        seed=seed,
        start_limit_s=start_limit_s,
        locust_args=tuple(locust_args or ()),
    )
    return ab_command(asked, allow_inconclusive=allow_inconclusive, run_root=run_root, as_json=as_json)


_BESIDE_RESUME = {"resume", "max_minutes", "allow_inconclusive", "as_json", "run_root"}


def _refuse_others(context: typer.Context) -> None:
    """A session keeps what it was begun with."""
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name not in _BESIDE_RESUME
        and parameter.name is not None
        and _is_given(context, parameter.name)
    ]
    if given:
        raise UsageError(
            f"--resume: found {', '.join(given)} beside it, wanted --max-minutes, --allow-inconclusive or "
            "--json at most: a session keeps what it was begun with"
        )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
