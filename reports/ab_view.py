"""What a report of an A/B session shows beside its comparison: facts, looks, pairs and noise, as cells."""

from analysis.ab_result import AbResult
from analysis.arms import name_parts
from analysis.plural import plural
from analysis.result import Verdict
from reports import wording
from reports.quantity import ABSENT, change, stretch, whole
from reports.table import Cell, Table, head_of

_MEANING = {
    Verdict.PASS: "No gated metric of B is worse than that of A by more than its margin.",
    Verdict.IMPROVEMENT: "At least one gated metric of B is better than that of A, and none is worse.",
    Verdict.REGRESSION: "At least one gated metric of B is worse than that of A by more than its margin.",
    Verdict.INCONCLUSIVE: "The pairs prove neither that B is within the margins of A nor that it is not.",
    Verdict.INVALID: "This session cannot be trusted, so its numbers decide nothing about either version.",
}
_MEANING_ITSELF = {
    Verdict.PASS: "As it should be: A does not differ from itself by more than any margin.",
    Verdict.IMPROVEMENT: "A false alarm: A cannot be better than itself.",
    Verdict.REGRESSION: "A false alarm: A cannot be worse than itself.",
}


def meaning(result: AbResult) -> str:
    alone = _MEANING_ITSELF.get(result.verdict) if result.itself else None
    return alone or _MEANING[result.verdict]


def exit_meaning(result: AbResult) -> str:
    if result.verdict is Verdict.INCONCLUSIVE and result.exit_code == 0:
        return "allowed to pass without a decision"
    return wording.exit_code_word(result.exit_code)


def decides(result: AbResult) -> bool:
    return result.verdict is not Verdict.INVALID


def facts(result: AbResult) -> list[tuple[str, str]]:
    floors = "from pairs of one version" if result.calibrated else "the default ones"
    pairs = [
        ("A", result.a),
        ("B", "A itself" if result.itself else result.b),
        ("Load profile", result.profile),
        ("Started", result.start_utc),
        ("Pairs", f"{result.pairs} of at most {result.most_pairs}"),
        ("Runs took", stretch(result.spent_s)),
        ("Runs made again", whole(len(result.repeated))),
        ("Noise floors", floors),
        ("Session", result.ab_id),
    ]
    return [(name, text) for name, text in pairs if text]


def look_table(result: AbResult) -> Table:
    """Each look and what it left open."""
    rows = [
        (
            Cell(plural(look.pairs, "pair")),
            Cell(wording.word(look.outcome), tone=wording.outcome_tone(look.outcome)),
            Cell(", ".join(_title(name) for name in look.undecided) or ABSENT),
        )
        for look in result.looks
    ]
    error = f"{100 * result.alpha_per_look:g} %"
    note = f"At the margin each look errs with {error}, all looks of a session together with about 5 %."
    return Table(head_of("Looked at after", "Outcome", "Left open"), tuple(rows), note=note)


def pair_table(result: AbResult) -> Table:
    """How B differs from A in each pair: two clusters, or a drift, are seen here and in no interval."""
    names = [row for row in result.rows if row.gated]
    head = head_of(
        "Pair",
        "Order",
        *(f"{wording.title(row.endpoint, row.metric, row.statistic)}>" for row in names),
    )
    rows = [
        (
            Cell(str(pair.pair)),
            Cell(pair.order),
            *(
                Cell(
                    change(pair.changes.get(row.name), row.unit),
                    number=True,
                )
                for row in names
            ),
        )
        for pair in result.course
    ]
    return Table(head, tuple(rows))


def repeated_table(result: AbResult) -> Table:
    rows = [
        (
            Cell(f"{run.pair}{run.arm.value.upper()}"),
            Cell(run.run or ABSENT),
            Cell(run.reason or ABSENT),
        )
        for run in result.repeated
    ]
    return Table(head_of("Pair", "Run", "Why it did not count"), tuple(rows))


def noise_table(result: AbResult) -> Table | None:
    """Of the metrics that decide; aa-noise.json holds all."""
    noise = result.noise
    if noise is None:
        return None
    rows = []
    for row in result.rows:
        spread = noise.figures.get(row.name)
        if row.gated and spread is not None:
            deviations = (spread.deviation, spread.deviation / 2**0.5)
            cells = (Cell(change(value, row.unit, signed=False), number=True) for value in deviations)
            name = wording.title(row.endpoint, row.metric, row.statistic)
            rows.append((Cell(name), *cells, Cell(f"{spread.df:g}", number=True)))
    note = (
        f"{plural(noise.gates, 'decision')} could be made from these {noise.pairs} pairs, "
        f"{noise.false_regressions} of them called A a regression of itself."
    )
    head = head_of("Metric", "Deviation of a pair>", "Of a run>", "Degrees of freedom>")
    return Table(head, tuple(rows), note=note)


def _title(name: str) -> str:
    return wording.title(*name_parts(name))
