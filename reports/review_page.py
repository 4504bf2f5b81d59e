"""The page that a new baseline is reviewed by: old and new, how sure that is, the weeks before, the noise."""

from collections.abc import Iterator

from analysis.arms import name_parts
from analysis.baseline import BaselineKind
from analysis.plural import plural
from analysis.regeneration import Regeneration
from analysis.result import Comparison, ComparisonRow, Verdict
from analysis.screen import CONFIDENCE
from reports import wording
from reports.comparison_table import gated_rows, ungated_table
from reports.history_changes import change_sentence
from reports.markdown_report import SIGNS, escaped, markdown_table
from reports.quantity import ABSENT, change, quantity, scale_for
from reports.table import Cell, Table, head_of

_ADVICE = {
    Verdict.PASS: "Nothing speaks against taking the new baseline.",
    Verdict.IMPROVEMENT: "The service became better: take the new baseline, so that it is held to that.",
    Verdict.REGRESSION: "The service became worse. Find out why first: taking the new baseline accepts it, "
    "which wants a reason in writing. The anchor keeps showing it.",
    Verdict.OBJECTIVE_MISSED: "An objective is missed. Find out why before taking the new baseline.",
    Verdict.NO_BASELINE: "There was nothing comparable to hold it against: look at the figures themselves, "
    "and at why environment or load are new.",
    Verdict.INCONCLUSIVE: "Too little can be told from noise; what is open is named below. More runs or a "
    "quieter machine would tell.",
    Verdict.INVALID: "The runs cannot be trusted: do not take the new baseline.",
}


LIMIT_CHARACTERS = 60_000
"""The text of a pull request may hold 65 536."""


def render_review(found: Regeneration, *, history: str, changes: str, candidate: str) -> str:
    """`history` and `changes` are plots beside the page, `candidate` is the new file as one would name it.

    What is not gated is left out where the page would be too long for a pull request.
    """
    page = _page(found, history, changes, candidate, whole=True)
    return page if len(page) <= LIMIT_CHARACTERS else _page(found, history, changes, candidate, whole=False)


def _page(found: Regeneration, history: str, changes: str, candidate: str, *, whole: bool) -> str:
    verdict = found.decision.verdict
    baseline = found.candidate
    parts = [
        f"## {SIGNS[wording.tone(verdict)]} {wording.word(verdict)}: a new baseline of "
        f"{escaped(baseline.target)} under {escaped(baseline.profile)}",
        _ADVICE[verdict],
        "\n".join(f"- {escaped(wording.sentence(reason))}" for reason in found.decision.reasons),
        _facts(found),
        "### Against the rolling baseline",
        _comparison(found.judged.comparison, BaselineKind.ROLLING, whole=whole),
        "### Against the anchor",
        _comparison(found.anchor, BaselineKind.ANCHOR, whole=False),
        f"![Changes against both, with their intervals and margins]({changes})",
        "### The weeks before",
        "\n".join(f"- {escaped(line)}" for line in _change_lines(found)),
        f"![The history of this baseline]({history})",
        "### Noise",
        _noise(found),
        "### The machine",
        _machine(found),
        "### To take it",
        _steps(found, candidate),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(found: Regeneration) -> str:
    baseline = found.candidate
    git = found.segment.rows[-1].git_commit
    facts = (
        baseline.baseline_id,
        plural(len(baseline.runs), "run"),
        f"environment {baseline.env8}",
        f"load {baseline.scenario_sha256[:8]}",
        wording.clock(baseline.clock),
        ABSENT if git is None else f"suite at {git[:8]}",
    )
    return " · ".join(escaped(fact) for fact in facts)


def _comparison(comparison: Comparison | None, kind: BaselineKind, *, whole: bool) -> str:
    if comparison is None:
        if kind is BaselineKind.ANCHOR:
            return "There is no anchor for this environment, so that changes too small to see may add up."
        return "There is no rolling baseline of this target and load profile."
    lead = f"{escaped(comparison.baseline_id)}, {plural(comparison.baseline_runs, 'run')}."
    if not comparison.comparable:
        return f"{lead} Not comparable. These keys differ: {escaped(', '.join(comparison.differing))}."
    lead += (
        f" Small figures are the {wording.percent(CONFIDENCE)} interval of the change; "
        '"seen from" is the smallest change for the worse that would have been called one.'
    )
    parts = [lead, markdown_table(_gated(comparison), "No metric is gated.")]
    shown = markdown_table(ungated_table(comparison)) if whole else ""
    if shown:
        parts.append(f"<details><summary>Shown, not gated</summary>\n\n{shown}\n\n</details>")
    return "\n\n".join(parts)


def _gated(comparison: Comparison) -> Table:
    head = head_of("Metric", "Old>", "New>", "Change>", "Margin>", "Seen from>", "Outcome")
    return Table(head, tuple(_cells(row) for row in gated_rows(comparison)))


def _cells(row: ComparisonRow) -> tuple[Cell, ...]:
    scale = scale_for(row.unit, min((v for v in (row.baseline, row.candidate) if v), default=None))
    bounds = ""
    if row.low is not None and row.high is not None:
        bounds = f"{change(row.low, row.unit)} … {change(row.high, row.unit)}"
    return (
        Cell(wording.title(row.endpoint, row.metric, row.statistic), small=row.reason or ""),
        Cell(scale.text(row.baseline), number=True),
        Cell(scale.text(row.candidate), number=True),
        Cell(change(row.change, row.unit), small=bounds, number=True),
        Cell(change(row.margin, row.unit, signed=False), number=True),
        Cell(change(row.smallest_effect, row.unit, signed=False), number=True),
        Cell(wording.word(row.outcome), tone=wording.outcome_tone(row.outcome)),
    )


def _change_lines(found: Regeneration) -> Iterator[str]:
    segment = found.segment
    yield f"{plural(len(segment.rows), 'baseline')} of this environment and load, this one included"
    for series, changed in segment.changes:
        yield change_sentence(series, changed)
    if not segment.changes:
        yield "no level has changed among them for good"


def _noise(found: Regeneration) -> str:
    """Of what may decide: the scatter of runs, of pairs of the same version and of weeks, as far as known."""
    rows = []
    for name, noise in sorted(found.candidate.noise.items()):
        rows.append(
            (
                Cell(wording.title(*name_parts(name))),
                Cell(quantity(noise.s_run, "ratio"), number=True),
                Cell(quantity(noise.s_floor, "ratio"), number=True),
                Cell(quantity(noise.s_pair_aa, "ratio"), number=True),
                Cell(quantity(noise.s_session, "ratio"), number=True),
            )
        )
    table = Table(
        head_of("Metric", "From run to run>", "Floor>", "From pair to pair>", "From week to week>"),
        tuple(rows),
    )
    return "\n\n".join((_pairs(found), markdown_table(table)))


def _pairs(found: Regeneration) -> str:
    aa = found.aa
    if aa is None:
        return "No pairs of the same version were made, so that the noise is that of the runs alone."
    text = f"{plural(aa.pairs, 'pair')} of the same version"
    if aa.gates == 0:
        return f"{text}: too few for a decision between two versions."
    text += f" made {plural(aa.gates, 'decision')}, of which {aa.false_regressions} said REGRESSION"
    if aa.false_regressions:
        return f"**{text}: this machine is too noisy for a gate.**"
    return f"{text}."


def _machine(found: Regeneration) -> str:
    doubts = [*found.doubts]
    doubts += [c.text for c in found.judged.validity if not c.ok and not c.invalidates]
    warm_up = found.candidate.warm_up
    if warm_up is not None and not warm_up.enough:
        doubts.append(
            f"the warm-up of {warm_up.warm_up_s:g} s is too short: {warm_up.needed_s:g} s are needed, "
            "by MSER-5 over all runs"
        )
    if not doubts:
        return "Nothing was doubtful: neither before the load nor in the generator's own health."
    return "\n".join(f"- {escaped(doubt)}" for doubt in doubts)


def _steps(found: Regeneration, candidate: str) -> str:
    promote = f"    plimsoll baseline promote {candidate}"
    text = f"Nothing is replaced until somebody does this, or merges a request that did:\n\n{promote}"
    if found.anchor is None or not found.anchor.comparable:
        text += (
            "\n\nThen freeze it as the anchor, which is never done by itself:\n\n"
            f"    plimsoll baseline promote {candidate.replace('.candidate.', '.rolling.')} --as anchor"
        )
    return text
