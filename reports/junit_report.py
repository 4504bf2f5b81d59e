"""The verdict as JUnit XML, for the test tab of a CI server.

Every objective, gated comparison and validity check is a test case. A missed objective and a regression
are failures; a check that makes the run invalid is an error. What could not be decided is skipped, with the
reason. In an invalid run objectives and comparisons are skipped too, as their numbers prove nothing.

Many dashboards count skipped cases as good news, so the case `verdict` tells the whole truth: it fails or is
in error exactly when the exit code is not 0, also for an inconclusive run, and is skipped when an undecided
run was allowed to pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree

from analysis.result import Check, ComparisonRow, ObjectiveRow, Outcome, Result, Verdict
from reports import wording
from reports.printable import one_line, printable

_NAME_CHARACTERS = 200


class _Ending(StrEnum):
    PASSED = "passed"
    FAILED = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    ending: _Ending
    message: str
    kind: str
    output: str


def render_junit(result: Result) -> str:
    valid = result.verdict is not Verdict.INVALID
    gated = [row for row in result.comparison.rows if row.gated] if result.comparison is not None else []
    suites = {
        "verdict": [_verdict(result)],
        "validity": [_check(check) for check in result.validity],
        "objectives": [_objective(row, valid) for row in result.objectives],
        "comparison": [_compared(row, valid) for row in gated],
    }
    root = ElementTree.Element("testsuites", name="plimsoll")
    _count(root, [case for cases in suites.values() for case in cases])
    root.set("time", _seconds(result.duration_s))
    for name, cases in suites.items():
        if cases:
            root.append(_suite(name, cases, result))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _verdict(result: Result) -> _Case:
    undecided = result.verdict in (Verdict.INCONCLUSIVE, Verdict.NO_BASELINE)
    if result.verdict is Verdict.INVALID:
        ending = _Ending.ERROR
    elif result.exit_code != 0:
        ending = _Ending.ERROR if undecided else _Ending.FAILED
    else:
        ending = _Ending.SKIPPED if undecided else _Ending.PASSED
    message = f"{wording.word(result.verdict)}: {wording.meaning(result)}"
    return _Case("verdict", ending, message, result.verdict.value, "\n".join(result.reasons))


def _check(check: Check) -> _Case:
    ending = _Ending.PASSED if check.ok else _Ending.ERROR if check.invalidates else _Ending.SKIPPED
    found = f"found {check.value}, limit {check.limit}" if check.limit else f"found {check.value}"
    output = check.text if check.value is None else f"{check.text} ({found})"
    return _Case(check.name, ending, check.text, "invalid" if check.invalidates else "warning", output)


def _objective(row: ObjectiveRow, valid: bool) -> _Case:
    sentence = wording.objective_sentence(row)
    if not valid:
        return _undecidable(row.name, sentence)
    ending = _Ending.SKIPPED if row.met is None else _Ending.PASSED if row.met else _Ending.FAILED
    return _Case(row.name, ending, sentence, "objective_missed", sentence)


def _compared(row: ComparisonRow, valid: bool) -> _Case:
    sentence = wording.comparison_sentence(row)
    if not valid:
        return _undecidable(row.name, sentence)
    ending = {Outcome.REGRESSION: _Ending.FAILED, Outcome.INCONCLUSIVE: _Ending.SKIPPED}.get(
        row.outcome, _Ending.PASSED
    )
    return _Case(row.name, ending, sentence, "regression", sentence)


def _undecidable(name: str, sentence: str) -> _Case:
    return _Case(name, _Ending.SKIPPED, f"the run is invalid; {sentence}", "invalid", sentence)


def _suite(name: str, cases: Sequence[_Case], result: Result) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=f"plimsoll.{name}")
    _count(suite, cases)
    suite.set("time", _seconds(result.duration_s if name == "verdict" else 0.0))
    # The common schema has no place for a time zone; the time is UTC.
    suite.set("timestamp", printable(result.start_utc)[:19])
    properties = ElementTree.SubElement(suite, "properties")
    for key in ("run_id", "target", "profile", "clock"):
        ElementTree.SubElement(properties, "property", name=key, value=one_line(str(getattr(result, key))))
    for case in cases:
        suite.append(_element(case, name, result))
    return suite


def _element(case: _Case, suite: str, result: Result) -> ElementTree.Element:
    classname = one_line(f"{result.target}.{result.profile}.{suite}", _NAME_CHARACTERS)
    name = one_line(case.name, _NAME_CHARACTERS)
    element = ElementTree.Element("testcase", classname=classname, name=name, time="0.000")
    if case.ending is _Ending.SKIPPED:
        ElementTree.SubElement(element, "skipped", message=one_line(case.message))
    elif case.ending is not _Ending.PASSED:
        child = ElementTree.SubElement(
            element, case.ending.value, message=one_line(case.message), type=case.kind
        )
        child.text = printable(case.output)
    if case.output and case.ending in (_Ending.PASSED, _Ending.SKIPPED):
        ElementTree.SubElement(element, "system-out").text = printable(case.output)
    return element


def _count(element: ElementTree.Element, cases: Sequence[_Case]) -> None:
    element.set("tests", str(len(cases)))
    for name, ending in (
        ("failures", _Ending.FAILED),
        ("errors", _Ending.ERROR),
        ("skipped", _Ending.SKIPPED),
    ):
        element.set(name, str(sum(case.ending is ending for case in cases)))


def _seconds(value: float) -> str:
    return f"{value:.3f}"
