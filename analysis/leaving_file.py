"""The table of a target file that says which streams are left early."""

from typing import Annotated, Literal

from pydantic import Field

from analysis.endpoint import Dialect
from analysis.errors import ConfigurationError, Phrase
from analysis.leaving import Leaving
from analysis.toml_file import Duration, Table


class LeaveTable(Table):
    """`[endpoints.NAME.leave]`."""

    share: Annotated[float, Field(gt=0, le=1)]
    after_tokens: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=2)] | None = (
        None
    )
    after: Annotated[list[Annotated[Duration, Field(gt=0)]], Field(min_length=2, max_length=2)] | None = None
    how: Literal["fin", "rst"] = "fin"

    def leaving(self, file: str, key: str) -> Leaving:
        """What makes a user leave."""
        if (self.after_tokens is None) == (self.after is None):
            raise ConfigurationError(
                file=file,
                key=key,
                found=Phrase("neither or both of after_tokens and after"),
                wanted='one of them, such as after_tokens = [1, 20] or after = ["500ms", "3s"]',
            )
        low, high = self.after_tokens or self.after or (0, 0)
        if low > high:
            raise ConfigurationError(
                file=file, key=key, found=[low, high], wanted="a range from its low end to its high end"
            )
        return Leaving(
            self.share,
            after_tokens=None if self.after_tokens is None else (int(low), int(high)),
            after_s=None if self.after is None else (low, high),
            resets=self.how == "rst",
        )


def leaving(table: LeaveTable | None, dialect: Dialect, file: str, key: str) -> Leaving | None:
    """What the table says, of a stream; ConfigurationError for anything else."""
    if table is None:
        return None
    if not dialect.is_stream:
        raise ConfigurationError(
            file=file, key=key, found=Phrase(f"it with dialect {dialect}"), wanted="it with a stream"
        )
    return table.leaving(file, key)
