"""The report as one HTML file that needs no network and no scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis.screen import CONFIDENCE
from reports import table, wording
from reports.attribution_table import TITLE, attribution_table
from reports.capacity_table import capacity_table
from reports.comparison_table import gated_cells, gated_rows, ungated_cells, ungated_rows
from reports.curve import CurveChart, chart_scale, draw_curves, is_logarithmic
from reports.definitions import definitions
from reports.environment_view import environment_groups
from reports.instrument_table import instrument_table
from reports.interval_bar import draw_interval
from reports.plot import draw_panel, draw_stages, limits_in_view, panel_scale
from reports.printable import printable
from reports.quantity import ABSENT, Scale, clock_time, quantity, stretch, whole
from reports.report_data import ReportData
from reports.timeline import Drawn, Limit, Panel, Timeline


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a drawing's legend."""

    label: str
    colour: str
    drawn: str


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    unit: str
    keys: tuple[Key, ...]
    note: str
    svg: Markup


def render_html(data: ReportData) -> str:
    page = page_environment().get_template("report.html.j2")
    result = data.result
    comparison = result.comparison
    gated = gated_rows(comparison) if comparison is not None else ()
    ungated = ungated_rows(comparison) if comparison is not None else ()
    decided = wording.decides(result)
    return page.render(
        decided=decided,
        style=Markup(page_style()),  # noqa: S704 - a file of this package
        data=data,
        result=result,
        facts=data.facts,
        word=wording.word(result.verdict),
        tone=wording.tone(result.verdict),
        meaning=wording.meaning(result),
        confidence=wording.percent(CONFIDENCE),
        exit_meaning=wording.exit_code_meaning(result),
        reasons=[wording.sentence(reason) for reason in result.reasons],
        run_facts=_run_facts(data),
        objectives=table.objective_table(result),
        capacity=capacity_table(result),
        comparison=comparison,
        gated=[(gated_cells(row, decided), draw_interval(row, decided)) for row in gated],
        ungated=[(ungated_cells(row), draw_interval(row, decided)) for row in ungated],
        attribution=attribution_table(result.attribution),
        attribution_title=TITLE,
        percentiles=table.percentile_tables(result),
        rates=table.rate_table(result),
        definitions=definitions(result),
        charts=[_chart(chart, f"c{at}") for at, chart in enumerate(data.charts)],
        timeline=data.timeline,
        strip=draw_stages(data.timeline, "stages"),
        panels=_panels(data.timeline.panels, data.timeline, "t"),
        counts=table.count_table(data),
        failures=table.failure_table(data),
        generator=_panels(data.generator_panels, data.timeline, "g"),
        health=table.health_table(data),
        validity=table.validity_table(result, data.health),
        instrument=instrument_table(result),
        environment=environment_groups(result),
    )


def page_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(clock_time=clock_time, quantity=quantity, stretch=stretch, whole=whole)
    return environment


def _finalize(value: object) -> object:
    """Runs on every value before it is escaped, so that no template can forget it."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def page_style() -> str:
    return files("reports").joinpath("templates", "report.css").read_text(encoding="utf-8")


def _run_facts(data: ReportData) -> list[tuple[str, str]]:
    result, facts = data.result, data.facts
    pairs = [
        ("Target", f"{result.target} at {facts.base_url}"),
        ("Load profile", f"{result.profile}, {facts.model}"),
        ("Started", result.start_utc),
        ("Ran", f"{stretch(result.duration_s)}, {stretch(result.measured_s)} measured"),
        ("Requests", whole(sum(row.started for row in data.counts))),
        ("Runs judged", whole(len(result.runs))),
        ("Status", result.status + (f", {facts.stopped}" if facts.stopped else "")),
        ("Clock", wording.clock(result.clock)),
        ("Seed", ABSENT if facts.seed is None else str(facts.seed)),
        ("Run", result.run_id),
    ]
    return [(name, text) for name, text in pairs if text]


def _panels(panels: Sequence[Panel], timeline: Timeline, prefix: str) -> list[Drawing]:
    drawings = []
    for at, panel in enumerate(panels):
        keys = [Key(line.label, line.colour, line.drawn) for line in panel.lines if line.label]
        keys += [Key(_limit(panel, limit), limit.colour, Drawn.DASHED) for limit in panel.limits]
        unit = "" if panel.states else _unit(panel_scale(panel))
        drawing = draw_panel(panel, timeline, f"{prefix}{at}")
        drawings.append(Drawing(panel.title, unit, tuple(keys), panel.note or "", drawing))
    return drawings


def _limit(panel: Panel, limit: Limit) -> str:
    where = "" if limits_in_view(panel) else ", beyond the drawing"
    return f"{limit.label} at {panel_scale(panel).text(limit.value)}{where}"


def _unit(scale: Scale) -> str:
    return "per second" if scale.symbol == "/s" else f"in {scale.symbol}" if scale.symbol else ""


def _chart(chart: CurveChart, name: str) -> Drawing:
    keys = tuple(
        Key(f"{curve.label} ({whole(curve.count)})", curve.colour, str(Drawn(curve.drawn)))
        for curve in chart.curves
    )
    note = "logarithmic scale" if is_logarithmic(chart) else ""
    title = f"{chart.endpoint} {chart.metric}"
    return Drawing(title, _unit(chart_scale(chart)), keys, note, draw_curves(chart, name))
