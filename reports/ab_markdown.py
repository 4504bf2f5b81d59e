"""The decision between two versions as Markdown for a pull request or a job summary."""

from dataclasses import replace

from analysis.ab_result import AbResult
from analysis.looks import CONFIDENCE
from reports import ab_view, wording
from reports.attribution_table import TITLE, attribution_table
from reports.comparison_table import gated_table, ungated_table
from reports.markdown_report import SIGNS, escaped, markdown_table
from reports.table import Table


def render_ab_markdown(result: AbResult) -> str:
    sign = SIGNS[wording.tone(result.verdict)]
    comparison = result.comparison
    title = f"{wording.word(result.verdict)}: A/B of {result.target} under {result.profile}"
    parts = [
        f"## {sign} {escaped(title)}",
        f"{escaped(ab_view.meaning(result))} "
        f"Exit code {result.exit_code} ({escaped(ab_view.exit_meaning(result))}).",
        "\n".join(f"- {escaped(wording.sentence(reason))}" for reason in result.reasons),
        " · ".join(escaped(f"{name}: {text}") for name, text in ab_view.facts(result)),
        "### B against A",
        f"Small figures are the {wording.percent(CONFIDENCE)} interval of the change within pairs.",
        markdown_table(_sides(gated_table(comparison, ab_view.decides(result))), "No metric is gated."),
        _section(TITLE, attribution_table(result.attribution, ("A", "B"))),
        _folded("Shown, not gated", _sides(ungated_table(comparison))),
        _section("Looks", ab_view.look_table(result)),
        _folded("Change in each pair", ab_view.pair_table(result)),
        _section("Noise of one version against itself", ab_view.noise_table(result)),
        _section("Runs made again", ab_view.repeated_table(result)),
        "\n".join(f"- warning: {escaped(text)}" for text in result.warnings),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, content: Table | None) -> str:
    text = "" if content is None else markdown_table(content)
    return f"### {title}\n\n{text}" if text else ""


def _folded(title: str, content: Table) -> str:
    text = markdown_table(content)
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>" if text else ""


def _sides(content: Table) -> Table:
    """The arms by the names that they have in a session."""
    names = {"Baseline": "A", "Candidate": "B"}
    head = tuple(replace(cell, text=names.get(cell.text, cell.text)) for cell in content.head)
    return replace(content, head=head)
