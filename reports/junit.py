"""Test cases as JUnit XML, in the shape that the readers of all CI servers share.

Many dashboards count skipped cases as good news, so the case `verdict` tells the whole truth: it fails or is
in error exactly when the exit code is not 0, also when nothing was decided, and is skipped when that was
allowed to pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree

from analysis.result import ComparisonRow, Outcome, Verdict
from reports import wording
from reports.printable import one_line, printable

VERDICT = "verdict"
"""Name of the suite and of its only case."""

_NAME_CHARACTERS = 200


class Ending(StrEnum):
    PASSED = "passed"
    FAILED = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """`kind` is the type of a failure or an error, `output` all that is known."""

    name: str
    ending: Ending
    message: str
    kind: str
    output: str


@dataclass(frozen=True, slots=True)
class JunitHead:
    """What the cases of one file have in common; `properties` are shown with each suite."""

    target: str
    profile: str
    start_utc: str
    duration_s: float
    properties: Mapping[str, str]


def junit_text(suites: Mapping[str, Sequence[Case]], head: JunitHead) -> str:
    """Suites without cases are left out."""
    root = ElementTree.Element("testsuites", name="plimsoll")
    _count(root, [case for cases in suites.values() for case in cases])
    root.set("time", _seconds(head.duration_s))
    for name, cases in suites.items():
        if cases:
            root.append(_suite(name, cases, head))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def verdict_case(verdict: Verdict, exit_code: int, meaning: str, lines: Sequence[str]) -> Case:
    undecided = verdict in (Verdict.INCONCLUSIVE, Verdict.NO_BASELINE)
    if verdict is Verdict.INVALID:
        ending = Ending.ERROR
    elif exit_code != 0:
        ending = Ending.ERROR if undecided else Ending.FAILED
    else:
        ending = Ending.SKIPPED if undecided else Ending.PASSED
    message = f"{wording.word(verdict)}: {meaning}"
    return Case(VERDICT, ending, message, verdict.value, "\n".join(lines))


def compared_case(row: ComparisonRow, confidence: float, void: str | None) -> Case:
    """`void` says why the row's figures prove nothing, if they do not."""
    sentence = wording.comparison_sentence(row, confidence)
    if void is not None:
        return void_case(row.name, sentence, void)
    endings = {Outcome.REGRESSION: Ending.FAILED, Outcome.INCONCLUSIVE: Ending.SKIPPED}
    return Case(row.name, endings.get(row.outcome, Ending.PASSED), sentence, "regression", sentence)


def void_case(name: str, sentence: str, void: str) -> Case:
    return Case(name, Ending.SKIPPED, f"{void}; {sentence}", "invalid", sentence)


def _suite(name: str, cases: Sequence[Case], head: JunitHead) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=f"plimsoll.{name}")
    _count(suite, cases)
    suite.set("time", _seconds(head.duration_s if name == VERDICT else 0.0))
    # The common schema has no place for a time zone; the time is UTC.
    suite.set("timestamp", printable(head.start_utc)[:19])
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in head.properties.items():
        ElementTree.SubElement(properties, "property", name=key, value=one_line(value))
    for case in cases:
        suite.append(_element(case, name, head))
    return suite


def _element(case: Case, suite: str, head: JunitHead) -> ElementTree.Element:
    classname = one_line(f"{head.target}.{head.profile}.{suite}", _NAME_CHARACTERS)
    name = one_line(case.name, _NAME_CHARACTERS)
    element = ElementTree.Element("testcase", classname=classname, name=name, time="0.000")
    if case.ending is Ending.SKIPPED:
        ElementTree.SubElement(element, "skipped", message=one_line(case.message))
    elif case.ending is not Ending.PASSED:
        child = ElementTree.SubElement(
            element, case.ending.value, message=one_line(case.message), type=case.kind
        )
        child.text = printable(case.output)
    if case.output and case.ending in (Ending.PASSED, Ending.SKIPPED):
        ElementTree.SubElement(element, "system-out").text = printable(case.output)
    return element


def _count(element: ElementTree.Element, cases: Sequence[Case]) -> None:
    element.set("tests", str(len(cases)))
    for name, ending in (
        ("failures", Ending.FAILED),
        ("errors", Ending.ERROR),
        ("skipped", Ending.SKIPPED),
    ):
        element.set(name, str(sum(case.ending is ending for case in cases)))


def _seconds(value: float) -> str:
    return f"{value:.3f}"
