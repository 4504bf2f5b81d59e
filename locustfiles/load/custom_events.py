"""Dialect `custom`: what the messages mean is told by the target file."""

from collections.abc import Callable, Mapping

import msgspec

from analysis.event_map import EventMap, EventRule, JsonScalar
from locustfiles.load.json_rules import MISSING, follow, same, steps_of
from locustfiles.load.stream_end import StreamEnd, json_object, milliseconds_as_us, whole
from locustfiles.load.stream_event import EventKind, StreamEvent

EVENT, DATA = "event", "data"

Document = dict[str, object]
Look = Callable[[Document], object]
"""Finds something in a document; None where there is nothing."""

_decode = msgspec.json.decode


class CompiledMap:
    """An event map made ready to be used for many streams."""

    __slots__ = (
        "_others", "citation", "done", "error", "needs_mark", "reads_data", "stage_ms", "stage_name",
        "stages", "stages_ms", "text", "tokens",
    )  # fmt: skip

    def __init__(self, events: EventMap, stage_json: Mapping[str, str]) -> None:
        self.text = _compiled(events.text)
        self.reads_data = events.text.path == DATA
        """Whether all of a message is its text, or its end mark."""
        self.needs_mark = events.done is not None
        self.done = _compiled(events.done)
        self.error = _compiled(events.error)
        self.citation = _compiled(events.citation)
        self.stage_name = _compiled(events.stage_name)
        self.stage_ms = _compiled(events.stage_ms)
        self.stages_ms = _compiled(events.stages_ms)
        self.tokens = _compiled(events.tokens)
        self.stages = {name: _look_at(path) for name, path in stage_json.items()}
        ruled = (
            (events.error, self.error), (events.done, self.done), (events.citation, self.citation),
            (events.stage_name, self.stage_name), (events.stages_ms, self.stages_ms),
            (events.tokens, self.tokens),
        )  # fmt: skip
        others = (look for rule, look in ruled if rule is not None and not _excludes(events.text, rule))
        self._others = (*others, *self.stages.values())

    def text_alone(self, document: Document) -> object:
        """What the rule for text leads to, unless another rule holds as well."""
        text = self.text(document)
        if text:
            for found in self._others:
                if found(document):
                    return None
        return text


class CustomEvents:
    """Ends properly as the target file says: with one end mark, or with the HTTP message."""

    __slots__ = ("_data", "_document", "_is_json", "_map", "end")

    def __init__(self, compiled: CompiledMap) -> None:
        self._map = compiled
        self.end = StreamEnd(needs_mark=compiled.needs_mark)
        self._data: str | None = None
        self._document: Document = {}
        self._is_json = False

    def text(self, name: str, data: str) -> str | None:
        self._take(name, data)
        text = self._map.text_alone(self._document)
        return text if isinstance(text, str) else None

    def events(self, name: str, data: str, stamp_ns: int) -> list[StreamEvent]:
        if data is not self._data:
            self._take(name, data)
        document, rules = self._document, self._map
        error = rules.error(document)
        if error:
            return [self.end.error(_code(error), stamp_ns)]
        events = self._stages(document, stamp_ns)
        if rules.citation(document):
            events.append(StreamEvent(EventKind.CITATION, stamp_ns))
        is_end = bool(rules.done(document))
        text = None if is_end and rules.reads_data else rules.text(document)
        if isinstance(text, str) and text:
            events.append(StreamEvent(EventKind.TEXT, stamp_ns, text))
        if self._is_json and (is_end or not text):
            self.end.said.update(document)
        tokens = whole(rules.tokens(document))
        if is_end:
            events.append(StreamEvent(EventKind.DONE, stamp_ns, tokens=tokens))
        elif tokens is not None:
            events.append(StreamEvent(EventKind.USAGE, stamp_ns, tokens=tokens))
        if not events and not self._is_json and not rules.reads_data:
            return [self.end.senseless("event without a JSON object", stamp_ns)]
        return events or [StreamEvent(EventKind.OTHER, stamp_ns)]

    def _take(self, name: str, data: str) -> None:
        try:
            document = _decode(data)
        except (msgspec.MsgspecError, RecursionError):
            document = json_object(data)  # which takes more, such as NaN
        self._is_json = isinstance(document, dict)
        self._document = document if isinstance(document, dict) else {}
        self._document.setdefault(EVENT, name)
        self._document.setdefault(DATA, data)
        self._data = data

    def _stages(self, document: Document, stamp_ns: int) -> list[StreamEvent]:
        rules = self._map
        named: dict[object, object] = {name: look(document) for name, look in rules.stages.items()}
        several = rules.stages_ms(document)
        if isinstance(several, dict):
            named |= several
        one = rules.stage_name(document)
        if isinstance(one, str):
            named[one] = rules.stage_ms(document)
        durations_us = {name: milliseconds_as_us(value) for name, value in named.items()}
        return [
            StreamEvent(EventKind.STAGE, stamp_ns, name=str(name), duration_us=duration_us)
            for name, duration_us in durations_us.items()
            if duration_us is not None
        ]


def _compiled(rule: EventRule | None) -> Look:
    """What the rule's path leads to, or True without a path; None where the rule does not hold."""
    if rule is None:
        return _nothing
    look = _always if rule.path is None else _look_at(rule.path)
    conditions = [_condition(path, values) for path, values in rule.when.items()]
    if not conditions:
        return look
    if len(conditions) == 1:
        [holds] = conditions
        return lambda document: look(document) if holds(document) else None
    return lambda document: look(document) if all(holds(document) for holds in conditions) else None


def _look_at(path: str) -> Look:
    steps = steps_of(path)
    if len(steps) == 1:
        return lambda document: document.get(path)

    def look(document: Document) -> object:
        found = follow(document, steps)
        return None if found is MISSING else found

    return look


def _condition(path: str, values: tuple[JsonScalar, ...]) -> Callable[[Document], bool]:
    look = _look_at(path)
    if all(isinstance(value, str) for value in values):
        return lambda document: look(document) in values
    return lambda document: any(same(look(document), value) for value in values)


def _excludes(rule: EventRule, other: EventRule) -> bool:
    """Whether both can never hold for the same message, as each wants something else at the same path."""
    shared = rule.when.keys() & other.when.keys()
    return any(set(rule.when[path]).isdisjoint(other.when[path]) for path in shared)


def _always(_: Document) -> bool:
    return True


def _nothing(_: Document) -> None:
    return None


def _code(error: object) -> object:
    if isinstance(error, dict):
        return next((error[key] for key in ("code", "type") if isinstance(error.get(key), str)), None)
    return error
