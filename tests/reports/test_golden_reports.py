"""What the reports look like, word for word, and that the same input always gives the same bytes."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.curve import draw_curves
from reports.junit_report import render_junit
from reports.markdown_report import render_markdown
from reports.plot import draw_panel
from reports.report_data import ReportData
from tests.reports import rendered, sample_report
from tests.reports.golden_file import assert_golden

ROOT = Path(__file__).parents[2]
SAMPLES = {
    "regression": sample_report.regression,
    "invalid": sample_report.invalid,
    "inconclusive": sample_report.inconclusive,
}
samples = pytest.mark.parametrize(("name", "build"), SAMPLES.items(), ids=SAMPLES.keys())


@samples
def test_markdown_reads_as_stored(name: str, build: Callable[[], ReportData]) -> None:
    assert_golden(f"{name}.md", render_markdown(build()))


@samples
def test_junit_reads_as_stored(name: str, build: Callable[[], ReportData]) -> None:
    assert_golden(f"{name}.xml", render_junit(build().result))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_around_the_drawings_reads_as_stored(name: str) -> None:
    page = re.sub(r"<svg xmlns.*?</svg>", "<svg/>", rendered.page(name), flags=re.DOTALL)
    page = re.sub(r"<style>.*?</style>", "<style/>", page, flags=re.DOTALL)

    assert_golden(f"{name}.html", page)


def test_a_panel_and_a_curve_are_drawn_as_stored() -> None:
    data = sample_report.regression()
    breakers = data.timeline.panels[-1]
    drawn = draw_panel(breakers, data.timeline, "panel") + "\n" + draw_curves(data.charts[0], "curve") + "\n"

    assert_golden("drawings.svg.txt", drawn)


def test_another_process_with_another_hash_seed_and_matplotlib_settings_renders_the_same_bytes(
    tmp_path: Path,
) -> None:
    """Neither the order of sets, nor the time, nor what a user's matplotlib settings say reaches the file."""
    (tmp_path / "matplotlibrc").write_text(
        "font.size: 30\naxes.grid: True\nsvg.fonttype: path\nbackend: svg\n"
    )
    program = (
        "import hashlib\n"
        "from reports.html_report import render_html\n"
        "from tests.reports.sample_report import regression\n"
        "print(hashlib.sha256(render_html(regression()).encode()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "MATPLOTLIBRC": str(tmp_path), "TZ": "Asia/Tokyo"}

    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    here = hashlib.sha256(rendered.page("regression").encode()).hexdigest()
    assert found.stdout.strip() == here
