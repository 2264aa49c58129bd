"""From month to month: numbers stay, and people join, leave, are born, released, moved."""

from itertools import pairwise

import pandas as pd
import pytest

from palayesh.adapters import synthetic_files
from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import founding, lists, truth
from palayesh.synthetic.months import advance

MONTH = ReportingMonth(1404, 2)


@pytest.fixture(scope="module")
def worlds():
    found = [founding.build(MONTH, 6, "reference", 0.5)]
    for _ in range(2):
        found.append(advance(found[-1], 6))
    return found


def test_months_follow_each_other(worlds):
    assert [str(world.month) for world in worlds] == ["1404-02", "1404-03", "1404-04"]


def test_persons_and_households_keep_their_numbers(worlds):
    for before, after in pairwise(worlds):
        fixed = ["person", "household", "first_name", "last_name", "national_id", "birth_date", "relation"]
        old = after.persons.set_index("person").loc[before.persons["person"]].reset_index()[fixed]
        pd.testing.assert_frame_equal(old, before.persons[fixed].reset_index(drop=True))
        assert after.persons["national_id"].is_unique
        assert after.persons["person"].is_unique


def test_life_goes_on(worlds):
    before, after = worlds[0], worlds[1]
    first_day = pd.Timestamp(after.month.first_day)
    born = after.persons[after.persons["birth_date"].ge(first_day)]
    assert len(born) > 0
    assert born["household"].isin(before.households["household"]).any()
    old, new = (set(w.referrals["household"]) for w in (before, after))
    assert new - old, "families join"
    assert old - new, "families leave"
    state = before.custody.merge(after.custody, on="person", suffixes=("_before", "_after"))
    assert (state["release_status_before"].ne("released") & state["release_status_after"].eq("released")).any()
    assert state["place_before"].ne(state["place_after"]).any()
    place = before.households.merge(after.households, on="household")
    assert place["county_code_x"].ne(place["county_code_y"]).any()
    assert set(before.applications["person"]) & set(after.association["person"]) - set(before.association["person"])


def test_codes_stay_and_are_not_given_twice(worlds):
    for world in worlds:
        tables = lists.typed_lists(world)
        for list_key, key in (
            ("prisons/custody", "prisoner_no"),
            ("relief_committee/caseload", "client_no"),
            ("behzisti/caseload", "case_no"),
            ("association/caseload", "member_no"),
            ("association/applications", "member_no"),
        ):
            assert tables[list_key][key].is_unique, f"{list_key} {world.month}"
        for list_key, code in (
            ("prisons/relief_referral", "household_ref"),
            ("relief_committee/caseload", "household_code"),
        ):
            assert tables[list_key].groupby(code)["_household"].nunique().eq(1).all()
    before, after = (lists.typed_lists(w)["relief_committee/caseload"].set_index("_subject") for w in worlds[:2])
    both = before.index.intersection(after.index)
    assert before.loc[both, "client_no"].eq(after.loc[both, "client_no"]).all()


def test_nothing_happens_after_the_month_and_figures_change(worlds):
    for world in worlds:
        for table in (world.behzisti, world.committee, world.association):
            assert not table["service_start"].gt(world.as_of).any()
        assert world.persons["birth_date"].lt(world.as_of).all()
        assert world.reviews["screening_date"].between(pd.Timestamp(world.month.first_day), world.as_of).all()
    values = [truth.count(world).figures["relief_committee.referred_persons"]["value"] for world in worlds]
    assert len(set(values)) == len(values)


def test_several_months_are_written_side_by_side(tmp_path):
    folders = synthetic_files.write_months(tmp_path, month=MONTH, seed=1, mess=1.0, months=2, scale=0.05)
    assert [folder.name for folder in folders] == ["month-1404-02", "month-1404-03"]
    households = [pd.read_csv(folder / "truth" / "households.csv")["household_id"] for folder in folders]
    assert len(set(households[0]) & set(households[1])) > 0.9 * len(households[0])
    assert all((folder / "inbox" / "prisons").is_dir() for folder in folders)


def test_the_province_keeps_its_size():
    """Joins and leaves balance: after a year every list is about as long as in the first month."""
    world = founding.build(MONTH, 11, "reference", 0.2)

    def sizes(world):
        held = world.custody["on_list"] & world.custody["release_status"].ne("released")
        active = world.committee["status"].eq("active")
        return {
            "held": int(held.sum()),
            "referred": world.referrals["household"].nunique(),
            "committee": world.committee.loc[active, "household"].nunique(),
            "association": int(world.association["status"].eq("active").sum()),
            "families known": truth.count(world).figures["coverage.families_known"]["value"],
        }

    first, a_year = sizes(world), []
    for _ in range(13):
        world = advance(world, 11)
        a_year.append(sizes(world))
    for name, size in first.items():
        assert abs(a_year[-1][name] / size - 1) < 0.15, name
    known = [month["families known"] for month in a_year]
    steps = [after - before for before, after in pairwise(known)]
    assert min(steps) < 0 < max(steps), "it grows in some months and shrinks in others"
