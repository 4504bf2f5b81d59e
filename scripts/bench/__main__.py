"""`python -m scripts.bench NAME`: benchmarks of the suite, beside other load generators."""

import argparse
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from analysis.errors import PlimsollError
from analysis.exit_code import ExitCode
from scripts.bench.arrivals import arrivals_command
from scripts.bench.judging import judge_command
from scripts.bench.memory import memory_command
from scripts.bench.readme import MEASUREMENTS, readme_command
from scripts.bench.requests_per_core import requests_command
from scripts.bench.streams import streams_command
from scripts.bench.truth import truth_command
from scripts.bench.verdicts.command import verdicts_command


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How one of them is called."""

    run: Callable[..., int]
    """With `quick` and `as_json`, and `secure` when it can do TLS."""
    help: str
    quick: str
    json: str
    can_tls: bool = False


BENCHMARKS = {
    "requests": Benchmark(
        requests_command,
        help="requests per second of one core, all recorded",
        quick="three short rounds, fewer peers",
        json="the key ratios: ours by each peer's",
        can_tls=True,
    ),
    "truth": Benchmark(
        truth_command,
        help="percentiles reported at saturation beside the server's own log",
        quick="three short rounds",
        json="the keys ratios (of requests per second) and error_ms",
        can_tls=True,
    ),
    "arrivals": Benchmark(
        arrivals_command,
        help="how punctual the open model's sends are",
        quick="one short round",
        json="the key send_lag_ms",
    ),
    "streams": Benchmark(
        streams_command,
        help="how true the stamps of streams are, and events per core",
        quick="one round of short streams, fewer peers",
        json="the keys ratios and error_ms",
    ),
    "memory": Benchmark(
        memory_command,
        help="how much the generator's memory grows",
        quick="an hour in place of a day",
        json="the key growth_mb",
    ),
    "judge": Benchmark(
        judge_command,
        help="how long judging an hour of 36 million requests takes, and how much memory",
        quick="ten minutes of the load, judged once each way",
        json="the keys verdict and reports: took_s and peak_mb",
    ),
    "verdicts": Benchmark(
        verdicts_command,
        help="how often verdicts are wrong, simulated; exits with 1 when a claim does not hold",
        quick="fewer simulated gates",
        json="the keys ok, missed and rows",
    ),
}


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, benchmark in BENCHMARKS.items():
        command = commands.add_parser(name, help=benchmark.help)
        command.add_argument("--quick", action="store_true", help=benchmark.quick)
        command.add_argument(
            "--json",
            dest="as_json",
            action="store_true",
            help=f"print one JSON object, with {benchmark.json}",
        )
        if benchmark.can_tls:
            command.add_argument("--tls", dest="secure", action="store_true", help="over TLS")
    readme = commands.add_parser("readme", help="write the README's tables from the stored results")
    readme.add_argument(
        "--measure",
        nargs="*",
        metavar="NAME",
        help=f"measure and store first: all, or those named of {', '.join(MEASUREMENTS)}",
    )
    arguments = vars(parser.parse_args())
    name = arguments.pop("command")
    run = readme_command if name == "readme" else BENCHMARKS[name].run
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(**arguments)
    except PlimsollError as error:
        print(f"bench: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("bench: stopped before its end", file=sys.stderr)
        return ExitCode.INVALID


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """So that all that was started is ended, and no files are left behind."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
