"""`plimsoll judge`: judges finished runs, writes the result and its reports, and prints the verdict."""

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import RunLogError
from analysis.judge import judge_runs
from analysis.judged_run import JudgedRun, read_like_runs
from analysis.result import Result
from scripts.verdict_text import verdict_text


def judge_command(
    runs: Sequence[Path], baseline: str, allow_inconclusive: bool, as_json: bool, baselines: Path
) -> int:
    """Several runs are judged together; the files go into the last one's directory."""
    read = read_like_runs(runs)
    result = judge_runs(
        read,
        runs[-1],
        baseline=baseline if baseline in ("auto", "none") else Path(baseline),
        baselines_root=baselines,
        allow_inconclusive=allow_inconclusive,
    )
    files = _write_reports(runs[-1], result, read[-1])
    if as_json:
        print(result.to_json(), end="")
    else:
        print(verdict_text(result), end="")
        print("\n".join(str(path) for path in files if path.suffix != ".xml"))
    return result.exit_code


def _write_reports(run: Path, result: Result, judged: JudgedRun) -> tuple[Path, ...]:
    from reports.report_files import write_report_files  # matplotlib comes with it: not for a wrong path

    try:
        return write_report_files(run, result, judged)
    except OSError as error:
        raise RunLogError(
            f"{run}: the reports cannot be written: {error.strerror}; make room, then judge again"
        ) from error
