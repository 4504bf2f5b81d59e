"""The table of a target file that says how the events of an endpoint's stream are read."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from analysis.errors import ConfigurationError, Phrase
from analysis.event_map import EventMap, EventRule, Framing
from analysis.toml_file import Table
from analysis.toml_value import Scalars, flattened


def _framing(value: object) -> Framing:
    if isinstance(value, str) and value in list(Framing):
        return Framing(value)
    raise ValueError("one of " + ", ".join(Framing))


def _rule(value: object) -> object:
    if isinstance(value, str):
        return {"path": value}
    if isinstance(value, dict):
        return value
    raise ValueError('a path such as "delta.text", or a table with "path", "when" or both')


def _end_rule(value: object) -> object:
    if value is False:
        return None
    try:
        return _rule(value)
    except ValueError as error:
        raise ValueError(f"{error}, or false for a stream without an end mark") from None


def _path(value: object) -> str:
    if isinstance(value, str) and all(value.split(".")):
        return value
    raise ValueError('a dotted path such as "delta.text"')


Path = Annotated[str, BeforeValidator(_path)]
Values = Annotated[Scalars, Field(min_length=1)]


class RuleTable(Table):
    """One rule of `[endpoints.NAME.events]`; a string is a path alone."""

    path: Path | None = None
    when: Annotated[dict[Path, Values], BeforeValidator(flattened)] = Field(default_factory=dict)

    def rule(self) -> EventRule:
        """The rule itself."""
        return EventRule(self.path, {path: tuple(values) for path, values in self.when.items()})


Rule = Annotated[RuleTable, BeforeValidator(_rule)]

_LEAD_SOMEWHERE = ("text", "stage_name", "stage_ms", "stages_ms", "tokens")


class EventsTable(Table):
    """`[endpoints.NAME.events]`."""

    framing: Annotated[Framing, BeforeValidator(_framing)] = Framing.SSE
    text: Rule = Field(description='the path of the answer text, such as "delta.text"')
    done: Annotated[RuleTable | None, BeforeValidator(_end_rule)] = Field(
        description="what marks the end of the answer, or false when nothing does"
    )
    error: Rule | None = None
    citation: Rule | None = None
    stage_name: Rule | None = None
    stage_ms: Rule | None = None
    stages_ms: Rule | None = None
    tokens: Rule | None = None

    def event_map(self, file: str, key: str) -> EventMap:
        """The map, after the checks that need more than one key."""
        tables: dict[str, RuleTable | None] = {
            name: getattr(self, name) for name in type(self).model_fields if name != "framing"
        }
        for name, table in tables.items():
            if table is not None:
                _check(table, file, f"{key}.{name}", leads=name in _LEAD_SOMEWHERE)
        for name, other in (("stage_name", "stage_ms"), ("stage_ms", "stage_name")):
            if tables[name] is not None and tables[other] is None:
                raise ConfigurationError(
                    file=file,
                    key=f"{key}.{name}",
                    found=Phrase(f"it without {other}"),
                    wanted="both: a stage has a name and a time",
                    hint="an object of names and milliseconds is read by stages_ms",
                )
        rules = {name: table and table.rule() for name, table in tables.items()}
        return EventMap(framing=self.framing, **rules)  # type: ignore[arg-type] # text is never None


def _check(table: RuleTable, file: str, key: str, *, leads: bool) -> None:
    if table.path is None and (leads or not table.when):
        raise ConfigurationError(
            file=file,
            key=key,
            found=Phrase('a rule without a "path"' if leads else "a rule that says nothing"),
            wanted="one with it" if leads else 'a "path", a "when" or both',
        )
