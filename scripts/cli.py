"""The `plimsoll` command: arguments, messages and exit codes; the work lies in a module per command."""

import functools
import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from analysis.errors import PlimsollError
from analysis.exit_code import ExitCode
from scripts.checkout import BASELINES, RUNS

P = ParamSpec("P")

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
baseline_app = typer.Typer(
    help="Record, show and promote baselines.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(baseline_app, name="baseline")

Target = Annotated[
    str, typer.Option("--target", help="Target: a name in locustfiles/targets, or a .toml file.")
]
Profile = Annotated[
    str, typer.Option("--profile", help="Load profile: a name in locustfiles/profiles, or a .toml file.")
]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Use this instead of the target's base_url.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of arrivals and questions.")]
Processes = Annotated[int | None, typer.Option("--processes", help="Locust worker processes.")]
RunRoot = Annotated[Path, typer.Option("--run-root", help="Where run directories are made.")]
Baselines = Annotated[Path, typer.Option("--baselines", help="Where baselines are kept.")]
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
Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories.")]


def main() -> None:
    app(prog_name="plimsoll")


def command(function: Callable[P, int]) -> Callable[P, None]:
    """Turns what a command returns or raises into the exit code of the contract."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(int(_guard(lambda: function(*args, **kwargs))))

    return guarded


def _guard(work: Callable[[], int]) -> int:
    try:
        return work()
    except PlimsollError as error:
        _show_traceback()
        print(f"plimsoll: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("plimsoll: stopped by SIGINT", file=sys.stderr)
        return ExitCode.INVALID
    except BrokenPipeError:
        # Python flushes stdout once more at exit: give it somewhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INVALID
    except Exception as error:  # noqa: BLE001 -- the outermost frame: fails closed with one line
        _show_traceback()
        from scripts.fault import log_fault

        kind = type(error).__name__
        print(f"plimsoll: a fault of its own: {kind}: {error}; details: {log_fault(error)}", file=sys.stderr)
        return ExitCode.INVALID


def _show_traceback() -> None:
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        traceback.print_exc()


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
    from scripts.run import run_command

    return run_command(
        target,
        profile,
        runs,
        baseline=baseline,
        allow_inconclusive=allow_inconclusive,
        processes=processes,
        seed=seed,
        base_url=base_url,
        run_root=run_root,
        baselines=baselines,
        as_json=as_json,
        locust_args=tuple(locust_args or ()),
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
def sidecar(
    target: Target,
    output: Annotated[str, typer.Option("--output", help="A file, or - for stdout.")] = "-",
    interval_s: Annotated[float, typer.Option("--interval", min=0.1, help="Seconds between samples.")] = 1.0,
    pid: Annotated[int | None, typer.Option("--pid", help="The service's process.")] = None,
    base_url: BaseUrl = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Stop after so many samples.")] = None,
) -> int:
    """Sample the host and the service, one JSON line a second."""
    from scripts.sidecar.command import sidecar_command

    return sidecar_command(target, output, interval_s, pid, base_url, count)


if __name__ == "__main__":
    main()
