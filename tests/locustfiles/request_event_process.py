"""Feeds Locust's statistics in both ways and prints what they show: Locust patches the process it is in."""

from locust.env import Environment
from locust.stats import StatsEntry

import json
import random
from typing import Any

from locustfiles.load.exchange import Exchange
from locustfiles.load.journal import Journal, Page
from locustfiles.load.request_event import RequestEvent

S_NS = 1_000_000_000
REQUESTS = 800


def exchanges() -> list[Exchange]:
    draws, end_ns, made = random.Random(3), 1_700_000_000 * S_NS, []
    for _ in range(REQUESTS):
        end_ns += draws.randrange(S_NS // 50)
        due_ns = end_ns - round(draws.lognormvariate(17, 2))
        exchange = Exchange(due_ns, send_ns=due_ns + 1000, first_ns=end_ns, last_ns=end_ns, status=200)
        exchange.received_bytes = draws.randrange(100, 5000)
        made.append(exchange)
    return made


def page_of(made: list[Exchange], *, heard: bool = False) -> Page:
    journal = Journal()
    for exchange in made:
        stamps_ns = (exchange.sched_ns, exchange.send_ns or 0, exchange.first_ns or 0, exchange.last_ns or 0)
        journal.write(*stamps_ns, None, exchange.received_bytes, heard, good=False)
    page = journal.take()
    assert page is not None
    return page


def environment() -> Environment:
    made = Environment()
    made.create_local_runner()
    return made


def numbers(entry: StatsEntry) -> dict[str, Any]:
    """Without counts per second: Locust stamps with the time of logging."""
    return {
        "requests": entry.num_requests,
        "failures": entry.num_failures,
        "total_ms": round(entry.total_response_time, 3),
        "min_ms": entry.min_response_time,
        "max_ms": entry.max_response_time,
        "times": dict(entry.response_times),
        "bytes": entry.total_content_length,
    }


def both(found: Environment) -> list[dict[str, Any]]:
    return [numbers(found.stats.total), numbers(found.stats.get("query", "POST"))]


def main() -> None:
    made = exchanges()
    one_by_one, at_once, twice = environment(), environment(), environment()
    for exchange in made:
        RequestEvent(one_by_one).fire("POST", "query", "/query", exchange, None)
    event = RequestEvent(at_once)
    event.answered("POST", "query", page_of(made[:300]))
    event.answered("POST", "query", page_of(made[300:]))
    RequestEvent(twice).answered("POST", "query", page_of(made, heard=True))

    names: list[str] = []

    def listener(name: str, **_: object) -> None:
        names.append(name)

    heard = [event.is_heard]
    at_once.events.request.add_listener(listener)
    heard.append(event.is_heard)
    per_second = dict(at_once.stats.total.num_reqs_per_sec)
    shown = both(at_once)
    event.fire("POST", "query", "/query", made[0], None)
    at_once.events.request.remove_listener(listener)
    heard.append(event.is_heard)
    ended_s = [(exchange.last_ns or 0) // S_NS for exchange in made]
    print(
        json.dumps(
            {
                "one_by_one": both(one_by_one),
                "at_once": shown,
                "per_second": [[second, per_second[second]] for second in sorted(per_second)],
                "ended": [[second, ended_s.count(second)] for second in sorted(set(ended_s))],
                "told_twice": twice.stats.total.num_requests,
                "heard": heard,
                "names": names,
            }
        )
    )


if __name__ == "__main__":
    main()
