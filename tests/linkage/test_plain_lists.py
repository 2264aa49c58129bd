"""Plain lists linked by themselves: `palayesh link` and the engine behind it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import strange_lists
from benchmarks.persian_lists import persian_lists
from benchmarks.scoring import cluster_score, household_score
from palayesh.linkage import link_table, score
from palayesh.linkage.candidates import candidate_pairs
from palayesh.linkage.cluster import Facts, cluster, components
from palayesh.linkage.estimate import Weights, as_slips_are, log_likelihoods, rarity, values_of
from palayesh.linkage.fields import FIELDS, ONLY_EQUAL, level_names, missing_condition
from palayesh.linkage.records import comparable
from palayesh.linkage.score import Comparer, present_fields
from palayesh.linkage.table import LinkedTable, _met_twice, among_rivals, joined_families, left_over, shared_kin

TRUTH = ["person_id", "household_id", "damage", "relation"]
BASE = {
    "list": "a", "first_name": "رضا", "last_name": "سالاری", "father_name": "حسن", "sex": "مرد", "birth_date": "1360/05/17",
    "national_id": "9900644689", "mobile": "09990000001", "county": "بم", "postal_code": "7661912345", "address": "خیابان شهید رجایی کوچه ۳",
    "occupation": "نجار", "external_id": "A-1234567", "household_code": "12",
}  # fmt: skip


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    return persian_lists(6_000, seed=7)


@pytest.fixture(scope="module")
def linked(population: pd.DataFrame) -> LinkedTable:
    return link_table(population.drop(columns=TRUTH), calendar="jalali")


def test_persons_and_households_are_found_without_labels(population: pd.DataFrame, linked: LinkedTable) -> None:
    persons = cluster_score(linked.records["person_id"].to_numpy(), population["person_id"].to_numpy())
    assert persons.precision >= 0.997, persons  # 0.9996 when written
    assert persons.f1 >= 0.975, persons  # 0.985 when written
    assert household_score(population, linked.records["household_id"].to_numpy()).f1 >= 0.95


def test_families_are_found_where_no_list_says_who_belongs_to_whom() -> None:
    people = persian_lists(4_000, seed=404)
    found = link_table(people.drop(columns=[*TRUTH, "household_code"]), calendar="jalali").records["household_id"]
    households = cluster_score(found.to_numpy(), people["household_id"].to_numpy())
    assert households.precision >= 0.99, households  # 0.9997 when written
    assert households.recall >= 0.8, (
        households
    )  # 0.836; 0.734 where a family's own members made its address a common one


def test_every_record_is_answered_in_its_order(population: pd.DataFrame, linked: LinkedTable) -> None:
    assert linked.records["record_id"].tolist() == population["record_id"].tolist()
    assert linked.records.notna().all(axis=None)
    assert linked.records["match_probability"].between(0, 1).all()


def test_a_person_lies_in_one_household_only(linked: LinkedTable) -> None:
    assert linked.records.groupby("person_id")["household_id"].nunique().max() == 1


def test_no_person_has_two_valid_numbers(population: pd.DataFrame, linked: LinkedTable) -> None:
    number = comparable(population.drop(columns=TRUTH), "jalali")["number_valid"]
    assert number.groupby(linked.records["person_id"].to_numpy()).nunique().max() == 1


def test_two_rows_of_one_family_and_list_with_other_names_stay_apart() -> None:
    population = persian_lists(3_000, seed=8)
    found = link_table(population.drop(columns=TRUTH), calendar="jalali").records
    case = population["list"] + population["household_code"]
    both = population.assign(case=case, person=found["person_id"].to_numpy()).dropna(subset=["household_code"])
    wrong = both.groupby(["case", "person"])["person_id"].nunique().gt(1)
    assert wrong.mean() < 0.002


def test_the_order_of_rows_changes_no_cluster(population: pd.DataFrame, linked: LinkedTable) -> None:
    order = np.random.default_rng(3).permutation(len(population))
    again = link_table(population.drop(columns=TRUTH).iloc[order].reset_index(drop=True), calendar="jalali").records
    before = linked.records.set_index("record_id")["person_id"].reindex(again["record_id"]).to_numpy()
    agree = cluster_score(again["person_id"].to_numpy(), before)
    assert agree.f1 >= 0.998  # learned from a sample drawn by position, so a pair at the bar may fall on its other side


def test_the_same_call_gives_the_same_answer(population: pd.DataFrame, linked: LinkedTable) -> None:
    again = link_table(population.drop(columns=TRUTH), calendar="jalali", threads=1)
    pd.testing.assert_frame_equal(again.records, linked.records)


@pytest.mark.parametrize(
    ("change", "field", "level"),
    [
        ({"first_name": "رضا‌"}, "first", "same"),
        ({"first_name": "سید رضا"}, "first", "same"),
        ({"first_name": "رضآ"}, "first", "same"),
        ({"first_name": "رذا"}, "first", "same_sound"),
        ({"first_name": "ر."}, "first", "contained"),
        ({"first_name": "محمدرضا"}, "first", "different"),
        ({"first_name": "سالاری", "last_name": "رضا"}, "first", "swapped"),
        ({"first_name": "سالازی", "last_name": "رضا"}, "first", "swapped"),
        ({"first_name": "سالازی", "last_name": "رضآی"}, "first", "different"),
        ({"last_name": "سالازی"}, "last", "one_letter"),
        ({"last_name": "سالاری‌نژاد"}, "last", "contained"),
        ({"father_name": "حسین"}, "father", "one_letter"),
        ({"birth_date": "1360/05/18"}, "birth", "one_digit"),
        ({"birth_date": "1360/05/29"}, "birth", "year_and_one_part"),
        ({"birth_date": "1350/05/17"}, "birth", "one_digit"),
        ({"birth_date": "1347/05/17"}, "birth", "month_and_day"),
        ({"birth_date": "1361/08/02"}, "birth", "year_apart"),
        ({"sex": "زن"}, "sex", "different"),
        ({"national_id": "9900644688"}, "number", "one_digit"),
        ({"national_id": "9901851092"}, "number", "different"),
        ({"external_id": "A1234568"}, "external", "one_digit"),
        ({"mobile": "09990000001، 09990000009"}, "phone", "same"),
        ({"mobile": "09990000002"}, "phone", "one_digit"),
        ({"county": "کرمان"}, "county", "different"),
        ({"postal_code": "7661912346"}, "postal", "one_digit"),
        ({"address": "کوچه ۳ خیابان شهید رجایی"}, "address", "same"),
        ({"address": "خیابان رجایی کوچه ۳"}, "address", "near"),
        ({"occupation": "نجار ساختمان"}, "occupation", "contained"),
    ],
)
def test_each_field_is_read_at_its_level(change: dict[str, str], field: str, level: str) -> None:
    table = comparable(_pair(change), "jalali")
    with Comparer(table, [field]) as comparer:
        found = comparer.levels(np.array([0]), np.array([1]))[0, 0]
    assert level_names(field)[found] == level


def test_what_is_compared_as_a_number_is_only_asked_whether_it_is_the_same() -> None:
    group_of = {name: group for group in ONLY_EQUAL for name in group}
    for field, declared in FIELDS.items():
        for condition in (missing_condition(field), *declared.levels.values()):
            for name, group in group_of.items():
                allowed = "|".join(f"{other}_[lr]" for other in group)
                plain = re.sub(rf"\b{name}_[lr] is null|\b(?:{allowed}) = (?:{allowed})\b", "", condition)
                assert not re.search(rf"\b{name}_[lr]\b", plain), (field, condition)


def test_many_records_are_compared_in_a_file_that_is_gone_afterwards(
    population: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = comparable(population.drop(columns=TRUTH), "jalali")
    fields = [field for field in present_fields(table) if field != "kin"]
    left, right = np.arange(500), np.arange(500, 1000)
    with Comparer(table, fields) as comparer:
        in_memory = comparer.levels(left, right)
    monkeypatch.setattr(score, "_ON_DISK_FROM", 1)
    monkeypatch.setattr(score, "_AT_ONCE", 100)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Comparer(table, fields) as comparer:
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        assert (comparer.levels(left, right) == in_memory).all()
    assert not list(tmp_path.iterdir())


_LINKING = """
import sys, tempfile
import numpy as np, pandas as pd
from palayesh.linkage import score
from palayesh.linkage.records import comparable
tempfile.tempdir = sys.argv[1]
score._ON_DISK_FROM = 1
table = comparable(pd.read_parquet(sys.argv[2]), "jalali")
with score.Comparer(table, ["first", "number"]) as comparer:
    comparer.levels(np.arange(500), np.arange(500, 1000))
    print("compared", flush=True)
    sys.stdin.read()
"""


def test_a_killed_linking_leaves_no_record_on_disk_and_the_next_deletes_its_folder(
    population: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lists, temporary = tmp_path / "lists.parquet", tmp_path / "temporary"
    temporary.mkdir()
    population.drop(columns=TRUTH).to_parquet(lists)
    command = [sys.executable, "-c", _LINKING, str(temporary), str(lists)]
    running, killed = (subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2))
    try:
        for process in (running, killed):
            assert process.stdout is not None
            assert process.stdout.readline() == b"compared\n"
        folders = set(temporary.iterdir())
        assert len(folders) == 2
        killed.kill()
        killed.wait()
        files = [file for file in temporary.rglob("*") if file.is_file()]
        assert "records.duckdb" not in [
            file.name for file in files
        ]  # it may be compressed: no text would be found in it
        on_disk = b"".join(file.read_bytes() for file in files)
        numbers = comparable(population, "jalali")["number"].dropna()
        assert not [number for number in numbers if number.encode() in on_disk]
        assert set(temporary.iterdir()) == folders
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        with Comparer(comparable(population.head(10), "jalali"), ["first"]):
            (alive,) = temporary.iterdir()
        running.communicate(b"", timeout=60)
        assert alive in folders
        assert running.returncode == 0
        assert not list(temporary.iterdir())
    finally:
        for process in (running, killed):
            process.kill()


def test_pairs_come_back_in_the_order_asked(population: pd.DataFrame) -> None:
    table = comparable(population.drop(columns=TRUTH), "jalali")
    mixed = np.random.default_rng(2).permutation(600)
    with Comparer(table, ["first", "last"]) as comparer:
        found = comparer.levels(mixed[:300], mixed[300:])
        alone = [comparer.levels(mixed[at : at + 1], mixed[300 + at : 301 + at])[0] for at in range(5)]
    assert (found[:5] == alone).all()


@given(st.integers(0, 10_000))
def test_kin_in_common_is_somebody_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case, label = rng.integers(-1, 4, 14), rng.integers(0, 6, 14)
    left, right = np.triu_indices(14, 1)
    members = {number: set(label[case == number].tolist()) for number in range(4)}

    def level(one: int, other: int) -> int:
        mine, theirs = case[one], case[other]
        if min(mine, theirs) < 0 or mine == theirs or min(len(members[mine]), len(members[theirs])) < 2:
            return -1
        return 2 * bool((members[mine] & members[theirs]) - {label[one], label[other]})

    assert shared_kin(case, label, left, right).tolist() == [level(*pair) for pair in zip(left, right, strict=True)]


def test_another_likeness_speaks_against_a_pair() -> None:
    lists = pd.Series(["a", "a", "b", "b", "b", "b", "b"])
    left, right = np.array([0, 0, 1]), np.array([2, 3, 4])
    probability = np.array([[0.9, 0.05], [0.8, 0.1], [0.9, 0.05]])
    found = among_rivals(lists, left, right, probability, np.arange(7))
    # Nearly everybody of a is found on b, and half of b on a; 0 has two likenesses there.
    odds, nobody_of_a, nobody_of_b = 0.9 / 0.1, 0.15, 1 - (0.9 + 0.8 + 0.9) / 5
    assert found[0, 0] == pytest.approx(odds / (odds + (nobody_of_a + 0.8 / 0.2) * nobody_of_b))
    assert found[2, 0] == pytest.approx(odds / (odds + nobody_of_a * nobody_of_b))
    # The same person on another row of the list is no rival.
    together = among_rivals(lists, left, right, probability, np.array([0, 1, 2, 2, 4, 5, 6]))
    assert together[0, 0] > found[0, 0]


def test_a_missing_value_is_no_level_and_weighs_nothing(linked: LinkedTable) -> None:
    weights = linked.weights
    assert weights is not None
    best = np.array([[len(level_names(field)) - 1 for field in weights.fields]], dtype=np.int8)

    def for_one_person(levels: np.ndarray) -> float:
        likely = log_likelihoods(weights, levels, np.zeros(levels.shape, dtype=np.float32))[0]
        return float(likely[0] - likely[2])  # against strangers

    for place, field in enumerate(weights.fields):
        missing, worst = best.copy(), best.copy()
        missing[0, place], worst[0, place] = -1, 0
        assert for_one_person(worst) < for_one_person(missing) < for_one_person(best), field


@pytest.mark.parametrize(
    "field",
    [
        name
        for name in FIELDS
        if FIELDS[name].column in comparable(pd.DataFrame([{**BASE, "record_id": "1"}]), "jalali")
    ],
)
def test_comparing_is_symmetric(field: str) -> None:
    table = comparable(_pair({"first_name": "رذا", "last_name": "سالاری نژاد", "address": "کوچه ۳"}), "jalali")
    with Comparer(table, [field]) as comparer:
        one = comparer.levels(np.array([0]), np.array([1]))
        other = comparer.levels(np.array([1]), np.array([0]))
    assert (one == other).all()


def test_too_little_evidence_is_told() -> None:
    names = pd.DataFrame(
        {"record_id": [str(n) for n in range(300)], "sex": ["مرد", "زن"] * 150, "county": ["بم"] * 300}
    )
    found = link_table(names, calendar="jalali")
    assert [finding.code for finding in found.findings] == ["too_little_evidence"]
    assert found.records["person_id"].is_unique


def test_a_list_of_one_record_is_linked() -> None:
    found = link_table(pd.DataFrame([{**BASE, "record_id": "1"}]), calendar="jalali")
    assert len(found.records) == 1


def test_candidate_pairs_stay_in_their_budget(population: pd.DataFrame) -> None:
    table = comparable(population.drop(columns=TRUTH), "jalali")
    for budget in (0.5, 2.0, 8.0):
        pairs, keys = candidate_pairs(table, pairs_per_record=budget, largest_block=200)
        assert len(pairs) <= budget * len(table)
        assert (pairs["l"] < pairs["r"]).all()
        assert not pairs.duplicated().any()
        assert keys["pairs"].sum() == len(pairs)


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_components_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    graph = networkx.Graph()
    graph.add_nodes_from(range(20))
    graph.add_edges_from(edges)
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    found = components(20, ends[:, 0], ends[:, 1])
    expected = {node: min(part) for part in networkx.connected_components(graph) for node in part}
    assert found.tolist() == [expected[node] for node in range(20)]


def test_lists_in_another_script_are_linked() -> None:
    first = ["Łukasz", "Jürgen", "Élodie", "Søren", "Zoë", "Anna", "Piotr", "Maria", "John", "Peter"]
    last = [
        "Nowak",
        "Müller",
        "Dupont",
        "Larsen",
        "Kowalska",
        "Schmidt",
        "Brown",
        "Taylor",
        "García",
        "O'Neill",
        "Wolf",
        "Novák",
    ]
    rng = np.random.default_rng(5)
    people = pd.DataFrame(
        {
            "first_name": rng.choice(first, 400), "last_name": rng.choice(last, 400),
            "birth_date": [f"{rng.integers(1930, 2005)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}" for _ in range(400)],
        }
    )  # fmt: skip
    again = people.iloc[:300].copy()
    again["first_name"] = again["first_name"].str.replace("ł", "l").str.replace("ü", "u").str.upper()
    records = pd.concat([people.assign(list="a"), again.assign(list="b")], ignore_index=True)
    records["record_id"] = [str(n) for n in range(len(records))]
    found = link_table(records, calendar="gregorian").records
    truth = np.r_[np.arange(400), np.arange(300)]
    assert cluster_score(found["person_id"].to_numpy(), truth).f1 >= 0.98


def test_fields_present_are_those_with_two_values() -> None:
    table = comparable(_pair({"occupation": ""}), "jalali")
    assert "occupation" not in present_fields(table)
    assert "first" in present_fields(table)


def _pair(change: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{**BASE, "record_id": "1"}, {**BASE, **change, "list": "b", "record_id": "2"}])


def _households_of(*people: tuple[str, str, str | None, str | None]) -> list[int]:
    """Households of people (first name, surname, county, phone) who have nothing else in common, each on a list of his own."""
    frame = pd.DataFrame(people, columns=["first_name", "last_name", "county", "mobile"], dtype="str")
    frame = frame.assign(list=[f"l{place}" for place in range(len(frame))])
    table = comparable(frame, "jalali")
    nothing = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})
    return joined_families(table, table["uid"].to_numpy(), nothing).tolist()


def test_husband_and_wife_are_one_household_by_the_phone_that_only_they_have() -> None:
    phone, husband = "09991230001", ("علی", "رضایی", "بم", "09991230001")
    assert _households_of(husband, ("مریم", "کرمانی", "بم", phone)) == [0, 0]
    assert _households_of(husband, ("مریم", "کرمانی", None, phone)) == [0, 0]
    assert _households_of(husband, ("مریم", "کرمانی", "جیرفت", phone)) == [0, 1]
    assert _households_of(husband, ("مریم", "کرمانی", "بم", "09991230002")) == [0, 1]
    office = [("مریم", "کرمانی", "بم", phone), ("زهرا", "افشار", "بم", phone)]
    assert _households_of(husband, *office) == [0, 1, 2]


FATHER = {"list": "a", "first_name": "کیومرث", "last_name": "رستم‌پور", "county": "بم", "birth_date": "1355/03/02"}
MOTHER = {"list": "b", "household_code": "7", "first_name": "لیلا", "last_name": "بهمن‌زاده", "father_name": "یعقوب",
          "county": "بم", "sex": "زن", "birth_date": "1358/04/05"}  # fmt: skip
CHILDREN = [
    {**MOTHER, "first_name": name, "last_name": "رستم‌پور", "father_name": "کیومرث", "birth_date": f"13{year}/02/03"}
    for name, year in (("نگین", 88), ("بهزاد", 91))
]


def _at_home(*people: dict[str, str], crowd: int = 40) -> list[bool]:
    """Whether each of the people is of the first one's household, among men of other names in the same county."""
    men = [
        {
            "list": "a",
            "first_name": f"مرد{place}",
            "last_name": f"نام{place}",
            "county": "بم",
            "birth_date": "1350/01/05",
        }
        for place in range(crowd)
    ]
    table = comparable(pd.DataFrame([*people, *men]).astype("str"), "jalali")
    nothing = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})
    home = joined_families(table, np.arange(len(table)), nothing)
    return (home[: len(people)] == home[0]).tolist()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"last_name": "رستم‌بور"}, True),
        ({"county": "جیرفت"}, True),
        ({"first_name": "داریوش"}, False),
        ({"last_name": "سهرابی"}, False),
        ({"birth_date": "1385/03/02"}, False),
        ({"sex": "زن"}, False),
    ],
)
def test_a_man_is_joined_to_the_family_that_looks_for_a_father_of_his_name(change: dict[str, str], found: bool) -> None:
    assert _at_home(FATHER | change, MOTHER, *CHILDREN) == [True, found, found, found]


def test_a_family_with_a_father_looks_for_no_other_and_he_for_no_other_family() -> None:
    here = FATHER | {"list": "b", "household_code": "7", "birth_date": "1356/06/07"}
    assert _at_home(FATHER, here, MOTHER, *CHILDREN) == [True, False, False, False, False]
    others = [child | {"list": "c", "household_code": "9"} for child in CHILDREN]
    assert _at_home(here, MOTHER, *CHILDREN, *others) == [True, True, True, True, False, False]


def test_of_several_men_of_the_name_nobody_is_the_father() -> None:
    namesakes = [FATHER | {"birth_date": f"135{year}/07/08"} for year in range(4)]
    assert _at_home(FATHER, MOTHER, *CHILDREN, *namesakes) == [True, *[False] * 7]


def test_a_slip_is_no_sign_of_one_person_against_two_of_a_family() -> None:
    fields = ["first", "last", "county"]
    person = [np.full(len(level_names(field)), 0.01) for field in fields]
    family = [share.copy() for share in person]
    last = level_names("last")
    person[1][last.index("same")], person[1][last.index("one_letter")] = 0.7, 0.2
    family[1][last.index("same")], family[1][last.index("different")] = 0.6, 0.3
    county = level_names("county")
    person[2][county.index("same")], person[2][county.index("different")] = 0.8, 0.2
    family[2][county.index("same")], family[2][county.index("different")] = 0.98, 0.01
    person[2][county.index("neighbour")], family[2][county.index("neighbour")] = 0.02, 0.001
    logs = [[np.log(share / share.sum()) for share in part] for part in (person, family)]
    weights = Weights(fields, logs[0], logs[0], logs[1], np.ones((3, 2)), (0.0, 0.0))
    given, surname, place = (np.exp(part) for part in as_slips_are(weights, logs[1]))
    assert np.allclose(given, np.exp(logs[1][0])), "a given name is the person's own"
    ratio = surname / np.exp(logs[0][1])
    assert np.isclose(ratio[last.index("one_letter")], ratio[last.index("same")])
    assert np.isclose(surname[last.index("different")], np.exp(logs[1][1])[last.index("different")], rtol=0.05)
    assert place[county.index("different")] >= np.exp(logs[0][2])[county.index("different")] - 1e-9
    assert np.isclose(surname.sum(), 1) and np.isclose(place.sum(), 1)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ({"father_name": "حسن"}, {"first_name": "علی", "father_name": "رضا"}, "one_is_father"),
        ({"father_name": ""}, {"first_name": "علی", "father_name": "رضا"}, "one_is_father"),
        ({"father_name": ""}, {"first_name": "علی", "father_name": "حسین"}, None),
        ({"father_name": "رضا"}, {"father_name": "رضا"}, "same"),
    ],
)
def test_father_and_child_are_told_by_the_given_name(
    one: dict[str, str], other: dict[str, str], level: str | None
) -> None:
    table = comparable(pd.DataFrame([{**BASE, **one}, {**BASE, **other}]), "jalali")
    with Comparer(table, ["father"]) as comparer:
        found = int(comparer.levels(np.array([0]), np.array([1]))[0, 0])
    assert (level_names("father")[found] if found >= 0 else None) == level


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["25/12/1980", "03/04/1981"], ["19801225", "19810403"]),
        (["12/25/1980", "03/04/1981"], ["19801225", "19810304"]),
        (["12/25/80", "03/04/05"], ["19801225", "20050304"]),
        (["80-12-25", "81-03-04"], ["19801225", "19810304"]),
        (["1980-12-25", "25.12.1980"], ["19801225", "19801225"]),
        (["3 Mar 1980", "March 3, 1980", "03-MAR-80", "1980-03-03 00:00:00"], ["19800303"] * 4),
        (["31/02/1999", "۳/۴/۱۹۸۱"], ["19990231", "19810403"]),
    ],
)
def test_a_list_tells_in_which_order_it_writes_its_dates(written: list[str], read: list[str]) -> None:
    assert comparable(pd.DataFrame({"birth_date": written}), "gregorian")["birth_day"].tolist() == read


def test_each_list_has_an_order_of_its_own() -> None:
    dates = pd.DataFrame(
        {"list": ["a", "a", "b", "b"], "birth_date": ["12/25/1980", "03/04/1981", "25/12/1980", "03/04/1981"]}
    )
    assert comparable(dates, "gregorian")["birth_day"].tolist() == ["19801225", "19810304", "19801225", "19810403"]


def _clustered(edges: list[tuple[int, int]], unlikely: list[tuple[int, int]], against: float = 1.0) -> list[int]:
    pairs = pd.DataFrame(edges, columns=["l", "r"]).assign(strength=1.0)
    apart = pd.DataFrame(unlikely, columns=["l", "r"]).assign(strength=against)
    nothing = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})
    return cluster(4, pairs, Facts(unlikely=apart), nothing)[0].tolist()


def test_one_odd_pair_does_not_part_many_records_of_one_person() -> None:
    every = [(one, other) for one in range(4) for other in range(one + 1, 4)]
    assert _clustered([pair for pair in every if pair != (0, 3)], [(0, 3)]) == [0, 0, 0, 0]
    assert _clustered([(0, 1), (1, 2)], [(0, 2)]) == [0, 0, 2, 3]
    assert _clustered([(0, 1), (2, 3), (1, 2)], [(0, 2), (1, 3)]) == [0, 0, 2, 2]


def test_what_speaks_against_joining_two_groups_is_weighed_against_what_speaks_for_it() -> None:
    """A record without a date of birth stands between two namesakes whose dates differ."""
    bridge, namesakes = [(0, 1), (1, 2)], [(0, 2)]
    assert _clustered(bridge, namesakes, against=0.9) == [0, 0, 0, 3]
    assert _clustered(bridge, namesakes, against=1.1) == [0, 0, 2, 3]


def test_who_is_written_twice_on_two_lists_is_two_persons() -> None:
    label, case = np.array([0, 0, 0, 0, 4, 4, 6]), np.array([1, 1, 2, 2, 3, 3, 4])
    ends = np.array([[0, 2, 0, 4], [1, 3, 2, 5]])
    assert _met_twice(label, case, ends, np.array([True, True, False, True])).tolist() == [True, True, True, False]


def test_who_is_left_of_two_tied_families_is_compared() -> None:
    # Two families of three with the person 0 in common; the pair (1, 4) is compared already.
    case = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    label = np.array([0, 1, 2, 0, 4, 5, 6, 7])
    left, right = left_over(case, label, np.array([1]), np.array([4]))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(1, 5), (2, 4), (2, 5)]


def test_two_counts_of_whole_households_are_linked() -> None:
    counts = strange_lists.whole_households(np.random.default_rng(5), households=700)
    found = link_table(counts.drop(columns=["person_id", "household_id"]), calendar="gregorian")
    persons = cluster_score(found.records["person_id"].to_numpy(), counts["person_id"].to_numpy())
    assert persons.precision >= 0.998, persons
    assert persons.recall >= 0.99, persons
    assert household_score(counts, found.records["household_id"].to_numpy()).f1 >= 0.995
    assert found.keys["key"].iloc[-1] == "family in common"


def test_nobody_is_joined_on_a_list_without_duplicates() -> None:
    people = strange_lists.people_of(
        np.random.default_rng(6), strange_lists.Names(np.random.default_rng(6), "en_US"), 3_000
    )
    found = link_table(strange_lists.finished(people).drop(columns="person_id"), calendar="gregorian")
    assert found.records["person_id"].nunique() >= 2_998


def test_one_member_with_another_familys_phone_and_address_does_not_join_two_households() -> None:
    families = [
        [{"household_code": code, "mobile": f"0999000000{code}", "address": f"خیابان {street} کوچه ۳", "birth_date": f"13{40 + 9 * n}/0{n + 1}/17"}
         for n in range(4)]
        for code, street in (("1", "رجایی"), ("2", "بهشتی"))
    ]  # fmt: skip
    families[0][3] |= {key: families[1][0][key] for key in ("mobile", "address")}
    rows = [BASE | row | {"national_id": None} for family in families for row in family]
    table = comparable(pd.DataFrame(rows).assign(record_id=range(8)).astype("str"), "jalali")
    slip = pd.DataFrame({"l": [3, 3, 3, 3], "r": [4, 5, 6, 7]})
    assert len(set(joined_families(table, np.arange(8), slip))) == 2
    whole = pd.DataFrame({"l": [0, 1, 2, 3], "r": [4, 5, 6, 7]})
    assert len(set(joined_families(table, np.arange(8), whole))) == 1


def test_where_everybody_is_met_once_given_names_in_common_join_nobody() -> None:
    rng = np.random.default_rng(3)
    names = strange_lists.Names(rng, "es_ES")
    people = strange_lists.people_of(rng, names, 4_000)
    whole = people["first_name"].astype("str") + " " + people["last_name"].astype("str")
    whole = strange_lists.some(rng, whole, 0.2, lambda text: strange_lists.slip(rng, text))
    born = pd.Series([day.isoformat() for day in strange_lists.days(rng, 4_000)], dtype="str")
    records = pd.DataFrame(
        {"record_id": range(4_000), "full_name": whole, "birth_date": born.where(rng.random(4_000) > 0.05)}
    )
    found = link_table(records.astype("str").replace("nan", None), calendar="gregorian").records
    assert found["person_id"].nunique() >= 3_990


def test_dates_may_be_a_spreadsheets_numbers_and_the_surname_may_stand_before_a_comma() -> None:
    rows = {"record_id": ["1", "2"], "full_name": ["Brown, Anna", "Anna Brown"], "birth_date": ["29221", "1980-01-01"]}
    table = comparable(pd.DataFrame(rows, dtype="str"), "gregorian")
    assert table["birth"].tolist() == ["19800101", "19800101"]
    assert table["first"].tolist() == ["anna", "anna"]


def test_a_year_may_stand_with_its_month_alone() -> None:
    rows = {"record_id": list("1234"), "birth_date": ["1985-04", "04/1985", "1985-04-00", "1985"]}
    table = comparable(pd.DataFrame(rows, dtype="str"), "gregorian")
    assert table["year"].tolist() == [1985] * 4
    assert table["birth_day"].isna().all()


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [("Wm", "William", "contained"), ("Jas.", "James", "contained"), ("Thos", "Thomas", "contained"), ("Ann", "Agnes", "different"),
     ("Wm", "Samuel", "different")],
)  # fmt: skip
def test_abbreviations_of_latin_names_are_short_forms_of_them(one: str, other: str, level: str) -> None:
    rows = [{"record_id": name, "first_name": name, "last_name": "Brown"} for name in (one, other)]
    table = comparable(pd.DataFrame(rows, dtype="str"), "gregorian")
    with Comparer(table, ["first"]) as comparer:
        found = comparer.levels(np.array([0]), np.array([1]))[0, 0]
    assert level_names("first")[found] in (level, "similar" if level == "different" else level)


def test_a_value_met_twice_is_as_rare_as_that_and_a_given_name_tells_the_sex() -> None:
    rows = [
        {"first_name": name, "sex": sex}
        for name, sex in [("Anna", "F"), ("Paul", "M"), ("Emil", "M"), ("Ida", "F")] * 2
    ]
    rows += [{"first_name": f"Karl{chr(97 + place)}", "sex": "M"} for place in range(12)]
    table = comparable(pd.DataFrame(rows, dtype="str").assign(record_id=range(20)), "gregorian")
    fields = ["first", "sex"]
    shares = [np.full(len(level_names(field)), 0.1) for field in fields]
    same = [[level_names("first").index("same"), level_names("sex").index("same")]]
    levels = np.array([*same, [level_names("first").index("different"), 1]], dtype=np.int8)
    left, right = np.array([0, 0]), np.array([4, 3])
    found = rarity(values_of(table, fields), fields, left, right, levels, shares)
    assert found[0, 0] == pytest.approx(np.log(2 / 20 / 0.1), abs=1e-6)
    assert found[0, 1] == pytest.approx(np.log(values_of(table, fields)["first"].one_sex / 0.1), abs=1e-6)
    assert found[1, 1] == 0.0  # of other names, the sex says what it said


def test_namesakes_of_one_county_are_not_joined() -> None:
    records = strange_lists.one_county(np.random.default_rng(4))
    found = link_table(records.drop(columns="person_id"), calendar="gregorian").records["person_id"]
    persons = cluster_score(found.to_numpy(), records["person_id"].to_numpy())
    assert persons.precision >= 0.985, persons
    assert persons.f1 >= 0.98, persons


def test_years_reckoned_from_ages_may_be_some_years_apart() -> None:
    records = strange_lists.two_censuses(np.random.default_rng(4), households=1_000)
    found = link_table(records.drop(columns=["person_id", "household_id"]), calendar="gregorian")
    persons = cluster_score(found.records["person_id"].to_numpy(), records["person_id"].to_numpy())
    assert persons.precision >= 0.985, persons
    birth = found.weights.fields.index("birth")
    assert np.exp(found.weights.person[birth][level_names("birth").index("year_apart")]) > 0.15
