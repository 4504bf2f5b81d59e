"""Writes the run.json of a run that starts, in a process of its own because importing Locust patches it.

`INDEX_SHA256=1a2b python -m tests.locustfiles.run_file_process FOLDER`
"""

from locust.argument_parser import LocustArgumentParser

import sys
from dataclasses import replace
from pathlib import Path

from analysis.profile import load_profile
from analysis.run_directory import RunDirectory
from analysis.target import load_target
from locustfiles.load.arguments import add_arguments, settings_from
from locustfiles.load.run_file import RunFile
from locustfiles.load.run_plan import LOCAL


def main() -> None:
    parser = LocustArgumentParser()
    add_arguments(parser)
    settings = settings_from(parser.parse_args([]))
    target = replace(load_target("reference"), environment={"index": "${INDEX_SHA256}"})
    file = RunFile(RunDirectory(Path(sys.argv[1])), settings, target, load_profile("smoke"))
    file.write_running(1_000_000_000, "http://127.0.0.1:8800", (LOCAL,))


if __name__ == "__main__":
    main()
