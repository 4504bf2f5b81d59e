"""What a person does in a browser, and waits for."""

from collections.abc import Callable
from typing import TypeVar

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

WAIT_S = 40.0

Found = TypeVar("Found")


def wait(browser: Chrome, condition: Callable[[], Found | None], what: str) -> Found:
    """What the condition returns, once it is true; the page may be drawn or loaded anew at any moment.

    What is asked in the middle of that is answered with one of several errors: it is asked again.
    """
    ignored = (WebDriverException,)
    found = WebDriverWait(browser, WAIT_S, 0.1, ignored).until(lambda _: condition() or False, what)
    assert found
    return found


def click(browser: Chrome, text: str) -> None:
    """Click the button or link that shows this text, as soon as there is one."""

    def found() -> WebElement | None:
        shown = browser.find_elements(By.CSS_SELECTOR, "button, a")
        return next((item for item in shown if item.text.strip().lower() == text.lower()), None)

    wait(browser, found, text).click()
