"""The table of a target file that says whether broken streams are taken up."""

from typing import Annotated

from pydantic import Field

from analysis.endpoint import Dialect, is_event_stream
from analysis.errors import ConfigurationError, Phrase
from analysis.event_map import EventMap
from analysis.reconnecting import Reconnecting
from analysis.toml_file import Duration, Table

Wait = Annotated[Duration, Field(ge=0, le=600)]


class ReconnectTable(Table):
    """`[endpoints.NAME.reconnect]`."""

    attempts: Annotated[int, Field(ge=1, le=100)]
    wait: Wait = 1.0
    max_wait: Wait = 10.0

    def reconnecting(self, file: str, key: str) -> Reconnecting:
        """How it is done."""
        if self.wait > self.max_wait:
            raise ConfigurationError(
                file=file,
                key=f"{key}.wait",
                found=self.wait,
                wanted=f"at most max_wait, which is {self.max_wait:g} s",
            )
        return Reconnecting(self.attempts, self.wait, self.max_wait)


def reconnecting(
    table: ReconnectTable | None, dialect: Dialect, events: EventMap | None, file: str, key: str
) -> Reconnecting | None:
    """What the table says, of server-sent events; ConfigurationError for anything else, which has no ids."""
    if table is None:
        return None
    if not is_event_stream(dialect, events):
        raise ConfigurationError(
            file=file,
            key=key,
            found=Phrase(f"it with dialect {dialect}"),
            wanted="it with server-sent events, whose ids tell where to go on",
        )
    return table.reconnecting(file, key)
