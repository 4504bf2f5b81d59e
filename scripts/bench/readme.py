"""Measures for the README, and keeps its tables as the stored results say."""

import json
import subprocess
import sys
from collections.abc import Sequence

from analysis.errors import UsageError
from analysis.exit_code import ExitCode
from scripts.bench.readme_block import readme_block
from scripts.bench.results import Result, read_results, result, write_results
from scripts.checkout import ROOT
from scripts.child_end import end_with_parent

README = ROOT / "README.md"
BEGIN = "<!-- bench: made by `python -m scripts.bench readme`; do not edit -->\n"
END = "<!-- bench: end -->\n"
MEASUREMENTS = {
    "requests": ("requests",),
    "requests-tls": ("requests", "--tls"),
    "truth": ("truth", "--quick"),
    "truth-tls": ("truth", "--tls", "--quick"),
    "arrivals": ("arrivals",),
    "streams": ("streams",),
    "memory": ("memory",),
}
"""Together about half an hour on a machine that does nothing else."""


def readme_command(measure: Sequence[str] | None) -> int:
    """Measure the named ones first, all when none is named, and none for None.

    Each is stored as soon as it is there; one that fails leaves what was measured before, and the exit code
    says so.
    """
    unknown = [name for name in measure or () if name not in MEASUREMENTS]
    if unknown:
        raise UsageError(f"benchmarks: found {unknown[0]}, wanted some of {', '.join(MEASUREMENTS)}")
    failed = []
    if measure is not None:
        for name in measure or MEASUREMENTS:
            measured = _measured(name)
            if measured is None:
                failed.append(name)
            else:
                write_results({**read_results(), name: measured})
                write_readme()
    write_readme()
    for name in failed:
        print(f"bench: {name} was not measured; its reason is above", file=sys.stderr)
    return ExitCode.INVALID if failed else ExitCode.PASS


def write_readme() -> None:
    """Put the tables of the stored results into their place."""
    README.write_text(with_block(README.read_text(), readme_block(read_results())))


def with_block(text: str, block: str) -> str:
    """The text with another block between the marks; raises UsageError when it has no marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UsageError(f"benchmarks: {README.name} has no marks {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}{block}{END}{after}"


def _measured(name: str) -> Result | None:
    words = MEASUREMENTS[name]
    print(f"== {name}", file=sys.stderr)
    done = subprocess.run(  # noqa: S603 -- a command of our own making, no shell
        [sys.executable, "-m", "scripts.bench", *words, "--json"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
        check=False,
    )
    if done.returncode:
        return None
    return result(f"python -m scripts.bench {' '.join(words)}", json.loads(done.stdout))
