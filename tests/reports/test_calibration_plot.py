"""The plot of a calibration is a file of its own."""

from xml.etree import ElementTree

from reports.calibration_plot import draw_calibration
from tests.calibration_builder import built_calibration


def test_the_plot_is_well_formed_and_needs_no_page_around_it() -> None:
    text = draw_calibration(built_calibration())
    root = ElementTree.fromstring(text)

    assert root.tag.endswith("svg")
    assert "var(--" not in text
    assert "xlink" not in text
    assert "trusted up to 4000 requests/s and 250 streams" in root.attrib["aria-label"]


def test_the_same_calibration_gives_the_same_bytes() -> None:
    assert draw_calibration(built_calibration()) == draw_calibration(built_calibration())


def test_a_machine_that_can_be_trusted_with_nothing_is_drawn_too() -> None:
    calibration = built_calibration(rates=built_calibration().rates[2:], streams=())

    assert "trusted up to 4000 requests/s and no streams" in draw_calibration(calibration)
    assert "no rate and no streams" in draw_calibration(built_calibration(rates=(), streams=()))
