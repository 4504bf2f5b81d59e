"""`plimsoll report`: writes the reports of a judged run again, for instance after an update of the suite."""

from pathlib import Path

from analysis.result import read_result
from analysis.run_directory import RunDirectory


def report_command(run: Path) -> int:
    """0 whatever the verdict is: it was given by `plimsoll judge`, and only the files are made again."""
    directory = RunDirectory.open(run)
    result = read_result(directory.result_json)

    from reports.report_files import write_report_files  # matplotlib comes with it: not for a wrong path

    for path in write_report_files(directory.path, result):
        print(path)
    return 0
