"""What a hand-written client keeps of its requests: how long each took, and each that failed."""

import ssl
import time
from array import array
from collections import Counter
from collections.abc import Awaitable, Callable

SUCCESS = range(200, 300)


class Tally:
    """All requests of all connections."""

    def __init__(self) -> None:
        self.latencies_s = array("d")
        self.failed: Counter[str] = Counter()

    async def ask_for_ever(self, ask: Callable[[], Awaitable[int]], error: type[Exception]) -> None:
        """One request after the other; `ask` reads the whole answer and returns its status."""
        while True:
            began_s = time.perf_counter()
            try:
                status = await ask()
            except error as failure:
                self.failed[type(failure).__name__] += 1
                continue
            if status in SUCCESS:
                self.latencies_s.append(time.perf_counter() - began_s)
            else:
                self.failed[str(status)] += 1


def trusting() -> ssl.SSLContext:
    """Verifies nothing, as the other tools do here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
