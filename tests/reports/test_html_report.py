"""The HTML file holds everything itself, and nothing that a service says becomes markup."""

import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from reports.plot import draw_panel
from tests.reports import rendered, sample_report

SECTIONS = (
    "verdict", "objectives", "comparison", "metrics", "percentiles", "timeline", "failures", "generator",
    "watched", "environment", "reproduce",
)  # fmt: skip


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    return rendered.page("regression")


def test_every_section_is_there_in_order(page: str) -> None:
    found = re.findall(r'<section id="(\w+)"', page)

    assert found == list(SECTIONS)


def test_verdict_exit_code_and_reasons_come_before_everything_else(page: str) -> None:
    banner = page[: page.index('<section id="objectives">')]

    assert "<h1>REGRESSION</h1>" in banner
    assert "exit code 1" in banner
    assert "query response p95 changed by +18.3" in banner


def test_nothing_is_loaded_and_nothing_runs(page: str) -> None:
    found = _Page(page)

    assert found.tags["script"] == 0
    assert found.tags["img"] == found.tags["iframe"] == found.tags["object"] == 0
    links = [value for name, value in found.attributes if name in ("href", "src", "xlink:href", "action")]
    assert links
    assert all(link.startswith(("#", "data:,")) for link in links), links
    assert "@import" not in page
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", page)


def test_ids_are_unique_and_every_reference_has_its_target(page: str) -> None:
    """Several drawings share one page; equal ids would let one use the other's parts."""
    ids = Counter(re.findall(r'\bid="([^"]+)"', page))
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', page))

    assert [name for name, count in ids.items() if count > 1] == []
    assert used - ids.keys() == set()


def test_every_drawing_is_well_formed_and_has_text_as_text(page: str) -> None:
    drawings = re.findall(r"<svg xmlns.*?</svg>", page, flags=re.DOTALL)
    wanted = sample_report.regression()

    assert len(drawings) == 1 + len(wanted.timeline.panels) + len(wanted.generator_panels) + len(
        wanted.charts
    )
    for drawing in drawings:
        root = ElementTree.fromstring(drawing.replace("<svg ", '<svg xmlns:xlink="x" ', 1))
        assert root.findall(".//{http://www.w3.org/2000/svg}text")
    assert "#0f" not in "".join(drawings), "a colour was left that does not follow the page"


def test_the_file_stays_small_for_a_long_run(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_a_gap_in_the_samples_is_a_gap_in_the_line() -> None:
    """The health panel of the sample has no values from 205 s to 222 s."""
    data = sample_report.regression()
    panel = next(panel for panel in data.timeline.panels if panel.title == "health latency")
    drawing = draw_panel(panel, data.timeline, "gap")
    lines = [
        path for path in re.findall(r'd="(M [^"]+)"[^>]*stroke: var\(--p50\)', drawing) if len(path) > 500
    ]

    assert len(lines) == 2
    assert all(path.count("M") == 2 for path in lines)


def test_hostile_text_stays_text() -> None:
    page = rendered.page("hostile")
    found = _Page(page)

    assert found.tags["script"] == 0
    assert not any(name.startswith("on") for name, _ in found.attributes)
    assert not any("javascript:" in value for name, value in found.attributes if name == "href")
    assert '<script>alert("x")</script>' in "".join(found.text)
    assert not re.search("[\x00\x1b\u202e]", page)


@pytest.mark.parametrize("name", ["invalid", "inconclusive"])
def test_other_verdicts_render(name: str) -> None:
    page = rendered.page(name)

    assert f"<h1>{name.upper()}</h1>" in page


def test_an_invalid_run_shows_no_figure_as_good_or_bad() -> None:
    """A green PASS below an INVALID banner would be read as one."""
    page = rendered.page("invalid")
    part = page[page.index('<section id="objectives">') : page.index('<section id="metrics">')]

    assert "these figures decide nothing" in part
    assert "chip" not in part
