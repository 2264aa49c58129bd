"""The reference month's truth is the news item's, counted in the world and recounted from the lists by hand."""

import pandas as pd
import pytest

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import clean_tables, founding, lists, truth

MONTH = ReportingMonth(1404, 2)
AS_OF = pd.Timestamp(MONTH.last_day)


@pytest.fixture(scope="module", params=[1, 20])
def seed(request):
    return request.param


@pytest.fixture(scope="module")
def world(seed):
    return founding.build(MONTH, seed)


@pytest.fixture(scope="module")
def figures(world):
    return truth.count(world).figures


@pytest.fixture(scope="module")
def tables(world):
    return lists.typed_lists(world)


@pytest.mark.parametrize(
    ("key", "value", "unit"),
    [
        ("behzisti.referred_households", 252, "household"),
        ("behzisti.newly_covered_spouses", 37, "woman"),
        ("behzisti.children_by_judicial_order", 162, "child"),
        ("behzisti.continuous_support_spouses", 48, "woman"),
        ("relief_committee.members_prisoner_elsewhere", 3789, "person"),
        ("relief_committee.referred_persons", 9000, "person"),
        ("relief_committee.covered_referred_households", 452, "household"),
        ("relief_committee.entitled_uncovered_households", 63, "household"),
        ("association.covered_prisoners", 694, "prisoner"),
        ("association.capacity", 1000, "prisoner"),
        ("association.free_places", 306, "prisoner"),
    ],
)
def test_the_reference_month_is_the_news_item(figures, key, value, unit):
    assert (figures[key]["value"], figures[key]["unit"]) == (value, unit)


def test_parts_agree_with_their_wholes(figures):
    referred = figures["behzisti.referred_households"]
    assert sum(referred["parts"].values()) == referred["value"]
    assert all(part > 0 for part in referred["parts"].values())
    entitled = figures["relief_committee.entitled_uncovered_households"]["parts"]
    assert entitled == {"identified": 0, "not_identified": 63}
    known = figures["coverage.families_known"]["value"]
    classes = ("covered", "eligible_uncovered", "needs_information", "not_eligible")
    assert sum(figures[f"coverage.{name}"]["value"] for name in classes) == known
    wives = figures["behzisti.continuous_support_spouses"]["parts"]
    assert 0 < wives["also_newly_covered"] < wives["on_referral_list"] < 48
    assert figures["association.covered_prisoners"]["parts"]["families"] < 694


def test_hard_cases_are_in_the_reference_month(figures, world):
    assert figures["overlap.conflicts"]["value"] > 0
    assert all(part > 0 for part in figures["overlap.notices"]["parts"].values())
    assert figures["relief_committee.covered_referred_households"]["parts"]["other_need"] > 0
    assert figures["coverage.families_known"]["parts"]["released"] > 0
    assert figures["association.covered_prisoners"]["parts"]["released"] > 0
    assert figures["behzisti.days_to_first_service"]["parts"]["without_service"] > 0
    assert world.households["county_code"].eq("outside").sum() > 0
    assert {"closed", "dormant", "temporary_exit"} <= set(world.committee["status"])
    planned = world.custody["custody_end"].lt(AS_OF) & world.custody["release_status"].ne("released")
    assert planned.any(), "a planned end in the past is not a release"


def test_a_province_has_about_25_000_rows(tables):
    assert 23_000 < sum(map(len, tables.values())) < 28_000


# --- recounted from the lists, without the world's tables -------------------------------------------------------


def _active(table):
    running = (table["service_start"] <= AS_OF) & (table["service_end"].isna() | (table["service_end"] > AS_OF))
    return table[running & (table["status"] == "active") if "status" in table else running]


def test_distinct_persons_and_households_of_the_referral_lists(tables, figures):
    to_behzisti, to_committee = tables["prisons/behzisti_referral"], tables["prisons/relief_referral"]
    assert to_behzisti["household_ref"].nunique() == 252
    assert to_committee["national_id"].nunique() == 9000
    split = to_behzisti.drop_duplicates("household_ref")["imprisoned_members"].value_counts().to_dict()
    assert split == figures["behzisti.referred_households"]["parts"]


def test_children_and_wives_of_behzisti_recounted(tables):
    referral, caseload = tables["prisons/behzisti_referral"], _active(tables["behzisti/caseload"])
    children = set(referral.loc[referral["relation"] == "child", "national_id"])
    ordered = caseload[caseload["judicial_order_no"].notna()]
    assert len(children & set(ordered["national_id"])) == 162
    letters = referral.groupby("national_id")["letter_date"].min()
    wives = caseload[caseload["relation"] == "spouse"]
    applied = wives[wives["application_date"].notna() & (wives["screening_result"] == "eligible")]
    begun_later = [
        start > letters[n]
        for n, start in zip(applied["national_id"], applied["service_start"], strict=True)
        if n in letters
    ]
    assert sum(begun_later) == 37


def test_the_committees_figures_recounted(tables):
    caseload = _active(tables["relief_committee/caseload"])
    prison = caseload[caseload["coverage_cause"] == "breadwinner_imprisoned"]
    custody = tables["prisons/custody"].set_index("national_id")
    prisoner = prison["prisoner_national_id"]
    held_in = prisoner.map(custody["prison_province"]).fillna(prison["prison_province"])
    is_free = prisoner.map(custody["release_status"]).eq("released")
    inside = prison["county"].str.startswith("08")
    elsewhere = prison[held_in.notna() & held_in.ne("08") & ~is_free & inside]
    assert elsewhere["national_id"].nunique() == 3789
    family_of = tables["prisons/relief_referral"].set_index("national_id")["household_ref"]
    assert family_of.reindex(prison["national_id"].unique()).dropna().nunique() == 452


def test_the_associations_prisoners_recounted(tables):
    assert _active(tables["association/caseload"])["prisoner_national_id"].nunique() == 694


def test_truth_follows_the_world(world):
    """One wife fewer in continuous support is one fewer in the figure: nothing is copied from the profile."""
    behzisti = world.behzisti.copy()
    wives = world.persons.loc[world.persons["relation"] == "spouse", "person"]
    on = behzisti["person"].isin(wives) & behzisti["support_type"].eq("continuous") & behzisti["service_end"].isna()
    listed = world.custody.loc[world.custody["on_list"] & world.custody["release_status"].ne("released"), "household"]
    first = behzisti[on & behzisti["household"].isin(listed)].index[0]
    behzisti.loc[first, "service_end"] = AS_OF
    import dataclasses

    after = truth.count(dataclasses.replace(world, behzisti=behzisti)).figures
    assert after["behzisti.continuous_support_spouses"]["value"] == 47


def test_random_profiles_differ_and_hold_what_the_reference_lacks():
    found = [truth.count(founding.build(MONTH, seed, "random", 0.3)).figures for seed in range(6)]
    for key in ("behzisti.referred_households", "association.covered_prisoners", "relief_committee.referred_persons"):
        assert len({figure[key]["value"] for figure in found}) > 3
    assert all(f["relief_committee.entitled_uncovered_households"]["parts"]["identified"] > 0 for f in found)
    assert all(f["overlap.conflicts"]["value"] > 0 for f in found)


def test_the_association_may_be_over_its_ceiling():
    figures = truth.count(founding.build(MONTH, 3, "reference", 2)).figures
    assert figures["association.free_places"]["value"] == 0
    assert (
        figures["association.free_places"]["parts"]["over_capacity"]
        == figures["association.covered_prisoners"]["value"] - 1000
    )


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="reference, random"):
        founding.build(MONTH, 1, "lucky")


def test_clean_tables_say_the_status_of_every_value():
    tables = clean_tables(MONTH, 1, "reference", 0.05)
    referral = tables["prisons/relief_referral"]
    assert referral["record_id"].is_unique
    assert set(referral["national_id_status"]) == {"valid"}
    assert str(referral["birth_date"].dtype) == "datetime64[s]"
    ended = tables["relief_committee/caseload"]
    assert (ended["service_end"].isna() == ended["service_end_status"].eq("missing")).all()
