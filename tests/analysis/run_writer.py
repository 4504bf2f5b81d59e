"""Writes slices into a run directory until it is killed, or until a file reaches a limit.

Usage: python -m tests.analysis.run_writer DIRECTORY [BYTES_PER_FILE]
Prints the number of each slice once it is written; with a limit, the fault at the end.
"""

import itertools
import resource
import sys
from pathlib import Path

from analysis.run_directory import RunDirectory
from analysis.run_log_writer import RunLogWriter
from tests.analysis.run_content import SLICE_S, START_NS, run_content, write_slice


def main() -> None:
    """Write as fast as possible."""
    directory = RunDirectory(Path(sys.argv[1]))
    directory.write_run(run_content(status="running", end_utc=None, end_ns=None))
    writer = RunLogWriter(directory, START_NS, SLICE_S)
    slices_after_fault = 10
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    for number in itertools.count():
        write_slice(writer, number)
        print(number, flush=True)
        if writer.fault is not None:
            slices_after_fault -= 1
        if slices_after_fault == 0:
            break
    writer.close()
    print(writer.fault)


if __name__ == "__main__":
    main()
