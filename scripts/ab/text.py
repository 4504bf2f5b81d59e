"""The decision of an A/B session as a few lines for a terminal or a CI log."""

from collections.abc import Iterator

from analysis.aa_noise import AaNoise
from analysis.ab_result import AbResult
from analysis.looks import CONFIDENCE
from analysis.plural import plural
from reports import wording
from reports.quantity import change
from scripts.text_table import aligned
from scripts.verdict_text import attribution_lines, comparison_cells


def ab_text(result: AbResult) -> str:
    lines = [f"{wording.word(result.verdict)} (exit code {result.exit_code})"]
    lines += [f"  {reason}" for reason in result.reasons]
    lines += [f"  warning: {text}" for text in result.warnings]
    lines += [f"  {line}" for line in attribution_lines(result.attribution)]
    if any(row.gated for row in result.rows):
        cells = comparison_cells(result.rows, sides=("A", "B"), confidence=CONFIDENCE)
        lines += ["", *aligned(cells)]
    if result.noise is not None:
        lines += ["", *_noise(result.noise, result)]
    return "\n".join(lines) + "\n"


def _noise(noise: AaNoise, result: AbResult) -> list[str]:
    """Of what is gated; the file holds all."""
    names = [row.name for row in result.rows if row.gated]
    decisions = f"{plural(noise.gates, 'decision')}, {noise.false_regressions} of them wrong"
    head = f"noise of {plural(noise.pairs, 'pair')} of one version; {decisions}"
    return [head, *aligned(_figures(noise, names))]


def _figures(noise: AaNoise, names: list[str]) -> Iterator[tuple[str, ...]]:
    yield ("metric", "deviation of a pair", "of a run", "degrees of freedom")
    for name in names:
        if (spread := noise.figures.get(name)) is not None:
            unit = "ratio" if name.endswith(".ratio") else "us"
            deviations = (spread.deviation, spread.deviation / 2**0.5)
            yield (name, *(change(value, unit, signed=False) for value in deviations), f"{spread.df:g}")
