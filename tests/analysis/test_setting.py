"""Which keys keep runs and baselines apart: every hard one, and nothing else."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from analysis.baseline_parts import BaselineEnvironment
from analysis.environment import read_environment
from analysis.setting import Setting
from tests.analysis.stored_baseline import stored_baseline

HOST = Path(__file__).parents[1] / "data" / "hosts" / "v2"
ENVIRONMENT = read_environment(HOST)
SETTING = Setting("reference", "baseline", "0" * 64, "kernel", 1, ENVIRONMENT.hard)


def another(value: object) -> Any:
    """A value that is different, of the same kind where that is possible."""
    if isinstance(value, bool) or value is None:
        return "another"
    if isinstance(value, int | float):
        return value + 1
    return [*value, "another"] if isinstance(value, list) else f"{value} or another"


@pytest.mark.parametrize("key", sorted(ENVIRONMENT.hard))
def test_every_hard_key_of_a_real_host_keeps_settings_apart(key: str) -> None:
    """Changed, and missing."""
    changed = replace(SETTING, hard={**ENVIRONMENT.hard, key: another(ENVIRONMENT.hard[key])})
    missing = replace(SETTING, hard={k: v for k, v in ENVIRONMENT.hard.items() if k != key})

    assert SETTING.differing_from(changed) == (f"environment.hard.{key}",)
    assert SETTING.differing_from(missing) == (f"environment.hard.{key}",)
    assert changed.env8 != SETTING.env8


@pytest.mark.parametrize("key", [field.name for field in fields(Setting) if field.name != "hard"])
def test_every_other_part_of_a_setting_keeps_settings_apart(key: str) -> None:
    changed = replace(SETTING, **{key: another(getattr(SETTING, key))})

    assert SETTING.differing_from(changed) == (key,)


def test_a_setting_does_not_differ_from_itself() -> None:
    assert SETTING.differing_from(replace(SETTING, hard=dict(ENVIRONMENT.hard))) == ()


@pytest.mark.parametrize(
    ("group", "key"),
    [("soft", key) for key in sorted(ENVIRONMENT.soft)]
    + [("ignored", key) for key in sorted(ENVIRONMENT.ignored)],
)
def test_no_soft_or_ignored_key_keeps_baselines_apart(group: str, key: str) -> None:
    before = {"hard": ENVIRONMENT.hard, "soft": ENVIRONMENT.soft, "ignored": ENVIRONMENT.ignored}
    keys = {**before[group], key: another(before[group][key])}
    baseline = replace(stored_baseline(), environment=BaselineEnvironment(**before))
    changed = replace(baseline, environment=BaselineEnvironment(**{**before, group: keys}))

    assert changed.setting.differing_from(baseline.setting) == ()
    assert changed.setting.env8 == baseline.setting.env8


def test_what_changes_from_boot_to_boot_is_no_hard_key() -> None:
    """Reading the same host after a reboot, with another clock rate and load, gives the same hard keys."""
    volatile = {"hostname", "boot_id", "cpu_mhz", "load1", "memory_total_bytes"}

    assert volatile == set(ENVIRONMENT.ignored)
