"""The province a month later: families join and leave, children are born, prisoners are released and moved, families move."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from palayesh.reporting_month import ReportingMonth
from palayesh.synthetic import founding, names, numbers, places
from palayesh.synthetic.profiles import Profile
from palayesh.synthetic.world import World

DAY = np.timedelta64(1, "D")
YEAR = 365.2425
HELD = 4_234
"""Prisoners on the custody list of the province by whose size newcomers are told."""
RELEASED = 0.028
"""Shares of a month. Those who leave are about as many as ``_newcomers``, so that the province keeps its size."""
LEAVES_LIST = {"prisons/relief_referral": 0.024, "prisons/behzisti_referral": 0.045}
SERVICE_ENDS = 0.045
OTHER_NEED_ENDS, FILE_ENDS = 0.018, 0.022
MEMBERSHIP_ENDS, MEMBERSHIP_GRANTED, APPLICATION_WITHDRAWN = 0.021, 0.03, 0.014
CLOSED_ROW_GOES = 0.3
"""The share of rows about what has ended that a list leaves out at last."""
CHARITY_ENDS = 0.03
RELIEF = "prisons/relief_referral"
BEHZISTI = "prisons/behzisti_referral"


def advance(world: World, seed: int) -> World:
    """The same province in the next month; every person and household keeps its number, new ones get new numbers."""
    month = world.month.next()
    rng = np.random.default_rng(np.random.SeedSequence([seed, month.year * 12 + month.month, 5]))
    later = dataclasses.replace(world, month=month)
    for change in (
        _release,
        _transfer,
        _move,
        _give_birth,
        _leave,
        _screen_and_serve,
        _take_in,
        _review,
        _welcome,
        _forget,
    ):
        later = change(later, rng)
    return later


def _season(month: ReportingMonth) -> float:
    """From 0.85 in autumn to 1.15 before Nowruz, when most pardons are granted."""
    return 1 + 0.15 * float(np.cos(2 * np.pi * (month.month - 12) / 12))


def _hit(rng: np.random.Generator, pool: pd.Series | np.ndarray, share: float) -> np.ndarray:
    """Which of the pool are chosen, each with the chance ``share``."""
    chosen = np.asarray(pool, dtype=bool)
    return chosen & (rng.random(len(chosen)) < share)


def _days_in(month: ReportingMonth, rng: np.random.Generator, count: int, low: int = 9, high: int = 20) -> np.ndarray:
    """Days of the month, from its 10th to its 20th unless said otherwise."""
    return (np.datetime64(month.first_day) + rng.integers(low, high, count).astype("timedelta64[D]")).astype(
        "datetime64[s]"
    )


def _release(world: World, rng: np.random.Generator) -> World:
    """Some prisoners are released; half of the agencies notice at once and close the case."""
    custody = world.custody.copy()
    free = _hit(rng, custody["on_list"] & custody["release_status"].ne("released"), RELEASED * _season(world.month))
    custody.loc[free, "release_status"] = "released"
    custody.loc[free, "custody_end"] = _days_in(world.month, rng, int(free.sum()))
    other = _hit(rng, custody["on_list"] & custody["release_status"].ne("released"), 0.03)
    custody.loc[other, "release_status"] = rng.choice(["in_custody", "on_leave", "electronic_tag"], int(other.sum()))
    released = custody.loc[free, "household"].unique()
    noticed = released[rng.random(len(released)) < 0.5]
    end = pd.Timestamp(world.month.last_day) - pd.Timedelta(days=1)
    committee, association = world.committee.copy(), world.association.copy()
    for table in (committee, association):
        closing = table["household"].isin(noticed) & table["status"].eq("active")
        if "cause" in table:
            closing &= table["cause"].eq("breadwinner_imprisoned")
        table.loc[closing, "status"] = "closed"
        table.loc[closing, "service_end"] = end
    return dataclasses.replace(world, custody=custody, committee=committee, association=association)


def _transfer(world: World, rng: np.random.Generator) -> World:
    """Some prisoners are moved to another province, some are brought back; the Committee hears of half of it."""
    custody = world.custody.copy()
    held = custody["release_status"].ne("released")
    away = _hit(rng, held & custody["place"].eq("08") & custody["on_list"], 0.006)
    codes = np.array([code for code in places.PROVINCES if code not in ("08", "abroad")], dtype=object)
    custody.loc[away, "place"] = codes[rng.integers(0, len(codes), int(away.sum()))]
    back = _hit(rng, held & custody["place"].ne("08"), 0.01)
    custody.loc[back, "place"], custody.loc[back, "on_list"] = "08", True
    moved = away | back
    prisons = custody["place"].map({**places.PROVINCE_PRISONS, "08": places.PRISONS[0]})
    custody.loc[moved, "prison"] = prisons[moved]
    place = custody.loc[moved].drop_duplicates("household").set_index("household")["place"]
    told = place[rng.random(len(place)) < 0.5]
    committee = world.committee.copy()
    known = committee["household"].map(told)
    committee["prison_province"] = committee["prison_province"].mask(
        known.notna() & committee["prison_province"].ne(""), known
    )
    return dataclasses.replace(world, custody=custody, committee=committee)


def _move(world: World, rng: np.random.Generator) -> World:
    """Some families move to another county, a few of those referred to the Committee out of the province."""
    households = world.households.copy()
    inside = households["county_code"].ne("outside")
    moving = _hit(rng, inside, 0.005)
    codes = np.array(list(places.COUNTIES), dtype=object)
    households.loc[moving, "county_code"] = codes[rng.integers(0, len(codes), int(moving.sum()))]
    leaving = _hit(rng, inside & households["segment"].eq("relief_referral"), 0.002)
    households.loc[leaving, "county_code"] = "outside"
    name = households["county_code"].map(places.COUNTIES)
    households.loc[moving, "county"] = name[moving]
    households.loc[leaving, "county"] = np.array(places.OUTSIDE, dtype=object)[
        rng.integers(0, len(places.OUTSIDE), int(leaving.sum()))
    ]
    return dataclasses.replace(world, households=households)


def _give_birth(world: World, rng: np.random.Generator) -> World:
    """Children are born to families not on the list to Behzisti (a letter never names a child that came after it)."""
    persons = world.persons
    first_day = pd.Timestamp(world.month.first_day)
    on_list = world.referrals.loc[world.referrals["list_key"].eq(BEHZISTI), "household"]
    mothers = persons[persons["relation"].eq("spouse") & persons["is_female"] & ~persons["household"].isin(on_list)]
    mothers = mothers[(first_day - mothers["birth_date"]).dt.days.lt(43 * YEAR)]
    listed = set(world.referrals["household"]) | set(world.committee["household"])
    youngest = persons.loc[persons["relation"].eq("child")].groupby("household")["birth_date"].max()
    recent = mothers["household"].map(youngest).gt(first_day - pd.Timedelta(days=330))
    mothers = mothers[mothers["household"].isin(listed) & ~recent]
    mothers = mothers[_hit(rng, np.ones(len(mothers), dtype=bool), 0.006)].drop_duplicates("household")
    if mothers.empty:
        return world
    prisoner = persons[persons["is_prisoner"]].drop_duplicates("household").set_index("household")
    fathers = prisoner.reindex(mothers["household"])
    count = len(mothers)
    is_female = rng.random(count) < 0.49
    born = pd.DataFrame({
        "household": mothers["household"].to_numpy(), "slot": 20, "relation": "child", "is_female": is_female,
        "first_name": names.draw_by_sex(rng, is_female), "last_name": fathers["last_name"].to_numpy(),
        "father_name": fathers["first_name"].to_numpy(),
        "birth_date": _days_in(world.month, rng, count, 0, 12), "national_id": _new_numbers(persons, rng, count),
        "mobile": mothers["mobile"].to_numpy(), "is_prisoner": False, "person": int(persons["person"].max()) + 1 + np.arange(count),
        "has_no_number": mothers["has_no_number"].to_numpy(),
    })  # fmt: skip
    taken = persons.loc[persons["household"].isin(born["household"]), ["household", "first_name"]]
    same = born.merge(taken, on=["household", "first_name"])["person"]
    born = born[~born["person"].isin(same)]
    committee = world.committee
    files = committee[committee["status"].eq("active")].drop_duplicates("household")
    joined = files.drop(columns=["person", "client_no", "service_start"]).merge(
        born[["household", "person", "birth_date"]], on="household"
    )
    joined["service_start"] = (joined["birth_date"] + pd.Timedelta(days=15)).astype("datetime64[s]")
    joined["client_no"] = _next_codes(committee["client_no"], len(joined))
    return dataclasses.replace(
        world,
        persons=pd.concat([persons, born[persons.columns].astype(persons.dtypes)], ignore_index=True),
        committee=pd.concat([committee, joined[committee.columns]], ignore_index=True),
    )


def _new_numbers(persons: pd.DataFrame, rng: np.random.Generator, count: int) -> np.ndarray:
    """National numbers that nobody has yet."""
    used = set(persons["national_id"])
    drawn = [number for number in numbers.national_numbers(rng, 6 * count + 200).tolist() if number not in used]
    if len(drawn) < count:
        raise ValueError("the unused places hold no more numbers; ask for a smaller province")
    return np.array(drawn[:count], dtype=object)


def _next_codes(codes: pd.Series, count: int) -> np.ndarray:
    """Codes that go on after the highest of the column, with its letters in front."""
    if codes.empty:
        raise ValueError("a column of codes to go on from is empty")
    prefix = str(codes.iloc[0]).rstrip("0123456789")
    highest = int(codes.astype("str").str.slice(len(prefix)).astype("int64").max())
    return numbers.codes(prefix, highest + 1, count)


def _leave(world: World, rng: np.random.Generator) -> World:
    """Some families leave the referral lists, some closed files the Committee's, some cases the Association's."""
    # A family in the Committee's care for another need is known by this list alone to be a prisoner's: it stays.
    other_need = world.committee.loc[world.committee["cause"].ne("breadwinner_imprisoned"), "household"]
    may_leave = ~world.referrals["household"].isin(other_need)
    share = world.referrals["list_key"].map(LEAVES_LIST).to_numpy(dtype="float64")
    leaving = may_leave.to_numpy() & (rng.random(len(may_leave)) < share)
    referrals = world.referrals[~leaving].reset_index(drop=True)
    shut = world.committee["status"].eq("closed") & world.committee["service_end"].lt(
        pd.Timestamp(world.month.first_day)
    )
    files = world.committee.loc[shut, "household"].unique()
    gone = files[rng.random(len(files)) < 0.3]
    committee = world.committee[~world.committee["household"].isin(gone)].reset_index(drop=True)
    is_active, is_for_prison = committee["status"].eq("active"), committee["cause"].eq("breadwinner_imprisoned")
    needy = np.sort(committee.loc[is_active & ~is_for_prison, "household"].unique())
    better = needy[rng.random(len(needy)) < OTHER_NEED_ENDS]
    committee = committee[~committee["household"].isin(better)].reset_index(drop=True)
    is_active, is_for_prison = committee["status"].eq("active"), committee["cause"].eq("breadwinner_imprisoned")
    ending = np.sort(committee.loc[is_active & is_for_prison, "household"].unique())
    ended = committee["household"].isin(ending[rng.random(len(ending)) < FILE_ENDS]) & is_active
    committee.loc[ended, "status"] = "closed"
    committee.loc[ended, "service_end"] = pd.Timestamp(world.month.last_day) - pd.Timedelta(days=1)
    behzisti = world.behzisti[~_hit(rng, _ended(world.behzisti, world.month), CLOSED_ROW_GOES)].reset_index(drop=True)
    association = world.association[~_hit(rng, _ended(world.association, world.month), CLOSED_ROW_GOES)]
    association = association.reset_index(drop=True)
    closing = _hit(rng, association["status"].eq("active"), MEMBERSHIP_ENDS)
    association.loc[closing, "status"] = "closed"
    association.loc[closing, "service_end"] = _days_in(world.month, rng, int(closing.sum()))
    charity = world.charity[~_hit(rng, np.ones(len(world.charity), dtype=bool), CHARITY_ENDS)].reset_index(drop=True)
    later = dataclasses.replace(
        world, referrals=referrals, committee=committee, behzisti=behzisti, association=association, charity=charity
    )
    # Prisons leave a released prisoner out of their list at last, once nobody else speaks of the family.
    custody = world.custody.copy()
    is_free = custody["release_status"].eq("released") & custody["custody_end"].lt(pd.Timestamp(world.month.first_day))
    spoken_of = custody["household"].isin(_spoken_of(later))
    custody.loc[_hit(rng, is_free & ~spoken_of, CLOSED_ROW_GOES), "on_list"] = False
    return dataclasses.replace(later, custody=custody)


def _ended(table: pd.DataFrame, month: ReportingMonth) -> pd.Series:
    return table["service_end"].lt(pd.Timestamp(month.first_day))


def _spoken_of(world: World) -> np.ndarray:
    """Households that any list but the Prisons Organization's own names."""
    tables = (world.referrals, world.committee, world.behzisti, world.association, world.applications, world.reviews)
    return np.unique(np.concatenate([table["household"].to_numpy() for table in tables]))


def _screen_and_serve(world: World, rng: np.random.Generator) -> World:
    """Behzisti decides on some who waited, begins to serve more children of its list, and ends some services."""
    behzisti = world.behzisti.copy()
    waiting = _hit(rng, behzisti["screening_result"].eq("under_review"), 0.4)
    start = _days_in(world.month, rng, len(behzisti))
    behzisti.loc[waiting, "screening_result"] = "eligible"
    behzisti.loc[waiting, "support_type"], behzisti.loc[waiting, "service_type"] = "case_by_case", "امدادبگیر"
    behzisti.loc[waiting, "service_start"] = start[waiting]
    ending = _hit(rng, behzisti["service_start"].notna() & behzisti["service_end"].isna() & ~waiting, SERVICE_ENDS)
    behzisti.loc[ending, "service_end"] = _days_in(world.month, rng, int(ending.sum()))

    on_list = world.referrals.loc[world.referrals["list_key"].eq(BEHZISTI), "household"]
    persons = world.persons
    young = (world.as_of - persons["birth_date"]).dt.days.lt(16.5 * YEAR)
    unserved = (
        persons["relation"].eq("child")
        & young
        & persons["household"].isin(on_list)
        & ~persons["person"].isin(behzisti["person"])
    )
    chosen = persons[_hit(rng, unserved, 0.03)]
    count = len(chosen)
    day = _days_in(world.month, rng, count)
    orders = pd.DataFrame({
        "person": chosen["person"].to_numpy(), "household": chosen["household"].to_numpy(), "support_type": "case_by_case",
        "service_type": "شبه‌خانواده", "care_type": "بستگان", "service_start": day, "screening_result": "eligible",
        "judicial_order_no": [f"{9_900_000_000 + int(k):d}" for k in rng.integers(1, 90_000_000, count)], "judicial_order_date": day,
        "case_no": _next_codes(behzisti["case_no"], count),
        "household_code": [f"B{int(h) + 1:06d}" for h in chosen["household"]],
    })  # fmt: skip
    grown = pd.concat([behzisti, orders.reindex(columns=behzisti.columns)], ignore_index=True)
    for column in ("service_start", "service_end", "application_date", "judicial_order_date"):
        grown[column] = grown[column].astype("datetime64[s]")
    return dataclasses.replace(world, behzisti=grown)


def _take_in(world: World, rng: np.random.Generator) -> World:
    """The Association takes in some who waited; the Committee opens files for some found entitled last month."""
    busy = _continuous_at_behzisti(world)
    applications = world.applications
    granted = _hit(
        rng,
        ~applications["household"].isin(busy) & ~applications["person"].isin(world.association["person"]),
        MEMBERSHIP_GRANTED,
    )
    withdrawn = _hit(rng, ~granted, APPLICATION_WITHDRAWN)
    new = applications[granted]
    count = len(new)
    members = new[["person", "household", "head", "household_size", "aid_type"]].assign(
        member_no=_next_codes(world.association["member_no"], count),
        service_start=_days_in(world.month, rng, count),
        service_end=np.datetime64("NaT", "s"),
        status="active",
        is_long=False,
        is_active=True,
    )
    association = pd.concat(
        [world.association, members[world.association.columns].astype(world.association.dtypes)], ignore_index=True
    )

    reviews = world.reviews.drop_duplicates("household", keep="last")
    relief = world.referrals.loc[world.referrals["list_key"].eq(RELIEF), "household"]
    entitled = (
        reviews["screening_result"].eq("eligible")
        & reviews["household"].isin(relief)
        & ~reviews["household"].isin(np.concatenate([world.committee["household"].unique(), busy]))
    )
    opened = reviews[_hit(rng, entitled, 0.4)]
    committee = pd.concat([world.committee, _open_files(world, opened, rng)], ignore_index=True)
    return dataclasses.replace(
        world,
        applications=applications[~(granted | withdrawn)].reset_index(drop=True),
        association=association,
        committee=committee,
    )


def _continuous_at_behzisti(world: World) -> np.ndarray:
    """Households in which somebody has Behzisti's continuous support; whoever else begins there would make two notices of one family."""
    return world.behzisti.loc[world.behzisti["support_type"].eq("continuous"), "household"].unique()


def _open_files(world: World, reviews: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(reviews)
    place = world.custody.drop_duplicates("household").set_index("household")["place"]
    # A file for parents is the widowed mother's (see ``founding``): families with a father at home wait for another month.
    with_father = world.persons.loc[world.persons["relation"].eq("father"), "household"]
    files = pd.DataFrame({
        "household": reviews["household"].to_numpy(), "household_code": _next_codes(world.committee["household_code"], count),
        "status": "active", "cause": "breadwinner_imprisoned", "support_type": "continuous", "service_end": pd.NaT,
        "decile": reviews["decile"].fillna(3).astype("int64").to_numpy(), "head": reviews["head"].to_numpy(),
        "prison_province": reviews["household"].map(place).to_numpy(), "file_start": _days_in(world.month, rng, count),
    })  # fmt: skip
    files = files[~files["household"].isin(with_father)]
    files["prisoner"] = files["household"].map(world.households.set_index("household")["prisoner"])
    rows = world.persons.loc[~world.persons["is_prisoner"], ["person", "household", "birth_date"]].merge(
        files, on="household"
    )
    rows["service_start"] = np.maximum(rows["file_start"], rows["birth_date"] + pd.Timedelta(days=20))
    rows = rows[rows["service_start"].le(world.as_of)].sort_values("person", kind="stable")
    rows["client_no"] = _next_codes(world.committee["client_no"], len(rows))
    return rows[world.committee.columns].astype(world.committee.dtypes)


def _review(world: World, rng: np.random.Generator) -> World:
    """The month's visits: some of last month's families again, and some not seen before."""
    seen = world.reviews.drop_duplicates("household", keep="last")
    eligible = seen["screening_result"].eq("eligible")
    again = seen[_hit(rng, eligible, 0.75) | _hit(rng, ~eligible, 0.5)].copy()
    households = world.households.set_index("household")
    relief = np.sort(world.referrals.loc[world.referrals["list_key"].eq(RELIEF), "household"].unique())
    fresh = relief[~np.isin(relief, seen["household"])]
    # About as many visits as last month: a social worker's month has so many days.
    wanted = round(len(seen) * float(rng.uniform(0.9, 1.1))) - len(again)
    fresh = np.sort(rng.permutation(fresh)[: max(wanted, 0)])
    result = rng.choice(["eligible", "not_eligible", "under_review", "no_show"], len(fresh), p=[0.25, 0.5, 0.15, 0.1])
    file = world.committee.drop_duplicates("household").set_index("household")["decile"].reindex(fresh)
    decile = np.where(
        file.notna(),
        file.fillna(0),
        np.where(result == "eligible", rng.integers(1, 4, len(fresh)), rng.integers(4, 10, len(fresh))),
    )
    new = pd.DataFrame({
        "household": fresh, "screening_result": result, "decile": decile, "opinion": None, "reason": None,
        "head": households.loc[fresh, "head"].to_numpy(),
    })  # fmt: skip
    new["screening_date"] = again["screening_date"].iloc[0] if len(again) else world.as_of
    table = pd.concat([again, new[again.columns].astype(again.dtypes)], ignore_index=True)
    table["screening_date"] = _days_in(world.month, rng, len(table), 12, 27)
    return dataclasses.replace(
        world, reviews=table.sort_values(["screening_date", "household"], kind="stable").reset_index(drop=True)
    )


def _forget(world: World, _: np.random.Generator) -> World:
    """Nobody visits or helps a family any more when no list says whose family it is."""
    named = [world.referrals, world.behzisti, world.association, world.applications]
    named.append(world.committee[world.committee["cause"].eq("breadwinner_imprisoned")])
    tied = np.concatenate([table["household"].to_numpy() for table in named])
    tied = np.union1d(tied, world.households.loc[world.households["prisoner"].lt(0), "household"])
    reviews = world.reviews[world.reviews["household"].isin(tied)].reset_index(drop=True)
    charity = world.charity[world.charity["household"].isin(tied)].reset_index(drop=True)
    return dataclasses.replace(world, reviews=reviews, charity=charity)


# --- newcomers -----------------------------------------------------------------------------------------------


def _welcome(world: World, rng: np.random.Generator) -> World:
    """New families: about one in fifty on every list, referred by letters of this month."""
    custody = world.custody
    held = int((custody["on_list"] & custody["release_status"].ne("released")).sum())
    new = founding.settle_families(world.month, _newcomers(held / HELD, rng), rng, letters_back=(0, 0))
    people_before, families_before = (
        int(world.persons["person"].max()) + 1,
        int(world.households["household"].max()) + 1,
    )
    persons = new.persons.assign(national_id=_new_numbers(world.persons, rng, len(new.persons)))
    moved = {
        name: _renumbered(table, people_before, families_before)
        for name, table in {**_tables(new), "persons": persons}.items()
    }
    moved["behzisti"]["household_code"] = [f"B{int(h) + 1:06d}" for h in moved["behzisti"]["household"]]
    for name, column in (
        ("custody", "prisoner_no"),
        ("behzisti", "case_no"),
        ("association", "member_no"),
        ("applications", "member_no"),
        ("committee", "client_no"),
    ):
        moved[name][column] = _next_codes(_tables(world)[name][column], len(moved[name]))
    files = moved["committee"]["household"].drop_duplicates()
    codes = pd.Series(_next_codes(world.committee["household_code"], len(files)), index=files.to_numpy())
    moved["committee"]["household_code"] = moved["committee"]["household"].map(codes)
    referrals = moved["referrals"]
    for list_key in (BEHZISTI, RELIEF):
        rows = referrals["list_key"].eq(list_key)
        before = world.referrals.loc[world.referrals["list_key"].eq(list_key), "household_ref"]
        referrals.loc[rows, "household_ref"] = _next_codes(before, int(rows.sum()))
    grown = {
        # A kind of which nobody came has columns of no kind at all.
        name: pd.concat([table, moved[name][table.columns].astype(table.dtypes)], ignore_index=True)
        for name, table in _tables(world).items()
    }
    grown["reviews"] = (
        grown["reviews"].sort_values(["screening_date", "household"], kind="stable").reset_index(drop=True)
    )
    return World(month=world.month, **grown)


def _tables(world: World) -> dict[str, pd.DataFrame]:
    return {field.name: getattr(world, field.name) for field in dataclasses.fields(world) if field.name != "month"}


def _renumbered(table: pd.DataFrame, people_before: int, families_before: int) -> pd.DataFrame:
    table = table.copy()
    for column in ("person", "head", "prisoner"):
        if column in table:
            table[column] = table[column].where(table[column] < 0, table[column] + people_before)
    if "household" in table:
        table["household"] = table["household"] + families_before
    return table


def _newcomers(scale: float, rng: np.random.Generator) -> Profile:
    """The few of each kind who come in a month; in a small province some kinds come only in some months."""
    none = {field.name: 0 for field in dataclasses.fields(Profile) if field.name != "name"}
    some = {
        "referred_husband": 10, "referred_wife": 2, "referred_both": 1, "referred_to_both_agencies": 3,
        "relief_households": 45, "relief_covered": 6, "entitled_not_identified": 4, "entitled_identified": 1,
        "elsewhere_households": 12, "other_need_households": 10, "not_eligible_reviewed": 5, "applicants_referred": 6,
        "applicants_known_to_association_only": 8, "applicants_single": 1, "association_prisoners": 6,
        "newly_covered_wives": 2, "newly_covered_continuous_wives": 1, "continuous_wives": 2,
        "continuous_wives_off_list": 1, "wives_under_review": 2, "judicial_children_on_list": 5,
        "judicial_children_off_list": 2, "other_children_after_letter": 2, "behzisti_without_prisoner": 4,
        "lone_prisoners": 40, "charity_of_families": 3, "charity_of_others": 2,
    }  # fmt: skip
    counts = {**none, **{name: int(count * scale + rng.random()) for name, count in some.items()}}
    counts["relief_persons"] = round(3.96 * counts["relief_households"])
    counts["elsewhere_persons"] = round(3.9 * counts["elsewhere_households"])
    return Profile(name="newcomers", **counts)
