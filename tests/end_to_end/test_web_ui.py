"""Locust's web UI in a real browser: choose, start, stop, read the verdict."""

from pathlib import Path

import psutil
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from analysis.result import Verdict, read_result
from analysis.run_log import RunLog
from analysis.run_record import RunStatus
from tests.end_to_end.browsing import WAIT_S, click, wait
from tests.end_to_end.load_run import write_profile
from tests.end_to_end.locust_ui import SMALL, Ui, web_ui
from tests.servers.reference_service import ReferenceService, until

WRONG = (
    ({"host": "http://user:sesame@127.0.0.1:1"}, ("credentials",)),
    ({"host": "127.0.0.1:1"}, ("base URL", "http://HOST:PORT")),
    ({"load_profile": "nowhere/no.toml"}, ("nowhere/no.toml",)),
    ({"load_profile": "smok"}, ("smok", "smoke")),
    ({"target": "nothing"}, ("nothing", "reference")),
    ({"baseline": "nowhere/no.json", "load_profile": "smoke"}, ("nowhere/no.json",)),
    ({"seed": "many"}, ("seed", "many", "whole number")),
    ({"run_time": "soon"}, ("run time", "soon", "90s")),
    ({"sidecar_command": "true"}, ("sidecar_command", "command line")),
    ({"run_directory": "elsewhere"}, ("run_directory", "command line")),
)
"""Fields of the form, and words of the answer."""


def field(browser: Chrome, name: str) -> WebElement:
    """A field of the form, once it is unfolded."""

    def found() -> WebElement | None:
        return next((item for item in browser.find_elements(By.NAME, name) if item.is_displayed()), None)

    return wait(browser, found, name)


def fill(browser: Chrome, name: str, text: str) -> None:
    entry = field(browser, name)
    entry.send_keys(Keys.CONTROL, "a")
    entry.send_keys(text)


def choose(browser: Chrome, **choices: str) -> None:
    click(browser, "Custom parameters")
    for name, text in choices.items():
        Select(field(browser, name)).select_by_visible_text(text)


def requests_shown(browser: Chrome) -> int:
    """The number of requests in the last row of the table of statistics."""
    cells = browser.find_elements(By.XPATH, "//tr[td[.='Aggregated']]/td")
    return int(cells[2].text) if cells else 0


def test_a_run_is_chosen_started_stopped_and_read_in_the_browser(
    tmp_path: Path, run_root: Path, service: ReferenceService, browser: Chrome
) -> None:
    """Two runs in one UI: one stopped by hand, one to the end of its profile; each has its own directory."""
    profile = write_profile(tmp_path, steady="2s")
    with web_ui(run_root, "--load-profile", str(profile)) as ui:
        browser.get(ui.url)
        choose(browser, loadProfile="smoke", target="reference")
        fill(browser, "host", service.base_url)
        click(browser, "Start")
        wait(browser, lambda: requests_shown(browser) > 0, "requests in the table")
        click(browser, "Stop")
        click(browser, "Download data")
        click(browser, "Verdict and report of the last run (Plimsoll)")
        verdict_is(browser, ui, Verdict.INVALID)
        assert "stopped by hand" in browser.page_source
        first = ui.run.directories()
        assert len(first) == 1

        click(browser, "Back to Locust")
        click(browser, "New")
        choose(browser, loadProfile=str(profile))
        fill(browser, "host", service.base_url)
        click(browser, "Start")
        until(lambda: len(ui.run.directories()) == 2, WAIT_S)
        browser.get(f"{ui.url}/plimsoll")
        until(ui.judged, WAIT_S)
        verdict = read_result(ui.run.directories()[-1] / "result.json").verdict
        verdict_is(browser, ui, verdict)
        assert RunLog.read(ui.run.directories()[-1]).run.status is RunStatus.COMPLETE
        assert RunLog.read(first[0]).run.status is RunStatus.STOPPED
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []  # type: ignore[no-untyped-call]  # selenium has no types there


def verdict_is(browser: Chrome, ui: Ui, verdict: Verdict) -> None:
    """The page shows the verdict by itself once there is one, and leads to the report with the same."""
    word = verdict.replace("_", " ").upper()
    wait(browser, lambda: browser.find_element(By.ID, "verdict").text == word, word)
    directory = ui.run.directories()[-1]
    assert browser.find_element(By.ID, "directory").text == str(directory)
    click(browser, "The report")
    wait(browser, lambda: browser.title.startswith(word), "the report's title")
    assert browser.find_element(By.CSS_SELECTOR, "#verdict h1").text == word
    assert directory.name in browser.find_element(By.TAG_NAME, "footer").text
    browser.back()


def test_a_wrong_choice_is_answered_in_the_form_and_starts_nothing(
    run_root: Path, service: ReferenceService, browser: Chrome
) -> None:
    """Each with a message that says what to correct; a good choice starts afterwards."""
    with web_ui(run_root) as ui:
        browser.get(ui.url)
        fill(browser, "host", "http://user:sesame@127.0.0.1:1")
        click(browser, "Start")
        shown = wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "[role=alert]"), "a message")
        assert "credentials" in shown[0].text
        assert "sesame" not in shown[0].text

        for fields, words in WRONG:
            answer = ui.swarm(**fields)
            assert answer["success"] is False, fields
            assert all(word in str(answer["message"]) for word in words), answer
        foreign = ui.client.post("/swarm", data=SMALL, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        assert ui.client.get("/stats/requests").json()["state"] == "ready"
        assert ui.run.directories() == []
        assert "sesame" not in ui.run.output()
        assert "Traceback" not in ui.run.output()

        assert ui.swarm(host=service.base_url, run_time="2s", allow_inconclusive="true")["success"] is True
        until(ui.judged, WAIT_S)
        run = RunLog.read(ui.run.directories()[-1]).run
        assert run.profile == "manual"
        assert run.status is RunStatus.COMPLETE
        assert run.judge.allow_inconclusive


def test_the_web_ui_is_bound_to_loopback_unless_asked_otherwise(run_root: Path) -> None:
    """Whoever reaches the form can start load."""
    with web_ui(run_root) as ui:
        assert listening(ui) == {"127.0.0.1"}
        assert f"{ui.url}/plimsoll" in ui.run.output()
        assert "No run yet" in ui.client.get("/plimsoll").text
        assert ui.client.get("/plimsoll/report").status_code == 404
    with web_ui(run_root, "--web-host", "0.0.0.0", "--web-base-path", "/load") as ui:
        assert listening(ui) == {"0.0.0.0"}
        assert ui.client.get("/load/plimsoll/run.json").json() == {"run": None}


def listening(ui: Ui) -> set[str]:
    """The addresses at which the UI's process listens on its port."""
    connections = psutil.Process(ui.run.process.pid).net_connections("inet")
    return {
        found.laddr.ip
        for found in connections
        if found.status == psutil.CONN_LISTEN and found.laddr.port == ui.port
    }
