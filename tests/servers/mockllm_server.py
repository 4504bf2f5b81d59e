"""mockllm, a third party's OpenAI-compatible server, as a process of its own."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import started, stop
from tests.servers.reference_service import until

READY_S = 30.0
ANSWER = "The load line shows how deep she may lie."
CHARACTER_S = 0.01
"""Between two characters, each an event, varied by the server by up to a half."""

SETTINGS = f"""
responses: {{}}
defaults:
  unknown_response: "{ANSWER}"
settings:
  lag_enabled: true
  lag_factor: {round(0.1 / CHARACTER_S)}
"""


@contextmanager
def mockllm_server(folder: Path) -> Iterator[int]:
    """Its port; it is gone afterwards, whatever happens."""
    answers = folder / "answers.yml"
    answers.write_text(SETTINGS)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    words = [sys.executable, "-m", "uvicorn", "mockllm.server:app", "--port", str(port), "--no-access-log"]
    log = folder / "mockllm.log"
    process = started(words, log, {"MOCKLLM_RESPONSES_FILE": str(answers), "PATH": ""})
    try:
        until(lambda: _answers(port), READY_S, alive=process)
        yield port
    except TimeoutError as error:
        raise AssertionError(f"mockllm did not get ready ({error}):\n{log.read_text()[-2000:]}") from None
    finally:
        stop(process)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
