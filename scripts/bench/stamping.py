"""The answering server with a memory: it keeps when each request came.

Run as `python -m scripts.bench.stamping CORE`; it prints its port.
"""

import time
from array import array

from scripts.bench.answering import Answering, main

STAMPS_PATH = b"/-/stamps"


class Stamping(Answering):
    """One connection. The clock is read before the request is parsed."""

    stamps_ns = array("q")

    def data_received(self, data: bytes) -> None:
        stamp_ns, before = time.monotonic_ns(), Answering.count
        super().data_received(data)
        Stamping.stamps_ns.extend([stamp_ns] * (Answering.count - before))

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if url == STAMPS_PATH:
            self._told = " ".join(map(str, Stamping.stamps_ns)).encode()


if __name__ == "__main__":
    main(Stamping)
