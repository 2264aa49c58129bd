"""Passed means checked: suites are loaded whole, rules that could not run refuse, and no value leaves."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
import yaml

from palayesh.adapters import suites
from palayesh.validation.outcome import split
from palayesh.validation.rules import Parameters

EXPECTATIONS = Path(__file__).resolve().parents[2] / "expectations"
PARAMETERS = Parameters(as_of=dt.date(2025, 5, 21), expected_records=(1, 100))
RULE = {
    "type": "expect_column_values_to_not_be_null", "kwargs": {"column": "first_name"}, "severity": "set_aside_record",
    "code": "first_name_missing", "fa": "نام خالی است.", "en": "No name.", "mend_fa": "نام را بنویسید.", "mend_en": "Type it.",
}  # fmt: skip


def a_suite(tmp_path: Path, *rules: dict) -> suites.Suite:
    path = tmp_path / "suite.x.yml"
    path.write_text(yaml.safe_dump(list(rules), allow_unicode=True), encoding="utf-8")
    return suites.read_suite(path)


def records(*names: str | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "record_id": [f"x/y/0/1/{n}" for n in range(len(names))],
            "sheet": "s", "row": range(2, len(names) + 2), "member": "",
            "first_name": pd.Series(names, dtype="str"),
        }
    )  # fmt: skip


@pytest.mark.parametrize("path", sorted(suites.suite_paths(EXPECTATIONS)), ids=lambda p: f"{p.parent.name}-{p.name}")
def test_every_suite_is_loaded_whole(path: Path) -> None:
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    suite = suites.read_suite(path)
    assert len(suite.rules) == len(declared) > 5
    assert any(rule.severity.value == "reject_submission" for rule in suite.rules)


def test_a_misspelled_rule_is_refused_and_not_dropped(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expect_column_values_to_not_be_nul"):
        a_suite(tmp_path, {**RULE, "type": "expect_column_values_to_not_be_nul"})
    with pytest.raises(ValueError, match=r"(?i)column"):
        a_suite(tmp_path, {**RULE, "kwargs": {"colum": "first_name"}})


def test_failing_records_are_named_and_nothing_is_lost(tmp_path: Path) -> None:
    table = records("مریم", None, "علی")
    outcome = suites.validate(table, a_suite(tmp_path, RULE), parameters=PARAMETERS)
    assert outcome.decision == "accepted"
    assert outcome.failures["record_id"].tolist() == ["x/y/0/1/1"]
    parts = split(table, outcome)
    assert (len(parts.accepted), parts.set_aside["reason_codes"].tolist()) == (2, ["first_name_missing"])


def test_a_rule_that_could_not_run_refuses_the_submission(tmp_path: Path) -> None:
    table = records("مریم").drop(columns="first_name")
    outcome = suites.validate(table, a_suite(tmp_path, RULE), parameters=PARAMETERS)
    assert outcome.decision == "refused"
    assert outcome.reasons[0].code == "rule_could_not_run"


def test_an_empty_table_never_passes(tmp_path: Path) -> None:
    assert suites.validate(records(), a_suite(tmp_path, RULE), parameters=PARAMETERS).decision == "refused"


def test_no_value_is_in_the_outcome(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "۹۹۰۱۲۳۴۵۶۵"
    rule = {
        **RULE,
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "first_name", "value_set": ["علی"]},
    }
    outcome = suites.validate(records(secret, "علی"), a_suite(tmp_path, rule), parameters=PARAMETERS)
    assert len(outcome.failures) == 1
    everything = outcome.failures.to_csv() + outcome.rules.to_csv() + repr(outcome.reasons) + caplog.text
    assert secret not in everything


NEAR = {
    **RULE, "type": "expect_record_count_near_recent_months", "severity": "reject_submission", "code": "volume_changed",
    "kwargs": {
        "recent_counts": {"$PARAMETER": "recent_counts"}, "other_parts": {"$PARAMETER": "other_parts"},
        "tolerance": {"$PARAMETER": "volume_tolerance"},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("count", "decision"),
    [(100, "accepted"), (139, "accepted"), (60, "accepted"), (141, "refused"), (59, "refused")],
)
def test_b7_volume_far_from_the_median_is_asked_about(tmp_path: Path, count: int, decision: str) -> None:
    months = Parameters(
        as_of=PARAMETERS.as_of, expected_records=(1, 999), recent_counts=(9999, 90, 100, 100, 110, 100, 95)
    )
    outcome = suites.validate(records(*["مریم"] * count), a_suite(tmp_path, NEAR), parameters=months)
    assert outcome.decision == decision


def test_the_small_part_of_a_list_is_weighed_with_its_other_parts(tmp_path: Path) -> None:
    # Two files a month, 1,020 and 228 records; this month 1,151 and 208: a healthy list.
    months = {"as_of": PARAMETERS.as_of, "expected_records": (1, 9999), "recent_counts": (1248, 1303)}
    small, suite = records(*["مریم"] * 208), a_suite(tmp_path, NEAR)
    assert suites.validate(small, suite, parameters=Parameters(**months, other_parts=1151)).decision == "accepted"
    assert suites.validate(small, suite, parameters=Parameters(**months, other_parts=0)).decision == "refused"
