"""Finds the breaker keys in Redis within a bound and reads their states."""

from typing import TYPE_CHECKING, Any

from scripts.sidecar.breaker import BreakerState, breaker_name, is_glob, state_from, state_word

if TYPE_CHECKING:
    from redis import Redis

_SCAN_COUNT = 1000
_SCANS_PER_TICK = 2
_MAX_KEYS = 64
_GONE = "none"  # what TYPE answers for a key that is not there


class BreakerKeys:
    """The keys that match a pattern.

    A scan over a large database goes on from tick to tick, two steps of a thousand keys each, so
    that watching never slows the server; keys found once are read at every tick.
    """

    def __init__(self, pattern: str, field: str | None) -> None:
        self._pattern = pattern
        self._field = field
        self._types: dict[str, str] = {} if is_glob(pattern) else {pattern: ""}
        self._cursor = 0
        self._scanned_once = not is_glob(pattern)
        self._overflow = False

    def read(self, client: "Redis") -> tuple[dict[str, str], dict[str, str]]:
        """State by breaker name, and why parts are missing."""
        if is_glob(self._pattern):
            self._scan(client)
        self._learn_types(client)
        states: dict[str, str] = {}
        missing: dict[str, str] = {}
        for key, value in zip(self._types, self._values(client), strict=True):
            name = breaker_name(key, self._pattern)
            if value is None:
                missing[f"breakers.{name}"] = "key gone"
                continue
            states[name] = value
            if value == BreakerState.UNKNOWN:
                missing[f"breakers.{name}"] = "state is none of closed, open, half_open"
        if self._overflow:
            missing["breakers"] = f"more than {_MAX_KEYS} keys match; the rest is left out"
        elif not self._types:
            missing["breakers"] = "no key matches" if self._scanned_once else "still looking for keys"
        return states, missing

    def _scan(self, client: "Redis") -> None:
        for _ in range(_SCANS_PER_TICK):
            answer: Any = client.scan(cursor=self._cursor, match=self._pattern, count=_SCAN_COUNT)
            self._cursor, keys = answer
            for key in sorted(keys):
                if key not in self._types and not self._has_room():
                    self._overflow = True
                    continue
                self._types.setdefault(key, "")
            if self._cursor == 0:
                self._scanned_once = True
                break

    def _has_room(self) -> bool:
        """Room for one more key, made by forgetting one that is gone if need be."""
        if len(self._types) < _MAX_KEYS:
            return True
        gone = next((key for key, kind in self._types.items() if kind == _GONE), None)
        if gone is None:
            return False
        del self._types[gone]
        return True

    def _learn_types(self, client: "Redis") -> None:
        unknown = [key for key, kind in self._types.items() if kind in ("", _GONE)]
        if not unknown:
            return
        with client.pipeline(transaction=False) as pipeline:
            for key in unknown:
                pipeline.type(key)
            self._types |= dict(zip(unknown, pipeline.execute(), strict=True))

    def _values(self, client: "Redis") -> list[str | None]:
        """The state under each key, None for a key that is gone."""
        if not self._types:
            return []
        with client.pipeline(transaction=False) as pipeline:
            for key, kind in self._types.items():
                pipeline.exists(key)
                if kind == "hash" and self._field:
                    pipeline.hget(key, self._field)
                else:
                    pipeline.get(key)
            answers = pipeline.execute(raise_on_error=False)
        return [
            self._state(key, there, answer)
            for key, there, answer in zip(list(self._types), answers[::2], answers[1::2], strict=True)
        ]

    def _state(self, key: str, there: Any, answer: Any) -> str | None:
        from redis.exceptions import ResponseError

        for reply in (there, answer):
            if isinstance(reply, Exception) and not isinstance(reply, ResponseError):
                raise reply
        if there == 0:
            self._types[key] = _GONE
            return None
        if not isinstance(answer, str):  # another type by now, a hash without the field, or not permitted
            kind, self._types[key] = self._types[key], ""
            return BreakerState.UNKNOWN if kind else None
        return state_word(answer) if self._types[key] == "hash" else state_from(answer, self._field)
