"""What the machine itself allows: how late a timer wakes on a core when nothing may keep it from waking.

Run as `python -m scripts.bench.bare_timer CORE`. Until its standard input ends it sleeps four milliseconds at
a time, with real-time priority; then it prints one line of JSON: when each wake-up was due (UTC ns) that came
late, and by how much, `{"late": [[due_ns, late_ns], ...], "wake_ups": n}`.
"""

import gc
import json
import os
import sys
import threading
import time

from scripts.bench.cores import REAL_TIME

PERIOD_NS = 4_000_000
"""Each wake-up takes the core from the generator: at a thousand a second they made it late by themselves."""
LATE_NS = 500_000


def main() -> None:
    """Raises PermissionError where real-time priority is not allowed."""
    os.sched_setaffinity(0, {int(sys.argv[1])})
    ended = threading.Event()
    threading.Thread(target=_await_end, args=(ended,), daemon=True).start()
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME + 1))
    print(flush=True)
    gc.disable()
    late: list[tuple[int, int]] = []
    wake_ups = 0
    due_ns = time.time_ns()
    while not ended.is_set():
        due_ns += PERIOD_NS
        wake_ups += 1
        time.sleep(max(0, due_ns - time.time_ns()) / 1e9)
        late_ns = time.time_ns() - due_ns
        if late_ns > LATE_NS:
            late.append((due_ns, late_ns))
            due_ns += late_ns
    print(json.dumps({"late": late, "wake_ups": wake_ups}), flush=True)


def _await_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    main()
