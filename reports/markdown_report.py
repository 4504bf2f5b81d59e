"""The report as Markdown for a pull request or a job summary: verdict, why, tables; small enough for both."""

import html
import re
from collections.abc import Sequence

from analysis.result import Verdict
from analysis.screen import CONFIDENCE
from reports import table, wording
from reports.attribution_table import TITLE, attribution_table
from reports.capacity_table import capacity_table
from reports.comparison_table import gated_table, ungated_table
from reports.instrument_table import instrument_table
from reports.printable import one_line
from reports.quantity import stretch, whole
from reports.report_data import ReportData
from reports.table import Cell, Table

LIMIT_BYTES = 900_000
"""A job summary may hold 1 MiB, other steps' parts included."""
_ROWS = 120
SIGNS = {"good": "✅", "bad": "❌", "warn": "⚠️", "void": "⛔"}
_MARKUP = re.compile(r"([\\`*_{}\[\]()#!|~$^]|^[+-])")


def render_markdown(data: ReportData) -> str:
    result = data.result
    sign = SIGNS[wording.tone(result.verdict)]
    parts = [
        f"## {sign} {wording.word(result.verdict)}: {escaped(result.target)} under {escaped(result.profile)}",
        f"{escaped(wording.meaning(result))} "
        f"Exit code {result.exit_code} ({escaped(wording.exit_code_meaning(result))}).",
        "\n".join(f"- {escaped(wording.sentence(reason))}" for reason in result.reasons[:_ROWS]),
        _facts(data),
    ]
    if result.verdict is Verdict.INVALID:
        parts += ["### Can the generator be trusted?", markdown_table(table.validity_table(result))]
        parts += ["**The run is invalid: the figures below decide nothing.**"]
    parts += [
        "### Objectives",
        markdown_table(table.objective_table(result), "The target sets no objectives."),
    ]
    capacity = capacity_table(result)
    if capacity is not None:
        parts += ["### Capacity", markdown_table(capacity)]
    parts += ["### Comparison with the baseline", _comparison(data)]
    attribution = attribution_table(result.attribution)
    if attribution is not None:
        parts += [f"### {TITLE}", markdown_table(attribution)]
    parts += ["### Metrics"]
    for percentiles in table.percentile_tables(result):
        parts += [f"**{escaped(percentiles.caption)}**", markdown_table(percentiles)]
    rates = table.rate_table(result)
    if rates is not None:
        parts += ["**Rates and ratios**", markdown_table(rates)]
    parts += ["### Counts and failures", markdown_table(table.count_table(data))]
    parts += [markdown_table(table.failure_table(data), "No request failed in the measured part.")]
    if result.verdict is not Verdict.INVALID:
        parts += ["### Can the generator be trusted?", markdown_table(table.validity_table(result))]
    instrument = instrument_table(result)
    parts += [markdown_table(instrument, escaped(instrument.note))]
    if result.not_watched:
        parts += [
            "### What was not watched",
            "\n".join(f"- {escaped(reason)}" for reason in result.not_watched),
        ]
    parts += ["### Do it again", _code(data.facts.command)]
    return _bounded("\n\n".join(part for part in parts if part) + "\n")


def escaped(text: str) -> str:
    """Plain text for a line or a cell: no markup, no HTML, nobody mentioned and no issue linked."""
    line = _MARKUP.sub(r"\\\1", html.escape(one_line(text), quote=False))
    return line.replace("@", "&#64;").replace("://", ":&#47;&#47;").replace("www.", "www&#46;")


def _facts(data: ReportData) -> str:
    result = data.result
    requests = whole(sum(row.started for row in data.counts))
    facts = (
        result.start_utc,
        f"{stretch(result.duration_s)}, {stretch(result.measured_s)} measured",
        f"{requests} requests",
        f"{len(result.runs)} {_runs(len(result.runs))}",
        wording.clock(result.clock),
        result.run_id,
    )
    return " · ".join(escaped(fact) for fact in facts)


def _comparison(data: ReportData) -> str:
    comparison = data.result.comparison
    if comparison is None:
        return "This run was not compared with a baseline."
    lead = (
        f"Baseline {escaped(comparison.baseline_id)} ({escaped(comparison.kind)}, {comparison.baseline_runs} "
        f"runs) against {comparison.candidate_runs} candidate {_runs(comparison.candidate_runs)}."
    )
    if not comparison.comparable:
        return f"{lead} Not comparable. These keys differ: {escaped(', '.join(comparison.differing))}."
    lead += f" Small figures are the {wording.percent(CONFIDENCE)} interval of the change."
    parts = [
        lead,
        markdown_table(gated_table(comparison, wording.decides(data.result)), "No metric is gated."),
    ]
    ungated = markdown_table(ungated_table(comparison))
    if ungated:
        parts.append(f"<details><summary>Shown, not gated</summary>\n\n{ungated}\n\n</details>")
    return "\n\n".join(parts)


def _runs(count: int) -> str:
    return "run" if count == 1 else "runs"


def markdown_table(content: Table, nothing: str = "") -> str:
    if not content.rows:
        return nothing
    head = [
        _line(content.head),
        "| " + " | ".join("---:" if cell.number else "---" for cell in content.head) + " |",
    ]
    body = [_line(row) for row in content.rows[:_ROWS]]
    left_out = len(content.rows) - _ROWS
    tail = [f"\n{left_out} more rows are in report.html."] if left_out > 0 else []
    note = [f"\n{escaped(content.note)}"] if content.note else []
    return "\n".join([*head, *body, *tail, *note])


def _line(cells: Sequence[Cell]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(cell: Cell) -> str:
    text = escaped(cell.text)
    if cell.tone:
        text = f"{SIGNS[cell.tone]} {text}"
    return f"{text}<br><sub>{escaped(cell.small)}</sub>" if cell.small else text


def _code(command: str) -> str:
    """Indented, as no fence is longer than every run of backticks."""
    return "    " + one_line(command, 2000)


def _bounded(text: str) -> str:
    encoded = text.encode("utf-8")
    if len(encoded) <= LIMIT_BYTES:
        return text
    kept = encoded[:LIMIT_BYTES].decode("utf-8", errors="ignore").rpartition("\n")[0]
    return f"{kept}\n\nThe rest is in report.html.\n"
