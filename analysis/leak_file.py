"""The table of a target file that says which leaks are looked for."""

from typing import Annotated

from pydantic import Field

from analysis.leak import LeakWatch
from analysis.toml_file import Duration, Table

Above = Annotated[float, Field(ge=0)]


class LeakTable(Table):
    """`[leak]`."""

    in_flight: str | None = None
    in_flight_above: Above = 0.0
    connections_above: Above | None = 2.0
    fds_above: Above | None = 8.0
    memory_above_mb: Above | None = None
    wait: Annotated[Duration, Field(gt=0, le=600)] = 10.0

    def watch(self) -> LeakWatch:
        above = {
            "in_flight": None if self.in_flight is None else self.in_flight_above,
            "connections": self.connections_above,
            "fds": self.fds_above,
            "memory": self.memory_above_mb,
        }
        return LeakWatch(
            in_flight=self.in_flight,
            above={name: limit for name, limit in above.items() if limit is not None},
            wait_s=self.wait,
        )
