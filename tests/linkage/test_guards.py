"""A linkage that runs away is noticed by its proportions, and the finding names nobody."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.months import EXPECTATIONS
from palayesh.adapters.linkage_model import load_guards
from palayesh.findings import Refusal
from palayesh.linkage.guards import Guards, as_counts, runaway_findings

GUARDS = Guards(
    duplicate_share=0.6, duplicate_share_change=0.1, links_per_mention=2, cluster_size=4, records_on_one_list=2
)


def linked(*sizes: int, list_key: str = "") -> pd.DataFrame:
    """Persons with so many mentions each, every mention on a list of its own unless one is named."""
    persons = [f"P{place}" for place, size in enumerate(sizes) for _ in range(size)]
    lists = [list_key or f"a/l{place}" for place in range(len(persons))]
    return pd.DataFrame({"person_id": persons, "list_key": lists, "role": "subject"})


def codes(mentions: pd.DataFrame, **more: float) -> list[str]:
    return [finding.code for finding in runaway_findings(mentions, GUARDS, **more)]


def test_a_healthy_month_has_no_finding() -> None:
    assert codes(linked(1, 2, 2, 3), previous_share=0.45) == []
    assert codes(linked(1).iloc[:0]) == []


@pytest.mark.parametrize(
    ("sizes", "more", "found"),
    [
        ((3, 3, 3), {}, ["many_duplicates"]),
        ((1, 1, 2), {"previous_share": 0.5}, ["duplicates_changed"]),
        ((1, 1, 2), {"previous_share": 0.3}, []),
        ((4, 4, 1, 1, 1, 1, 1), {}, []),
        ((4, 4, 4), {}, ["many_duplicates", "many_links"]),
        ((5, 1, 1, 1, 1, 1, 1, 1), {}, ["large_cluster"]),
    ],
)
def test_each_guard_holds_at_its_limit(sizes: tuple[int, ...], more: dict[str, float], found: list[str]) -> None:
    assert codes(linked(*sizes), **more) == found


def test_a_person_on_one_list_too_often_is_noticed_and_named_beside_others_is_not() -> None:
    often = linked(3, 1, 1, 1, list_key="a/l")
    assert codes(often) == ["many_records_on_one_list"]
    assert codes(often.assign(role="head")) == []


def test_findings_count_and_name_nobody() -> None:
    kept = as_counts(runaway_findings(linked(9, 9), GUARDS))
    assert {"many_duplicates", "large_cluster", "many_links"} == {finding["code"] for finding in kept}
    assert "P0" not in str(kept)
    assert next(f for f in kept if f["code"] == "large_cluster")["count"] == 2


def test_the_guards_are_declared_and_a_misspelled_one_is_refused(tmp_path: Path) -> None:
    assert load_guards(EXPECTATIONS).cluster_size > 1
    (tmp_path / "linkage").mkdir()
    (tmp_path / "linkage" / "guards.yml").write_text("cluster_sise: 3\n", encoding="utf-8")
    with pytest.raises(Refusal, match=r"guards\.yml"):
        load_guards(tmp_path)
