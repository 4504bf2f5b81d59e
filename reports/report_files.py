"""The three files of a report, written into a run directory."""

from pathlib import Path

from analysis.judged_run import JudgedRun
from analysis.result import Result
from analysis.run_directory import RunDirectory
from analysis.whole_file import write_whole
from reports.html_report import render_html
from reports.junit_report import render_junit
from reports.markdown_report import render_markdown
from reports.report_reader import read_report_data


def write_report_files(run: Path, result: Result, judged: JudgedRun | None = None) -> tuple[Path, ...]:
    """`run` is the directory that the result was written to; returns the paths of the files.

    `judged` is what was read from it to judge it, so that it need not be read again.

    junit.xml comes first, from the result alone, so that CI learns the verdict even if drawing should fail.
    """
    directory = RunDirectory.open(run)
    write_whole(directory.junit_xml, render_junit(result).encode())
    data = read_report_data(run, result, judged)
    write_whole(directory.report_md, render_markdown(data).encode())
    write_whole(directory.report_html, render_html(data).encode())
    return directory.junit_xml, directory.report_md, directory.report_html
