import json
import math
from pathlib import Path

import pytest

from analysis.aa_noise import AaNoise, aa_noise, pooled, read_aa_noise
from analysis.errors import UsageError
from analysis.noise import FLOOR_DF, Spread
from analysis.pair_noise import default_pair_floor
from tests.analysis.pair_builder import RULES, pairs, pairs_of


def test_the_figures_are_deviations_of_differences_within_pairs() -> None:
    a, b = [100e3, 110e3, 90e3], [102e3, 110e3, 93e3]
    noise = aa_noise(pairs_of("p50", a, b, metric="query.response"))

    logs = [math.log(new / old) for old, new in zip(a, b, strict=True)]
    mean = sum(logs) / 3
    spread = noise.figures["query.response.p50"]
    assert spread.deviation == pytest.approx(math.sqrt(sum((d - mean) ** 2 for d in logs) / 2))
    assert spread.df == 2
    assert noise.pairs == 3


def test_the_true_noise_is_found_whatever_drifts() -> None:
    noise = aa_noise(pairs(400, noise=0.02, drift=0.001))

    assert noise.figures["query.response.p95"].deviation == pytest.approx(0.02, rel=0.1)


def test_a_metric_that_a_run_lacks_has_no_figure() -> None:
    made = pairs(4)
    made[2] = (made[2][0], made[2][1].__class__("x", "2025-11-21T10:00:00Z", 60.0, {}))

    assert aa_noise(made).figures == {}


def test_decisions_are_made_over_and_over_on_fresh_pairs() -> None:
    calm = aa_noise(pairs(12, noise=0.01), RULES)

    assert (calm.gates, calm.false_regressions) == (3, 0)
    assert aa_noise(pairs(12, noise=0.01)).gates == 0


def test_a_false_alarm_is_counted() -> None:
    """Pairs that are no pairs of one version: the count must say so."""
    noise = aa_noise(pairs(12, noise=0.01, change=0.3), RULES)

    assert (noise.gates, noise.false_regressions) == (3, 3)


def test_a_short_calibration_raises_floors_and_does_not_lower_them() -> None:
    default = default_pair_floor("p95")
    figures = {
        "a.response.p95": Spread(2 * default, 5, floored=False),
        "b.response.p95": Spread(default / 2, 5, floored=False),
        "c.response.p95": Spread(default / 2, FLOOR_DF, floored=False),
    }
    floors = AaNoise(figures, 6, 0, 0).floors()

    assert [floors[name].deviation for name in sorted(floors)] == [2 * default, default, default / 2]
    assert [floors[name].df for name in sorted(floors)] == [5, 5, FLOOR_DF]


def test_several_sessions_are_pooled_by_their_degrees_of_freedom() -> None:
    first = AaNoise({"q.response.p50": Spread(0.01, 3, floored=False)}, 4, 1, 0)
    second = AaNoise({"q.response.p50": Spread(0.03, 9, floored=False)}, 10, 2, 1)
    both = pooled([first, second])

    spread = both.figures["q.response.p50"]
    assert spread.deviation == pytest.approx(math.sqrt((3 * 0.01**2 + 9 * 0.03**2) / 12))
    assert spread.df == 12
    assert (both.pairs, both.gates, both.false_regressions) == (14, 3, 1)


def test_figures_survive_their_file(tmp_path: Path) -> None:
    noise = aa_noise(pairs(12), RULES)
    path = tmp_path / "aa-noise.json"
    path.write_text(noise.to_json())
    found = read_aa_noise(path)

    assert found.to_json() == noise.to_json()
    assert found.figures.keys() == noise.figures.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "broken JSON"),
        ("[]", r"found no plimsoll\.aa-noise/1"),
        ('{"schema": "plimsoll.baseline/1"}', r"found no plimsoll\.aa-noise/1"),
        (json.dumps({"schema": "plimsoll.aa-noise/1", "figures": {}, "pairs": "many"}), "pairs: "),
    ],
)
def test_a_file_that_holds_no_figures_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "noise.json"
    path.write_text(text)

    with pytest.raises(UsageError, match=rf"noise\.json: .*{message}.*wanted"):
        read_aa_noise(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read .*plimsoll ab --self"):
        read_aa_noise(tmp_path / "none.json")
