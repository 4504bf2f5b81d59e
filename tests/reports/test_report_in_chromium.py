"""The report in a real browser: it needs no network, and the console stays empty."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.reports.rendered import page
from tests.reports.test_html_report import SECTIONS
from tests.servers.chromium import chromium


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as chrome:
        yield chrome


@pytest.mark.parametrize("name", ["regression", "hostile"])
def test_the_report_opens_without_network_and_console_messages(
    browser: Chrome, tmp_path: Path, name: str
) -> None:
    report = tmp_path / "report.html"
    report.write_text(page(name), encoding="utf-8")
    browser.get("about:blank")
    _log(browser, "browser")
    _log(browser, "performance")

    browser.get(report.as_uri())

    for section in SECTIONS:
        assert browser.find_element(By.ID, section).is_displayed(), section
    assert _log(browser, "browser") == []
    assert _requests(browser) == {report.as_uri()}


def test_the_page_is_no_wider_than_the_window_and_drawings_have_a_size(
    browser: Chrome, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    report.write_text(page("regression"), encoding="utf-8")

    browser.get(report.as_uri())

    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('figure svg')].map(svg => svg.getBoundingClientRect().width)"
    )
    assert sizes
    assert min(sizes) > 300


def test_dark_readers_get_dark_drawings(browser: Chrome, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text(page("regression"), encoding="utf-8")
    browser.get(report.as_uri())
    seen = {}

    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        seen[scheme] = browser.execute_script(
            "const fill = selector => getComputedStyle(document.querySelector(selector));"
            "return [fill('body').backgroundColor, fill('#timeline svg text').fill]"
        )

    assert seen["light"] == ["rgb(255, 255, 255)", "rgb(91, 106, 119)"]
    assert seen["dark"] == ["rgb(17, 24, 31)", "rgb(154, 169, 182)"]


def _log(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    """What came since the log was last read."""
    return list(browser.get_log(kind))  # type: ignore[no-untyped-call]  # selenium has no types there


def _requests(browser: Chrome) -> set[str]:
    """All URLs asked for since the log was last read, data URLs apart."""
    messages = [json.loads(entry["message"])["message"] for entry in _log(browser, "performance")]
    urls = {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    return {url for url in urls if not url.startswith("data:")}
