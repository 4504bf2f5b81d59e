"""The generator's health in the web UI while a run goes on, in a real browser."""

from pathlib import Path

import psutil
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.end_to_end.browsing import WAIT_S, click, wait
from tests.end_to_end.load_run import write_profile
from tests.end_to_end.locust_ui import Ui, web_ui
from tests.servers.debian_server import free_port
from tests.servers.reference_service import ReferenceService, until

VITALS = {
    "workers", "arrivals", "send lag", "wake lag", "loop lag", "generator cpu", "cpu wait", "throttling",
    "steal", "file descriptors", "local ports", "own failures",
}  # fmt: skip


def rows(browser: Chrome) -> dict[str, list[str]]:
    """The table on the page, by the name in the first column."""
    found = [
        [cell.text.partition("\n")[0] for cell in row.find_elements(By.TAG_NAME, "td")]
        for row in browser.find_elements(By.CSS_SELECTOR, "tbody tr")
    ]
    return {cells[0]: cells[1:] for cells in found if cells}


def all_rows(browser: Chrome) -> dict[str, list[str]]:
    """Nothing until they are all there."""
    found = rows(browser)
    return found if found.keys() >= VITALS else {}


def test_the_figures_follow_the_run_in_locusts_page_and_in_ours(
    tmp_path: Path, run_root: Path, service: ReferenceService, browser: Chrome
) -> None:
    """Nobody reloads anything; at the end our page stands still."""
    profile = write_profile(tmp_path, model="open", level=30, steady="60s", more="")
    with web_ui(run_root, "--load-profile", str(profile)) as ui:
        browser.get(f"{ui.url}/plimsoll/generator")
        assert "No run yet" in browser.page_source
        assert ui.swarm(host=service.base_url)["success"] is True
        until(ui.has_begun, WAIT_S)
        browser.get(ui.url)
        click(browser, "Generator")
        before = wait(browser, lambda: all_rows(browser), "the vitals")
        assert before["workers"][:2] == ["1", "0 lost"]
        assert before["send lag"][2] == "<= 5 ms"
        wait(
            browser,
            lambda: all_rows(browser).get("loop lag", before["loop lag"]) != before["loop lag"],
            "more",
        )

        browser.get(f"{ui.url}/plimsoll")
        click(browser, "The generator's health")
        first = wait(browser, lambda: elapsed_s(browser), "a complete slice")
        wait(browser, lambda: elapsed_s(browser) >= first + 2, "two more slices")
        assert wait(browser, lambda: all_rows(browser), "the vitals").keys() == VITALS
        wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#loop-lag polyline"), "a plot")
        ui.stop()
        wait(
            browser, lambda: not browser.find_elements(By.CSS_SELECTOR, "meta[http-equiv=refresh]"), "the end"
        )
        assert elapsed_s(browser) >= first + 2
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []  # type: ignore[no-untyped-call]  # selenium has no types there
        until(ui.judged, WAIT_S)


def elapsed_s(browser: Chrome) -> int:
    found = browser.find_elements(By.ID, "elapsed")
    return int(found[0].text) if found else 0


def test_a_lost_worker_of_several_is_seen_at_once(
    tmp_path: Path, run_root: Path, service: ReferenceService, browser: Chrome
) -> None:
    """The others go on, and the page says that the run is not to be trusted."""
    profile = write_profile(tmp_path, level=4, steady="60s")
    port = str(free_port())
    words = ["--processes", "2", "--master-port", port, "--master-bind-port", port]
    with web_ui(run_root, "--load-profile", str(profile), *words) as ui:
        until(lambda: len(ui.client.get("/stats/requests").json()["workers"]) == 2, WAIT_S)
        assert ui.swarm(host=service.base_url)["success"] is True
        browser.get(f"{ui.url}/plimsoll/generator")
        wait(browser, lambda: rows(browser).get("workers", [""])[0] == "2", "two workers")
        wait(browser, lambda: elapsed_s(browser) >= 2, "slices of both")
        workers_of(ui)[0].kill()
        lost = ["1", "1 lost", "0 lost", "INVALID"]
        wait(browser, lambda: rows(browser).get("workers", [])[:4] == lost, "the loss")
        wait(
            browser, lambda: browser.find_element(By.ID, "health").text == "NOT TO BE TRUSTED", "the warning"
        )


def workers_of(ui: Ui) -> list[psutil.Process]:
    """Children with the command line of their parent: the sidecar has another one."""
    parent = psutil.Process(ui.run.process.pid)
    return [child for child in parent.children() if child.cmdline() == parent.cmdline()]
