"""The `plimsoll` command: arguments, messages and exit codes; the work lies in a module per command."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from scripts.ab_cli import ab
from scripts.baseline_cli import baseline_app
from scripts.checkout import BASELINES, CALIBRATION, RUNS
from scripts.guard import command
from scripts.options import (
    AllowInconclusive,
    AsJson,
    BaselineName,
    Baselines,
    BaseUrl,
    LocustArgs,
    Processes,
    Profile,
    RunRoot,
    Seed,
    Target,
)
from scripts.serve_cli import serve

app = typer.Typer(
    name="plimsoll",
    help="Load tests and performance baselines for RAG and LLM HTTP services.",
    epilog="Exit codes: 0 pass or improvement, 1 regression or objective missed, 2 usage, 3 invalid run, "
    "4 inconclusive or no comparable baseline.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: importing rich costs more than all the rest
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories.")]


def main() -> None:
    app(prog_name="plimsoll")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"plimsoll {version('plimsoll')}")
        raise typer.Exit


@app.callback()
def configure(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more on stderr.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything and show tracebacks.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    level = logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s: %(message)s")


@app.command()
@command
def run(
    target: Target = "reference",
    profile: Profile = "baseline",
    runs: Annotated[int, typer.Option("--runs", min=1, help="Runs to make and judge together.")] = 1,
    baseline: BaselineName = "auto",
    allow_inconclusive: AllowInconclusive = False,
    processes: Processes = None,
    seed: Seed = None,
    base_url: BaseUrl = None,
    run_root: RunRoot = RUNS,
    baselines: Baselines = BASELINES,
    as_json: AsJson = False,
    locust_args: LocustArgs = None,
) -> int:
    """Run a load profile against a target, judge it and write the reports."""
    from scripts.run import order_for, run_command

    order = order_for(
        target,
        profile,
        seed=seed,
        base_url=base_url,
        processes=processes,
        run_root=run_root,
        locust_args=locust_args or (),
    )
    return run_command(
        order,
        runs,
        baseline=baseline,
        allow_inconclusive=allow_inconclusive,
        baselines=baselines,
        as_json=as_json,
    )


@app.command()
@command
def judge(
    runs: Runs,
    baseline: BaselineName = "auto",
    allow_inconclusive: AllowInconclusive = False,
    baselines: Baselines = BASELINES,
    as_json: AsJson = False,
) -> int:
    """Judge finished runs again, together, and write the reports into the last one."""
    from scripts.judge import judge_command

    return judge_command(runs, baseline, allow_inconclusive, as_json, baselines)


@app.command()
@command
def report(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="A judged run directory.")],
) -> int:
    """Write the reports of a judged run again."""
    from scripts.report import report_command

    return report_command(path)


@app.command()
@command
def history(
    target: Target = "reference",
    profile: Profile = "baseline",
    last: Annotated[int, typer.Option("--last", min=1, help="Weeks to list.")] = 12,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write a CSV that Apache Otava reads; - for stdout.")
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the history into this .svg file.")] = None,
    baselines: Baselines = BASELINES,
    as_json: AsJson = False,
) -> int:
    """Show how baselines went from week to week, and where a level changed."""
    from scripts.history import history_command

    return history_command(
        target, profile, last=last, csv=csv, plot=plot, as_json=as_json, baselines=baselines
    )


@app.command()
@command
def regenerate(
    target: Target = "reference",
    profile: Profile = "baseline",
    runs: Annotated[int, typer.Option("--runs", help="Valid runs to record, five or more.")] = 7,
    pairs: Annotated[
        int, typer.Option("--pairs", help="Pairs of runs of the same version, for the noise; 0 for none.")
    ] = 10,
    allow_inconclusive: AllowInconclusive = False,
    processes: Processes = None,
    seed: Seed = None,
    base_url: BaseUrl = None,
    run_root: RunRoot = RUNS,
    baselines: Baselines = BASELINES,
    as_json: AsJson = False,
    locust_args: LocustArgs = None,
) -> int:
    """Record a baseline anew, compare it with the old ones and leave a page for review."""
    from scripts.regenerate import RegenerationOrder, regenerate_command
    from scripts.run import order_for

    load = order_for(
        target,
        profile,
        seed=seed,
        base_url=base_url,
        processes=processes,
        run_root=run_root,
        locust_args=locust_args or (),
    )
    order = RegenerationOrder(load, runs=runs, pairs=pairs, baselines=baselines)
    return regenerate_command(order, allow_inconclusive=allow_inconclusive, as_json=as_json)


@app.command()
@command
def doctor(
    target: Target = "reference",
    base_url: BaseUrl = None,
    as_json: AsJson = False,
) -> int:
    """Check a target and all that watches it, and say what to do."""
    from scripts.doctor import doctor_command

    return doctor_command(target, base_url, as_json)


@app.command()
@command
def calibrate(
    quick: Annotated[bool, typer.Option("--quick", help="One short round, in under a minute.")] = False,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            envvar="PLIMSOLL_CALIBRATION",
            help="Where calibrations are kept.  [default: reports/calibration of the checkout]",
            show_default=False,
        ),
    ] = CALIBRATION,
    as_json: AsJson = False,
) -> int:
    """Measure this machine's load generator against a known truth, for runs to carry."""
    from scripts.calibration.command import calibrate_command

    return calibrate_command(quick=quick, as_json=as_json, folder=output)


@app.command()
@command
def sidecar(
    target: Target,
    output: Annotated[str, typer.Option("--output", help="A file, or - for stdout.")] = "-",
    period_s: Annotated[
        float | None, typer.Option("--period", help="Seconds between samples; the target's own by default.")
    ] = None,
    pid: Annotated[int | None, typer.Option("--pid", help="The service's process.")] = None,
    base_url: BaseUrl = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Stop after so many samples.")] = None,
) -> int:
    """Sample the host and the service, one JSON line a second."""
    from scripts.sidecar.command import sidecar_command

    return sidecar_command(target, output, period_s, pid, base_url, count)


app.command()(ab)
app.command()(serve)
app.add_typer(baseline_app, name="baseline")

if __name__ == "__main__":
    main()
