"""What the run sheet counts besides the run: changed rules, how stewards agree, rows held too long."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import insert

from palayesh.adapters import settings
from palayesh.adapters.console_models import ReviewCheck
from palayesh.adapters.registry import Registry
from palayesh.adapters.templates import load_strings
from palayesh.reports.run_sheet import build_run_sheet
from tasks import installation, run_sheet
from tests.golden import sample_editions

NOW = dt.datetime(2025, 5, 21, tzinfo=dt.UTC)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    settings.override(var=tmp_path / "var")
    return installation.registry()


def test_rows_held_longer_than_set_are_counted_by_month(registry: Registry) -> None:
    for month in ("1402-11", "1403-01", "1403-02", "1404-02"):
        submission = {
            "agency": "behzisti", "list_key": "behzisti/caseload", "month": month, "sha256": month.ljust(64, "0"),
            "size_bytes": 1, "received_on": dt.date(2025, 5, 21), "format": "xlsx", "state": "validated",
        }  # fmt: skip
        registry.add_submission(submission, {})
    assert run_sheet._overdue("1404-02") == {"keep_months": 0, "months_overdue": 0, "oldest_overdue": None}
    settings.override(keep_months=13)  # 1403-02 is the first that is kept
    assert run_sheet._overdue("1404-02") == {"keep_months": 13, "months_overdue": 2, "oldest_overdue": "1402-11"}
    settings.override(keep_months=60)
    assert run_sheet._overdue("1404-02")["months_overdue"] == 0


def test_agreement_is_of_all_stewards_together(registry: Registry) -> None:
    answers = [
        ("a", "reference", "same", "same"), ("b", "reference", "different", "same"), ("a", "repeat", "same", "unsure"),
        ("b", "repeat", "same", None),
    ]  # fmt: skip
    with registry.writing.begin() as connection:
        for place, (steward, kind, expected, answer) in enumerate(answers):
            connection.execute(
                insert(ReviewCheck).values(
                    steward=steward,
                    place=place,
                    run_id="R",
                    pair_id=f"P{place}",
                    kind=kind,
                    expected=expected,
                    asked_at=NOW,
                    answer=answer,
                    answered_at=NOW if answer else None,
                )
            )
    told = run_sheet._checks(registry).set_index("kind")
    assert told[["asked", "same", "unsure"]].to_dict("index") == {
        "reference": {"asked": 2, "same": 1, "unsure": 0},
        "repeat": {"asked": 1, "same": 0, "unsure": 1},
        "sampled": {"asked": 0, "same": 0, "unsure": 0},
    }


def test_rules_whose_value_began_in_the_month_are_named() -> None:
    began = [one for month in range(1, 13) for one in run_sheet.changed_parameters(f"1404-{month:02d}")]
    for _, parameter, day in began:
        assert day in {value.from_ for value in parameter.values}
    month = "1404-02"
    named = run_sheet._changes(month)
    assert len(named) == len({(p.title.fa, p.title.en, day) for _, p, day in run_sheet.changed_parameters(month)})


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"keep_months": 0}, "no_retention"),
        ({"keep_months": 24, "months_overdue": 0}, "retention_kept"),
        ({"keep_months": 24, "months_overdue": 2, "oldest_overdue": "1402-01"}, "retention_due"),
    ],
)
def test_the_sheet_says_whether_erasure_is_due(counts: dict[str, object], sentence: str) -> None:
    facts = sample_editions.run_facts()
    object.__setattr__(facts, "counts", {**facts.counts, **counts})
    sheet = build_run_sheet(sample_editions.inputs_of("run_sheet", "en"), facts)
    words = str(load_strings("run_sheet", "en")["sentences"][sentence]).partition("{")[0]
    assert any(said.startswith(words) for section in sheet.sections for said in section.sentences)


def test_few_answers_give_no_kappa_and_none_at_all_are_said() -> None:
    facts = sample_editions.run_facts()
    sheet = build_run_sheet(sample_editions.inputs_of("run_sheet", "en"), facts)
    table = next(
        t for s in sheet.sections for t in s.tables if t.caption.title == "How stewards answer what is asked as a check"
    )
    assert [row.cells[-1].state for row in table.rows] == ["shown", "not_applicable", "not_applicable"]
    object.__setattr__(facts, "checks", facts.checks.assign(asked=0, same=0, unsure=0))
    sheet = build_run_sheet(sample_editions.inputs_of("run_sheet", "en"), facts)
    assert any("nothing is known of how stewards agree" in said for s in sheet.sections for said in s.sentences)
    assert any("nobody has measured how sound the joins are" in said for s in sheet.sections for said in s.sentences)


def test_joins_asked_by_lot_bound_the_share_of_wrong_ones() -> None:
    """Of 58 answers one is unsure and one says two persons: the exact binomial bound of 1 in 57 at 95 % is 8.1 %."""
    sheet = build_run_sheet(sample_editions.inputs_of("run_sheet", "en"), sample_editions.run_facts())
    said = [sentence for section in sheet.sections for sentence in section.sentences if "by lot" in sentence]
    assert said == [
        "Of 57 joins that were asked by lot, stewards called 1 two persons; with 95% confidence less than 8.1% of the probable "
        "joins are wrong."
    ]
