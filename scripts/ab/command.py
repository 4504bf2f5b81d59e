"""`plimsoll ab`: begins or takes up a session of pairs, and gives its decision."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from analysis.ab_judge import RUNS, ArmRuns, judge_session
from analysis.ab_result import AbResult
from analysis.ab_session import AbPlan, AbSession, read_session
from analysis.errors import RunLogError
from analysis.judged_run import gate_rules
from analysis.plural import plural
from analysis.profile import LoadProfile, check_mix, load_profile
from analysis.run_directory import make_run_root
from analysis.target import load_target
from analysis.whole_file import write_whole
from scripts.ab.one_at_a_time import one_at_a_time
from scripts.ab.plan import OVERHEAD_S, Asked, check_minutes, plan_of
from scripts.ab.sitting import RunMaker, Sitting
from scripts.ab.text import ab_text
from scripts.forecast_text import pairs_text
from scripts.progress import open_display
from scripts.run import make_run, short

RESULT_JSON = "result.json"
NOISE_JSON = "aa-noise.json"


def ab_command(asked: Asked, *, allow_inconclusive: bool, run_root: Path, as_json: bool) -> int:
    plan = plan_of(asked)
    folder = begin(plan, run_root)
    with one_at_a_time(folder):
        return _finish(folder, asked.max_minutes, allow_inconclusive, as_json)


def resume_command(
    folder: Path, max_minutes: float | None, *, allow_inconclusive: bool, as_json: bool
) -> int:
    """Goes on where the session stopped; one that is decided gets its files again."""
    session = read_session(folder)
    check_minutes(max_minutes, load_profile(session.plan.profile))
    with one_at_a_time(folder):
        read_session(folder).taken_up().write(folder)
        return _finish(folder, max_minutes, allow_inconclusive, as_json)


def begin(plan: AbPlan, run_root: Path) -> Path:
    """The folder of a new session, with its ab.json; nothing has been run yet."""
    make_run_root(run_root, "--run-root")
    now = datetime.now(UTC)
    names = f"{load_target(plan.target).name}-{load_profile(plan.profile).name}"
    ab_id = f"{now:%Y%m%dT%H%M%SZ}-ab-{names}-{secrets.token_hex(2)}"
    folder = run_root.absolute() / ab_id
    make_run_root(folder / RUNS, "--run-root")
    AbSession(ab_id, f"{now:%Y-%m-%dT%H:%M:%SZ}", plan).write(folder)
    return folder


def hold_session(
    folder: Path,
    max_minutes: float | None,
    *,
    allow_inconclusive: bool = False,
    maker: RunMaker = make_run,
) -> AbResult:
    """Makes the runs that are due and writes result.json, the reports and, of one version, its noise.

    InvalidRunError when it is interrupted, TargetDownError when a service is not there; it can be taken up
    after either.
    """
    folder = short(folder)
    session = read_session(folder)
    runs = ArmRuns(folder)
    with open_display() as display:
        profile = load_profile(session.plan.profile)
        pair_min = 2 * (profile.duration_s + OVERHEAD_S) / 60
        display.note(f"{folder}: up to {plural(session.plan.most_pairs, 'pair')} of about {pair_min:.1f} min")
        if (expected := _expected(session.plan, profile)) is not None:
            display.note(expected)
        end = Sitting(folder, session, runs, display, max_minutes, maker).hold()
    result = judge_session(
        end.session, runs, broken=end.broken, cut=end.cut, allow_inconclusive=allow_inconclusive
    )
    _write(folder, result)
    return result


def _expected(plan: AbPlan, profile: LoadProfile) -> str | None:
    target = load_target(plan.target)
    return pairs_text(plan.floors, gate_rules(target, profile, check_mix(profile, target)), plan.most_pairs)


def _write(folder: Path, result: AbResult) -> None:
    from reports.ab_html import render_ab_html
    from reports.ab_junit import render_ab_junit
    from reports.ab_markdown import render_ab_markdown

    try:
        write_whole(folder / RESULT_JSON, result.to_json().encode())
        write_whole(folder / "junit.xml", render_ab_junit(result).encode())
        if result.noise is not None:
            write_whole(folder / NOISE_JSON, result.noise.to_json().encode())
        write_whole(folder / "report.md", render_ab_markdown(result).encode())
        write_whole(folder / "report.html", render_ab_html(result).encode())
    except OSError as error:
        raise RunLogError(
            f"{folder}: the decision cannot be written: {error.strerror}; make room, then --resume {folder}"
        ) from error


def _finish(folder: Path, max_minutes: float | None, allow_inconclusive: bool, as_json: bool) -> int:
    result = hold_session(folder, max_minutes, allow_inconclusive=allow_inconclusive)
    if as_json:
        print(result.to_json(), end="")
        return result.exit_code
    print(ab_text(result), end="")
    names = ["report.md", "report.html", *([NOISE_JSON] if result.noise is not None else [])]
    print("\n".join(str(short(folder) / name) for name in names))
    return result.exit_code
