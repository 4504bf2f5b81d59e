"""The verdict on a run as JUnit XML.

Every objective, gated comparison and validity check is a test case. A missed objective and a regression
are failures; a check that makes the run invalid is an error. What could not be decided is skipped, with the
reason. In an invalid run objectives and comparisons are skipped too, as their numbers prove nothing.
"""

from analysis.result import Check, ObjectiveRow, Result, Verdict
from analysis.screen import CONFIDENCE
from reports import wording
from reports.junit import VERDICT, Case, Ending, JunitHead, compared_case, junit_text, verdict_case, void_case


def render_junit(result: Result) -> str:
    void = "the run is invalid" if result.verdict is Verdict.INVALID else None
    gated = [row for row in result.comparison.rows if row.gated] if result.comparison is not None else []
    suites = {
        VERDICT: [verdict_case(result.verdict, result.exit_code, wording.meaning(result), result.reasons)],
        "validity": [_check(check) for check in result.validity],
        "objectives": [_objective(row, void) for row in result.objectives],
        "comparison": [compared_case(row, CONFIDENCE, void) for row in gated],
    }
    names = ("run_id", "target", "profile", "clock")
    properties = {name: str(getattr(result, name)) for name in names}
    head = JunitHead(result.target, result.profile, result.start_utc, result.duration_s, properties)
    return junit_text(suites, head)


def _check(check: Check) -> Case:
    ending = Ending.PASSED if check.ok else Ending.ERROR if check.invalidates else Ending.SKIPPED
    found = f"found {check.value}, limit {check.limit}" if check.limit else f"found {check.value}"
    output = check.text if check.value is None else f"{check.text} ({found})"
    return Case(check.name, ending, check.text, "invalid" if check.invalidates else "warning", output)


def _objective(row: ObjectiveRow, void: str | None) -> Case:
    sentence = wording.objective_sentence(row)
    if void is not None:
        return void_case(row.name, sentence, void)
    ending = Ending.SKIPPED if row.met is None else Ending.PASSED if row.met else Ending.FAILED
    return Case(row.name, ending, sentence, "objective_missed", sentence)
