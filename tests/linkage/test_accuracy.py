"""The gate: linking two small months, one as messy as life and one far messier, is no worse than it was.

No weight or threshold was calibrated on these seeds. Beside each floor stands what was reached when it was last set
(2026-11-26). A better engine raises the floors; nothing lowers them but a harder month. The messier month is there for the
rules that forbid a merge: without them it joins three parents to their children, and its precision falls to 0.9973.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from benchmarks.months import written_months
from palayesh.linkage import Linked
from palayesh.linkage.evaluate import id_churn, value_of
from palayesh.linkage.ids import ALIAS_COLUMNS, aliases_after
from tests.linkage.months import Month, linkage_settings, linked_month, written_month

PERSONS = 2500
LIFE, WORSE = (301, 1.0), (302, 2.5)
"""(seed, mess)"""
Measure = tuple[str, str, str]

FLOORS: dict[Measure, tuple[float, float]] = {
    ("persons", "pairs", "precision"): (0.9995, 0.9995),  # 1.0000, 1.0000
    ("persons", "pairs", "recall"): (0.994, 0.966),  # 0.9963, 0.9698
    ("persons", "clusters", "precision"): (0.9995, 0.9995),  # 1.0000, 1.0000
    ("persons", "clusters", "recall"): (0.997, 0.986),  # 0.9986, 0.9888
    ("persons", "clusters", "f1"): (0.998, 0.993),  # 0.9993, 0.9943
    ("persons", "clusters", "exactly_right"): (0.996, 0.984),  # 0.9982, 0.9868
    ("households", "clusters", "precision"): (0.999, 0.999),  # 1.0000, 1.0000
    ("households", "clusters", "f1"): (0.999, 0.994),  # 1.0000, 0.9953
    ("households", "cases", "f1"): (0.999, 0.998),  # 1.0000, 1.0000
    # Ten questions are left of the first month: what could be answered without asking is no longer asked.
    # Of 15 in 23 that were one person on the messier month, four are found without asking now: 11 in 20 are left.
    ("review", "", "yield"): (0.2, 0.5),  # 0.3000, 0.5500
    ("review", "", "clusters_f1_after"): (0.999, 0.995),  # 0.9998, 0.9963
}
CEILINGS: dict[Measure, tuple[float, float]] = {
    ("review", "", "share_of_mentions"): (0.004, 0.008),  # 0.0029, 0.0062
    ("calibration", "", "calibration_error"): (0.02, 0.012),  # 0.0126, 0.0054
    ("account", "", "mentions_without_truth"): (0, 0),  # 0, 0
    ("account", "", "records_not_linked"): (0, 0),  # 0, 0
}
MOST_CHANGED_IDS = 0.004
"""Of the persons of two months, 0.0017 were reached on another seed with 6000 persons; nearly all of them are known by a bare name only."""
MOST_CHANGED_RECORDS = 0.001
"""Of records that are there in both months as they were. 0.0003 and 0.0006 were reached with 25,000 persons."""


@cache
def small_month(seed: int, mess: float) -> tuple[Month, Linked]:
    with TemporaryDirectory() as folder:
        month = written_month(Path(folder), seed=seed, persons=PERSONS, mess=mess)
    return month, linked_month(month)


def shortfalls(measures: pd.DataFrame, which: tuple[int, float]) -> list[str]:
    """What is worse than the gate allows, as lines to read."""
    column = (LIFE, WORSE).index(which)
    found = {measure: value_of(measures, *measure) for measure in (*FLOORS, *CEILINGS)}
    floors = {measure: pair[column] for measure, pair in FLOORS.items()}
    roofs = {measure: pair[column] for measure, pair in CEILINGS.items()}
    low = [f"{'/'.join(m)} is {found[m]:.4f}, at least {floor}" for m, floor in floors.items() if found[m] < floor]
    high = [f"{'/'.join(m)} is {found[m]:.4f}, at most {roof}" for m, roof in roofs.items() if found[m] > roof]
    return low + high


@pytest.mark.slow
@pytest.mark.xdist_group("accuracy")
@pytest.mark.parametrize("which", [LIFE, WORSE], ids=["as in life", "far messier"])
def test_a_small_month_is_linked_as_well_as_before(which: tuple[int, float]) -> None:
    month, linked = small_month(*which)
    assert shortfalls(month.measures(linked), which) == []


def joined_by_number(month: Month, linked: Linked) -> pd.DataFrame:
    number = linked.linked_mentions["mention_id"].map(month.mentions.set_index("mention_id")["national_id"])
    return linked.linked_mentions.assign(person_id=number.fillna(linked.linked_mentions["mention_id"]))


def joined_by_family_and_sex(month: Month, linked: Linked) -> pd.DataFrame:
    sex = linked.linked_persons.set_index("person_id")["sex"].fillna("")
    mentions = linked.linked_mentions
    return mentions.assign(person_id=mentions["household_id"] + mentions["person_id"].map(sex))


def households_alone(month: Month, linked: Linked) -> pd.DataFrame:
    return linked.linked_mentions.assign(household_id=linked.linked_mentions["person_id"])


@pytest.mark.slow
@pytest.mark.xdist_group("accuracy")
@pytest.mark.parametrize(
    ("fault", "measure"),
    [
        (joined_by_number, "persons/clusters/recall"),
        (joined_by_family_and_sex, "persons/clusters/precision"),
        (households_alone, "households/clusters/f1"),
    ],
)
def test_the_gate_stops_a_worse_linkage(fault: Callable[[Month, Linked], pd.DataFrame], measure: str) -> None:
    month, linked = small_month(*LIFE)
    faulty = replace(linked, linked_mentions=fault(month, linked))
    assert any(line.startswith(measure) for line in shortfalls(month.measures(faulty), LIFE))


@pytest.mark.slow
@pytest.mark.xdist_group("accuracy")
def test_persons_keep_their_ids_from_month_to_month(tmp_path: Path) -> None:
    first, second = written_months(tmp_path, seed=LIFE[0], persons=PERSONS, months=2)
    before = first.linked(linkage_settings("1404-02"))
    now = second.linked(linkage_settings("1404-03"), before.id_ledger)
    aliases = aliases_after(pd.DataFrame(columns=list(ALIAS_COLUMNS)), now.id_events, month="1404-03")
    churn = id_churn(first.judged(before).mentions, second.judged(now).mentions, aliases)
    assert churn.present > 0.9 * len(before.linked_persons)
    assert churn.changed_share <= MOST_CHANGED_IDS
    assert churn.lost <= MOST_CHANGED_IDS * churn.present


@pytest.mark.slow
@pytest.mark.xdist_group("accuracy")
def test_records_that_stay_keep_their_ids_while_others_join_and_leave() -> None:
    month, _ = small_month(*LIFE)
    records = month.mentions["record_id"].drop_duplicates().sample(frac=1, random_state=1404)
    place = month.mentions["record_id"].map(dict(zip(records, np.linspace(0, 1, len(records)), strict=True)))
    # Nine records in a hundred are new, one in a hundred is gone.
    earlier, later = (replace(month, mentions=month.mentions[kept]) for kept in (place > 0.09, place < 0.99))
    before = earlier.linked(linkage_settings("1404-02"))
    now = later.linked(linkage_settings("1404-03"), before.id_ledger)
    stayed = before.linked_mentions.merge(now.linked_mentions, on="mention_id", suffixes=("", "_now"))
    assert len(stayed) > 0.88 * len(month.mentions)
    assert stayed["person_id"].ne(stayed["person_id_now"]).mean() <= MOST_CHANGED_RECORDS
    aliases = aliases_after(pd.DataFrame(columns=list(ALIAS_COLUMNS)), now.id_events, month="1404-03")
    for old, living in (("person_id", now.linked_persons), ("household_id", now.linked_households)):
        assert set(stayed[old]) <= set(living[old]) | set(aliases["alias"]), "every old id leads somewhere"
