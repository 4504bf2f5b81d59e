"""Locust's FastHttpUser reading streams line by line as it comes, for side-by-side benchmarks."""

from locust import FastHttpUser, task

import json
import os
from array import array
from time import time_ns
from typing import Any, ClassVar

from locustfiles.peers.stream_log import OUTPUT, StreamLog

BODY = {
    "model": "bench",
    "messages": [{"role": "user", "content": "What marks a safe load?"}],
    "stream": True,
}


class FastStreamUser(FastHttpUser):
    """Reads one stream after the other; each line is stamped when Locust hands it over."""

    log: ClassVar[StreamLog | None] = None

    @task
    def stream(self) -> None:
        if FastStreamUser.log is None:
            FastStreamUser.log = StreamLog(os.environ[OUTPUT])
        stamps_ns, first = array("q"), ""
        asked_ns = time_ns()
        lines: Any = self.client.iter_lines("/v1/chat/completions", "POST", json=BODY)
        for line in lines:
            stamp_ns = time_ns()
            if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                stamps_ns.append(stamp_ns)
                first = first or line
        FastStreamUser.log.add(first, asked_ns, time_ns(), stamps_ns)
