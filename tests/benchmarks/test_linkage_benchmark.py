"""The benchmark's table: every case has its rows, failures are told, and scored seeds are not calibrated ones."""

import pandas as pd

from benchmarks.linkage import Case, cases, job_palayesh, scored, table_of


def result(f1: float, seconds: float) -> dict:
    scores = {"precision": 1.0, "recall": f1, "f1": f1}
    return {"clusters": scores, "seconds": seconds, "processor_seconds": 1.5 * seconds, "memory_mb": 100}


def test_ratios_and_failures_are_told() -> None:
    text = table_of(
        [
            {"name": "one", "plain_splink": result(0.98, 10.0), "palayesh": result(0.99, 5.0)},
            {"name": "two", "plain_splink": result(0.98, 10.0), "palayesh": {"failed": "ValueError: no"}},
        ]
    )
    assert "0.50x" in text
    assert "two, palayesh: ValueError: no" in text


def test_scored_seeds_are_not_calibrated_ones() -> None:
    for quick in (True, False):
        assert all(case.seed > 100 for case in cases(quick=quick) if case.kind != "febrl")
    assert {case.kind for case in cases(quick=False)} >= {"persian", "million"}


def test_damage_is_scored_by_kind() -> None:
    records = pd.DataFrame({"record_id": ["a", "b", "c"], "person_id": [1, 1, 2], "damage": ["", "birth_digit", ""]})
    scores = scored(records, pd.DataFrame({"record_id": ["c", "b", "a"], "person_id": ["x", "y", "y"]}))
    assert scores["clusters"]["f1"] == 1
    assert {row["damage"]: row["records"] for row in scores["by_damage"]} == {"none": 2, "birth_digit": 1}


def test_the_truth_is_not_shown_to_the_product(monkeypatch) -> None:
    from benchmarks import linkage
    from palayesh.linkage import table

    seen = []
    link_table = table.link_table

    def watched(records: pd.DataFrame, *, calendar: str) -> table.LinkedTable:
        seen.append((set(records), calendar))
        return link_table(records, calendar=calendar)

    monkeypatch.setattr(table, "link_table", watched)
    case = Case("small", "persian", 300, 101, True)
    result = job_palayesh(linkage.make(case), case)
    assert seen[0][1] == "jalali"
    assert not seen[0][0] & {"person_id", "household_id", "damage"}
    assert 0 <= result["blocking_recall"] <= 1
    assert result["seconds_to_clusters"] <= result["seconds"]
