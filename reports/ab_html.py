"""The decision between two versions as one HTML file that needs no network and no scripts."""

from markupsafe import Markup

from analysis.ab_result import AbResult
from analysis.looks import CONFIDENCE
from reports import ab_view, wording
from reports.attribution_table import TITLE, attribution_table
from reports.comparison_table import gated_cells, gated_rows, ungated_cells, ungated_rows
from reports.html_report import page_environment, page_style
from reports.interval_bar import draw_interval


def render_ab_html(result: AbResult) -> str:
    page = page_environment().get_template("ab.html.j2")
    decided = ab_view.decides(result)
    comparison = result.comparison
    return page.render(
        style=Markup(page_style()),  # noqa: S704 - a file of this package
        result=result,
        word=wording.word(result.verdict),
        tone=wording.tone(result.verdict),
        meaning=ab_view.meaning(result),
        exit_meaning=ab_view.exit_meaning(result),
        reasons=[wording.sentence(reason) for reason in result.reasons],
        decided=decided,
        facts=ab_view.facts(result),
        confidence=wording.percent(CONFIDENCE),
        gated=[
            (gated_cells(row, decided), draw_interval(row, decided, CONFIDENCE))
            for row in gated_rows(comparison)
        ],
        ungated=[
            (ungated_cells(row), draw_interval(row, decided, CONFIDENCE)) for row in ungated_rows(comparison)
        ],
        attribution=attribution_table(result.attribution, ("A", "B")),
        attribution_title=TITLE,
        looks=ab_view.look_table(result),
        pairs=ab_view.pair_table(result),
        noise=ab_view.noise_table(result),
        repeated=ab_view.repeated_table(result),
    )
