"""The decision between two versions as JUnit XML.

Every gated metric is a test case: a regression is a failure, what is still open is skipped. Warnings stand in
the output of the case `verdict`.
"""

from analysis.ab_result import AbResult
from analysis.looks import CONFIDENCE
from reports import ab_view
from reports.junit import VERDICT, JunitHead, compared_case, junit_text, verdict_case


def render_ab_junit(result: AbResult) -> str:
    void = None if ab_view.decides(result) else "the session is invalid"
    lines = (*result.reasons, *(f"warning: {text}" for text in result.warnings))
    suites = {
        VERDICT: [verdict_case(result.verdict, result.exit_code, ab_view.meaning(result), lines)],
        "comparison": [compared_case(row, CONFIDENCE, void) for row in result.rows if row.gated],
    }
    properties = {
        "session": result.ab_id,
        "target": result.target,
        "profile": result.profile,
        "a": result.a,
        "b": result.b,
        "pairs": str(result.pairs),
    }
    head = JunitHead(result.target, result.profile, result.start_utc, result.spent_s, properties)
    return junit_text(suites, head)
