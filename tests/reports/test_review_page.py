"""The page that a new baseline is reviewed by."""

from dataclasses import replace
from typing import Any

import pytest

from analysis.aa_noise import AaNoise
from analysis.exit_code import ExitCode
from analysis.history import history_row
from analysis.history_series import segments_of
from analysis.regeneration import Regeneration, ReviewLabel
from analysis.result import Verdict
from analysis.verdict import Decision
from analysis.warm_up import WarmUp
from reports import review_page
from reports.change_plot import draw_changes
from reports.review_page import render_review
from tests.analysis.stored_baseline import stored_baseline
from tests.reports import sample_report

RESULT = sample_report.regression().result


def regeneration(verdict: Verdict = Verdict.REGRESSION, **changes: Any) -> Regeneration:
    """A service whose query became slower than the rolling baseline; there is no anchor."""
    candidate = stored_baseline()
    row = history_row(candidate, rolling=None, anchor=None)
    content: dict[str, Any] = {
        "candidate": candidate,
        "judged": RESULT,
        "anchor": None,
        "aa": None,
        "doubts": (),
        "segments": segments_of([row]),
        "decision": Decision(verdict, ExitCode.REGRESSION, ("query became slower",)),
    }
    return Regeneration(**content | changes)


def page(found: Regeneration) -> str:
    return render_review(found, history="h.svg", changes="c.svg", candidate="b/1a2b3c4d.candidate.json")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_sign_an_advice_and_a_label(verdict: Verdict) -> None:
    found = regeneration(verdict)
    heading, _, advice = page(found).partition("\n\n")

    assert verdict.value.replace("_", " ").upper() in heading
    assert advice[0].isupper()
    assert found.label in ReviewLabel


def test_old_and_new_stand_beside_change_margin_and_what_could_have_been_seen() -> None:
    text = page(regeneration())

    assert "| Metric | Old | New | Change | Margin | Seen from | Outcome |" in text
    assert "<summary>Shown, not gated</summary>" in text
    assert "![The history of this baseline](h.svg)" in text


def test_an_anchor_is_frozen_by_hand_only() -> None:
    without = page(regeneration())
    beside = page(regeneration(anchor=RESULT.comparison))

    assert "plimsoll baseline promote b/1a2b3c4d.rolling.json --as anchor" in without
    assert "--as anchor" not in beside


def test_the_noise_of_a_percentile_with_a_dot_in_its_name_has_its_title() -> None:
    candidate = stored_baseline()
    noise = {"query.response.p99.9": candidate.noise["query.response.p95"]}

    assert "| query response p99.9 |" in page(regeneration(candidate=replace(candidate, noise=noise)))


def test_a_gate_that_cries_wolf_is_named() -> None:
    quiet = page(regeneration(aa=AaNoise({}, 10, 2, 0)))
    noisy = page(regeneration(aa=AaNoise({}, 10, 2, 1)))

    assert "10 pairs of the same version made 2 decisions, of which 0 said REGRESSION." in quiet
    assert "1 said REGRESSION: this machine is too noisy for a gate.**" in noisy


def test_doubts_about_machine_and_warm_up_are_listed() -> None:
    short = replace(stored_baseline(), warm_up=WarmUp(30.0, 55.0, 5, 0.08))
    text = page(regeneration(doubts=("cores: 1 <of> 2",), candidate=short))

    assert "- cores: 1 &lt;of&gt; 2" in text
    assert "the warm-up of 30 s is too short: 55 s are needed" in text


def test_a_page_too_long_for_a_request_leaves_out_what_is_not_gated(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = page(regeneration())
    monkeypatch.setattr(review_page, "LIMIT_CHARACTERS", len(whole) - 1)
    text = page(regeneration())

    assert len(text) < len(whole)
    assert "Shown, not gated" not in text
    assert "| Metric | Old | New | Change | Margin | Seen from | Outcome |" in text


def test_changes_are_drawn_the_same_for_the_same_comparisons() -> None:
    both = draw_changes(RESULT.comparison, RESULT.comparison)

    assert both == draw_changes(RESULT.comparison, RESULT.comparison)
    assert "against the rolling baseline (filled) and the anchor (hollow)" in both
    assert "Nothing to compare with" in draw_changes(None, None)
