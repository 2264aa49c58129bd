"""New records against a registry that is already linked: persons are found again under damage, and nobody's id moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.persian_lists import persian_lists
from palayesh.linkage.candidates import KEYS, _key, key_parts
from palayesh.linkage.increment import LinkedIncrement, candidates, link_new, prepare, rescaled
from palayesh.linkage.prepared import (
    NotPrepared,
    Prepared,
    as_in_registry,
    candidates_per_record,
    key_hashes,
    open_prepared,
    part_hashes,
)
from palayesh.linkage.records import comparable
from palayesh.linkage.table import LinkedTable, link_table

pytestmark = pytest.mark.xdist_group("increment")
OLD, NEW = 4000, 400
TRUTH = ["person_id", "household_id", "damage", "relation"]


@dataclass
class World:
    old: pd.DataFrame
    new: pd.DataFrame
    truth: pd.Series
    linked: LinkedTable
    folder: Path
    registry: Prepared
    increment: LinkedIncrement


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    lists = persian_lists(OLD + NEW, 41)
    later = np.zeros(len(lists), dtype=bool)
    later[np.random.default_rng(7).choice(len(lists), NEW, replace=False)] = True
    given = lists.drop(columns=TRUTH)
    old, new = given[~later].reset_index(drop=True), given[later].reset_index(drop=True)
    new["list"] += "/next month"
    linked = link_table(old, calendar="jalali")
    folder = tmp_path_factory.mktemp("prepared") / "registry"
    prepare(folder, old, linked, calendar="jalali")
    with open_prepared(folder) as registry:
        truth = lists.set_index("record_id")["person_id"]
        yield World(old, new, truth, linked, folder, registry, link_new(new, registry))


def test_new_records_get_the_persons_that_linking_everything_would_give_them(world: World) -> None:
    together = link_table(pd.concat([world.old, world.new], ignore_index=True), calendar="jalali").records
    apart = pd.concat([world.linked.records, world.increment.records])

    def companions(records: pd.DataFrame) -> pd.Series:
        person = records.set_index("record_id")["person_id"]
        members = person.groupby(person).apply(lambda group: frozenset(group.index))
        return person.map(members)

    same = companions(apart).reindex(world.new["record_id"]) == companions(together).reindex(world.new["record_id"])
    assert same.mean() >= 0.99


def test_a_person_of_the_registry_is_found_again_and_a_stranger_is_new(world: World) -> None:
    truth = world.truth.reindex(world.new["record_id"]).to_numpy()
    was_there = np.isin(truth, world.truth.reindex(world.old["record_id"]))
    known = world.linked.records.set_index("record_id")["person_id"]
    found = world.increment.records["person_id"].isin(set(known)).to_numpy()
    assert (found == ~world.increment.is_new).all()
    assert found[was_there].mean() > 0.95
    assert not found[~was_there].any()
    fresh = world.increment.records.loc[world.increment.is_new, "person_id"]
    assert fresh.min() > known.max()


def person(**changed: str | None) -> dict[str, str | None]:
    return {
        "record_id": "new-1", "list": "later", "first_name": "پروانه", "last_name": "شهسواری‌نژاد", "father_name": "یدالله",
        "sex": "زن", "birth_date": "1361/07/19", "national_id": "9901234565", "mobile": "09991112233", "county": "بم",
    } | changed  # fmt: skip


def damaged(old: pd.Series) -> pd.DataFrame:
    """Three records of one person of the registry: an Arabic letter and a slip; no number; surname misspelled."""
    whole = old.drop("household_code").to_dict()
    first, last = str(whole["first_name"]), str(whole["last_name"])
    rows = [
        whole | {"first_name": first + " ", "last_name": last[:-1], "mobile": None},
        whole | {"national_id": None, "county": None},
        whole | {"last_name": last[:2] + last[3:], "birth_date": None},
    ]
    return pd.DataFrame(rows).assign(record_id=["a", "b", "c"], list=["x", "y", "z"]).astype("str")


def test_damage_does_not_hide_a_person(world: World) -> None:
    columns = ["national_id", "birth_date", "father_name", "mobile", "county", "first_name", "last_name"]
    whole = world.old.dropna(subset=columns)
    whole = whole[~whole["birth_date"].str.endswith("01/01") & whole["last_name"].str.len().ge(6)]
    old = whole.iloc[0]
    answer = link_new(damaged(old), world.registry).records
    known = world.linked.records.set_index("record_id")["person_id"]
    assert set(answer["person_id"]) == {known[old["record_id"]]}


def test_new_records_are_linked_among_themselves(world: World) -> None:
    twice = pd.DataFrame([person(), person(record_id="new-2", list="other", first_name="پروانة", mobile=None)])
    answer = link_new(twice.astype("str"), world.registry)
    assert answer.is_new.all()
    assert answer.records["person_id"].nunique() == 1
    assert answer.records["household_id"].nunique() == 1


def test_two_valid_numbers_are_two_persons(world: World) -> None:
    whole = world.old.dropna(subset=["national_id", "birth_date", "father_name", "mobile", "first_name"])
    other_number = whole.iloc[[0]].assign(record_id="a", list="later", national_id="9901234565")
    known = world.linked.records.set_index("record_id")["person_id"]
    answer = link_new(other_number, world.registry).records
    assert answer["person_id"].iloc[0] != known[whole["record_id"].iloc[0]]


def test_the_same_records_again_give_the_same_answer_and_leave_the_registry_as_it_was(world: World) -> None:
    files = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}
    again = link_new(world.new, world.registry)
    pd.testing.assert_frame_equal(again.records, world.increment.records)
    pd.testing.assert_frame_equal(again.pairs, world.increment.pairs)
    assert files == {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}


def test_the_order_of_new_records_does_not_matter_to_who_they_are(world: World) -> None:
    turned = link_new(world.new.iloc[::-1].reset_index(drop=True), world.registry)
    one, other = (found.records.set_index("record_id") for found in (world.increment, turned))
    known = ~world.increment.is_new
    assert (one["person_id"][known] == other["person_id"].reindex(one.index)[known]).all()


def test_review_pairs_are_not_accepted_ones(world: World) -> None:
    pairs = world.increment.pairs
    own = world.increment.records.set_index("record_id")["person_id"].reindex(pairs["record_id"]).to_numpy()
    assert (pairs["decision"].eq("accepted").to_numpy() == (own == pairs["other_person_id"].to_numpy())).all()
    assert pairs.loc[pairs["decision"].eq("review"), "probability"].ge(0.2).all()


def test_every_key_means_what_it_means_when_all_is_linked(world: World) -> None:
    """Two records share a key's hash where they share the key; only the rarest word is chosen by other counts."""
    table = comparable(world.old, "jalali").iloc[:1500].reset_index(drop=True)
    keys = [key for key in KEYS if "rare_word" not in key]
    halves = {name: int((table[name].str.len().max() if table[name].notna().any() else 0) // 2)
              for name in ("number", "external")}  # fmt: skip
    hashed, parts = part_hashes(table, keys, halves), key_parts(table)
    for key in keys:
        ours, theirs = key_hashes(hashed, key), _key(parts, key)
        assert ((ours == 0) == (theirs < 0)).all(), key
        there = theirs >= 0
        assert (pd.factorize(ours[there])[0] == pd.factorize(theirs[there])[0]).all(), key


def test_candidates_hold_nearly_all_pairs_of_one_person_and_few_others(world: World) -> None:
    truth = world.truth.reindex(pd.concat([world.new["record_id"], world.old["record_id"]])).to_numpy()
    left, right = candidates(as_in_registry(world.new, world.registry), world.registry)
    assert ((left < right) & (left < NEW)).all()
    sizes = pd.Series(truth).groupby(truth).transform("size").to_numpy()
    with_old = sizes[:NEW].sum() - pd.Series(truth[:NEW]).groupby(truth[:NEW]).transform("size").sum()
    between = right >= NEW
    assert (truth[left[between]] == truth[right[between]]).sum() / with_old > 0.97
    assert len(left) / NEW < candidates_per_record(OLD) / 2


def test_twice_the_records_halve_the_rate(world: World) -> None:
    weights = rescaled(world.registry, as_in_registry(world.new, world.registry))
    expected = world.linked.weights.rate[0] * OLD / (OLD + NEW)  # type: ignore[union-attr]
    assert np.allclose(weights.rate[0], expected)


def test_what_is_no_registry_is_refused(tmp_path: Path, world: World) -> None:
    with pytest.raises(NotPrepared):
        open_prepared(tmp_path)
    with pytest.raises(FileExistsError):
        prepare(tmp_path, world.old, world.linked, calendar="jalali")


def test_no_new_records_no_answer(world: World) -> None:
    answer = link_new(world.new.iloc[:0], world.registry)
    assert answer.records.empty
    assert answer.pairs.empty
