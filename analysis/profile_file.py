"""The tables of a load profile's file."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from analysis.errors import ConfigurationError, Phrase
from analysis.profile_parts import AbortRule, Arrivals, Model, Search, Stage
from analysis.toml_file import NAME, Duration, Table, WholeDuration, dotted, nearest, seconds

RULES = {
    "errors": {"ratio": 1.0},
    "response": {"p50_ms": 1000.0, "p95_ms": 1000.0, "p99_ms": 1000.0},
    "ttft": {"p50_ms": 1000.0, "p95_ms": 1000.0, "p99_ms": 1000.0},
}
"""What an abort rule may watch: metric, then statistic to the factor that makes its value a limit."""


LONGEST_SEARCH_S = 3600
"""Slices of a second; in longer ones a step could not begin and end where it should."""


def _entry(value: object) -> object:
    if isinstance(value, dict):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"weight": value}
    raise ValueError("a weight such as 3, or { weight = 3, optional = true }")


def _model(value: object) -> Model:
    if isinstance(value, str) and value in list(Model):
        return Model(value)
    raise ValueError("open (arrivals per second) or closed (users)")


def _arrivals(value: object) -> Arrivals:
    if isinstance(value, str) and value in list(Arrivals):
        return Arrivals(value)
    raise ValueError("poisson or constant")


def _think(value: object) -> tuple[float, float]:
    low, high = value if isinstance(value, list) and len(value) == 2 else (value, value)
    low_s, high_s = seconds(low), seconds(high)
    if not 0 <= low_s <= high_s:
        raise ValueError('a duration such as "2s", or the shortest and the longest, such as ["1s", "3s"]')
    return low_s, high_s


class MixTable(Table):
    """One entry of `mix`."""

    weight: Annotated[float, Field(gt=0)] = 1.0
    optional: bool = False


class StageTable(Table):
    """One of `[[stages]]`."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]*$")] | None = None
    duration: Annotated[WholeDuration, Field(ge=1)] = Field(description='a duration such as "90s"')
    level: Annotated[float, Field(ge=0)] = Field(description="arrivals per second (open) or users (closed)")
    ramp: bool = False
    measure: bool = True

    def stage(self, number: int) -> Stage:
        """The stage, named after its place when the file gives it no name."""
        return Stage(self.name or f"stage {number}", self.duration, self.level, self.ramp, self.measure)


class AbortTable(Table):
    """One of `[[abort]]`: where, how long, and one metric with one statistic and its limit."""

    endpoint: str | None = None
    window: Annotated[WholeDuration, Field(ge=1, le=3600)] = 10
    min_count: Annotated[int, Field(ge=1)] = 20
    errors: dict[str, float] | None = None
    response: dict[str, float] | None = None
    ttft: dict[str, float] | None = None

    def rule(self, index: int, file: str) -> AbortRule:
        """The rule; refuses none and several limits alike."""
        key = dotted(("abort", index))
        given = [
            (metric, statistic, limit)
            for metric, values in (("errors", self.errors), ("response", self.response), ("ttft", self.ttft))
            for statistic, limit in (values or {}).items()
        ]
        if len(given) != 1:
            raise ConfigurationError(
                file=file,
                key=key,
                found=Phrase(f"{len(given) or 'no'} limits"),
                wanted="one limit, such as errors.ratio = 0.1 or response.p95_ms = 2000",
                hint="a rule for each limit",
            )
        metric, statistic, limit = given[0]
        factors = RULES[metric]
        if statistic not in factors:
            raise ConfigurationError(
                file=file,
                key=f"{key}.{metric}.{statistic}",
                found=Phrase("an unknown key"),
                wanted=f"one of {', '.join(factors)}",
                hint=nearest(statistic, factors),
            )
        if limit < 0 or (metric == "errors" and limit >= 1):
            raise ConfigurationError(
                file=file,
                key=f"{key}.{metric}.{statistic}",
                found=limit,
                wanted="a ratio from 0 to below 1" if metric == "errors" else "milliseconds, not below 0",
            )
        return AbortRule(
            endpoint=self.endpoint,
            metric=metric,
            statistic=statistic.removesuffix("_ms"),
            above=limit * factors[statistic],
            window_s=self.window,
            min_count=self.min_count,
        )


class SearchTable(Table):
    """`[search]`: how the highest rate that keeps the target's objectives is looked for."""

    start: Annotated[float, Field(gt=0)] = Field(description="arrivals per second of the first step")
    growth: Annotated[float, Field(gt=1, le=10)] = 2.0
    most: Annotated[float, Field(gt=0)] = 100_000.0
    steps: Annotated[int, Field(ge=2, le=200)] = 30
    precision: Annotated[float, Field(ge=0.02, le=1)] = 0.1
    warm_up: Annotated[WholeDuration, Field(ge=1)] = 20
    settle: Annotated[WholeDuration, Field(ge=1)] = 5
    step: Annotated[WholeDuration, Field(ge=1)] = 20
    rest: Annotated[WholeDuration, Field(ge=0)] = 30

    def search(self) -> Search:
        """The search."""
        return Search(
            start_per_s=self.start,
            growth=self.growth,
            most_per_s=self.most,
            steps=self.steps,
            precision=self.precision,
            warm_up_s=self.warm_up,
            settle_s=self.settle,
            step_s=self.step,
            rest_s=self.rest,
        )


MixEntry = Annotated[MixTable, BeforeValidator(_entry)]


class ProfileTable(Table):
    """A whole profile file."""

    name: Annotated[str, Field(pattern=NAME)] | None = None
    model: Annotated[Model, BeforeValidator(_model)] = Field(description="open or closed")
    arrivals: Annotated[Arrivals, BeforeValidator(_arrivals)] | None = None
    mix: dict[Annotated[str, Field(pattern=NAME)], MixEntry] = Field(
        min_length=1, description="endpoints and their weights, such as { query = 6, health = 1 }"
    )
    think: Annotated[Any, BeforeValidator(_think)] = None
    pacing: Annotated[Duration, Field(gt=0)] | None = None
    stages: list[StageTable] = Field(default_factory=list)
    abort: list[AbortTable] = Field(default_factory=list)
    drain: Annotated[Duration, Field(ge=0, le=3600)] = 30.0
    max_in_flight: Annotated[int, Field(ge=1, le=100_000)] = 4000
    compare: bool = True
    finds_limit: bool = False
    search: SearchTable | None = None

    def all_stages(self) -> tuple[Stage, ...]:
        """The stages; of a search one that is as long as it may take."""
        if self.search is not None:
            search = self.search.search()
            return (Stage("search", search.longest_s, search.start_per_s),)
        return tuple(entry.stage(number) for number, entry in enumerate(self.stages, 1))

    def check(self, file: str) -> None:
        """Refuse keys that contradict one another."""
        if self.model is Model.OPEN:
            self._check_open(file)
        else:
            self._check_closed(file)
        if self.stages and not any(stage.measure for stage in self.stages):
            raise _wrong(file, "stages", Phrase("no stage that is measured"), "one without measure = false")
        if self.stages and not any(stage.level for stage in self.stages):
            raise _wrong(file, "stages", Phrase("level 0 in every stage"), "a level above 0")
        if self.search is not None:
            self._check_search(file, self.search)
        elif self.finds_limit and not self.abort:
            raise _wrong(file, "finds_limit", True, "abort rules that say what the limit is")
        for index, rule in enumerate(self.abort):
            if rule.endpoint is not None and rule.endpoint not in self.mix:
                wanted = f"one of {', '.join(self.mix)}, or no endpoint for all of them"
                key = f"{dotted(('abort', index))}.endpoint"
                raise _wrong(file, key, rule.endpoint, wanted, nearest(rule.endpoint, self.mix))

    def _check_open(self, file: str) -> None:
        if not self.stages and self.search is None:
            raise _wrong(file, "stages", Phrase("no stage"), "stages, which an open model needs")
        for key, value in (("think", self.think), ("pacing", self.pacing)):
            if value is not None:
                raise _wrong(file, key, Phrase("it in an open model"), "arrivals, which need no pause")

    def _check_search(self, file: str, search: SearchTable) -> None:
        if self.model is not Model.OPEN:
            raise _wrong(
                file, "search", Phrase("it in a closed model"), 'model = "open": a search sets the rate'
            )
        if self.stages:
            raise _wrong(file, "stages", Phrase("them beside search"), "one of them: a search makes its own")
        if search.most < search.start:
            raise _wrong(file, "search.most", search.most, f"at least search.start, {search.start:g}")
        longest_s = search.search().longest_s
        if longest_s > LONGEST_SEARCH_S:
            wanted = f"at most {LONGEST_SEARCH_S} s: fewer or shorter steps"
            raise _wrong(file, "search", Phrase(f"steps of {longest_s} s together"), wanted)

    def _check_closed(self, file: str) -> None:
        if self.arrivals is not None:
            raise _wrong(file, "arrivals", self.arrivals.value, 'no such key when the model is "closed"')
        if self.think is not None and self.pacing is not None:
            raise _wrong(file, "pacing", Phrase("it beside think"), "one of them")
        for index, stage in enumerate(self.stages):
            if stage.level != int(stage.level):
                key = f"{dotted(('stages', index))}.level"
                raise _wrong(file, key, stage.level, "a whole number of users")


def _wrong(file: str, key: str, found: object, wanted: str, hint: str | None = None) -> ConfigurationError:
    return ConfigurationError(file=file, key=key, found=found, wanted=wanted, hint=hint)
