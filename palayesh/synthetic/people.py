"""Households and the persons in them, from the plan of a province."""

from __future__ import annotations

import numpy as np
import pandas as pd

from palayesh.synthetic import names, numbers, places

YEAR = 365.2425

# Who may be in a household of each kind. ``husband``, ``wife``, ``both``: who of the couple is in prison; ``single``: an unmarried
# prisoner with his parents; ``lone``: a prisoner of whose family nothing is known; ``need``: a needy family without a prisoner.
_WITH_COUPLE = ("husband", "wife", "both")


def compose(plan: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """``plan`` (segment, kind, …) with how many children, mothers, fathers and brothers or sisters each household has."""
    count = len(plan)
    kind = plan["kind"].to_numpy()
    couple = np.isin(kind, _WITH_COUPLE)
    listed_by_head_only = plan["segment"].isin(["association", "applicant"]).to_numpy()
    children = np.where(couple, rng.choice(8, size=count, p=[0.05, 0.17, 0.27, 0.24, 0.15, 0.07, 0.03, 0.02]), 0)
    children = np.where(kind == "both", np.maximum(children, 1), children)
    children = np.where(kind == "need", rng.choice(6, size=count, p=[0.22, 0.2, 0.25, 0.2, 0.1, 0.03]), children)
    children = np.where(listed_by_head_only, 0, children)
    single = kind == "single"
    has_father = single & (rng.random(count) < 0.6) & plan["may_have_father"].to_numpy()
    has_mother = (single & ~plan["only_father"].to_numpy()) | (kind == "both")
    has_mother |= (kind == "husband") & (rng.random(count) < 0.1) & ~listed_by_head_only
    has_father |= plan["only_father"].to_numpy()
    siblings = np.where(
        single & ~plan["only_father"].to_numpy(), rng.choice(5, size=count, p=[0.2, 0.25, 0.3, 0.15, 0.1]), 0
    )
    return plan.assign(children=children, has_mother=has_mother, has_father=has_father, siblings=siblings)


def resident_counts(plan: pd.DataFrame) -> np.ndarray:
    """How many live at home, prisoners not counted."""
    kind = plan["kind"].to_numpy()
    spouse_at_home = np.isin(kind, ["husband", "wife"]).astype(int)
    heads = (kind == "need").astype(int) * (1 + plan["has_spouse"].to_numpy().astype(int)) + (kind == "person").astype(
        int
    )
    parents = plan["has_mother"].to_numpy().astype(int) + plan["has_father"].to_numpy().astype(int)
    return spouse_at_home + heads + parents + plan["children"].to_numpy() + plan["siblings"].to_numpy()


def fit_residents(plan: pd.DataFrame, chosen: np.ndarray, target: int, rng: np.random.Generator) -> pd.DataFrame:
    """``plan`` with children added to or taken from the ``chosen`` households until ``target`` persons live in them.

    Raises ValueError when so many cannot live in so few households.
    """
    children = plan["children"].to_numpy().copy()
    pool = np.flatnonzero(chosen & plan["kind"].isin(["husband", "wife"]).to_numpy())
    missing = target - int(resident_counts(plan)[chosen].sum())
    while missing != 0:
        step = 1 if missing > 0 else -1
        room = pool[(children[pool] < 9) if step > 0 else (children[pool] > 1)]
        if len(room) == 0:
            raise ValueError(f"{target} persons do not fit {int(chosen.sum())} households")
        changed = rng.permutation(room)[: abs(missing)]
        children[changed] += step
        missing -= step * len(changed)
    return plan.assign(children=children)


def settle(plan: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """``plan`` with the county each household lives in: its code, or ``outside``, and its name."""
    codes = np.array(list(places.COUNTIES), dtype=object)
    weights = 1.0 / (np.arange(len(codes)) + 2.0)
    code = codes[rng.choice(len(codes), size=len(plan), p=weights / weights.sum())]
    outside = plan["lives_outside"].to_numpy()
    code = np.where(outside, "outside", code)
    elsewhere = np.array(places.OUTSIDE, dtype=object)[rng.integers(0, len(places.OUTSIDE), size=len(plan))]
    name = np.where(outside, elsewhere, np.array([places.COUNTIES.get(c, "") for c in code], dtype=object))
    return plan.assign(county_code=code, county=name)


def populate(plan: pd.DataFrame, as_of: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """One row per person: person, household, relation (to the prisoner; to the head where there is none), sex, names, number, birth."""
    n = len(plan)
    kind = plan["kind"].to_numpy()
    household = np.arange(n)
    children, siblings = plan["children"].to_numpy(), plan["siblings"].to_numpy()

    # The leading couple: he, then she. In other kinds the one who leads takes one of the two places.
    surname, her_surname = names.draw(rng, names.SURNAMES, n), names.draw(rng, names.SURNAMES, n)
    her_surname = np.where(rng.random(n) < 0.2, surname, her_surname)
    grandfather, her_father = names.draw(rng, names.OLD_MALE, n), names.draw(rng, names.OLD_MALE, n)
    his_name = names.draw_by_sex(rng, np.zeros(n, dtype=bool))
    her_name = names.draw_by_sex(rng, np.ones(n, dtype=bool))
    her_age = np.maximum(rng.gamma(6.0, 3.2, n) + 17.5, 19.5 + 1.8 * children)
    her_age = np.minimum(her_age, 62.0)
    his_age = np.clip(her_age + rng.normal(4.0, 3.0, n), 21.0, 68.0)
    his_age = np.where(kind == "single", np.clip(rng.normal(25, 4, n), 19, 38), his_age)

    he = np.isin(kind, [*_WITH_COUPLE, "single"]) | ((kind == "lone") & ~plan["woman_alone"].to_numpy())
    he |= np.isin(kind, ["need", "person"]) & ~plan["woman_alone"].to_numpy()
    she = np.isin(kind, _WITH_COUPLE) | (np.isin(kind, ["lone", "need", "person"]) & plan["woman_alone"].to_numpy())
    she |= (kind == "need") & plan["has_spouse"].to_numpy()
    his_relation = np.select(
        [np.isin(kind, ["husband", "both", "single", "lone"]), kind == "wife"], ["prisoner", "spouse"], default="head"
    )
    her_relation = np.select(
        [
            kind == "husband",
            np.isin(kind, ["wife", "both", "lone"]),
            (kind == "need") & ~plan["woman_alone"].to_numpy(),
        ],
        ["spouse", "prisoner", "spouse"],
        default="head",
    )

    parts = [
        _rows(household[he], 0, his_relation[he], False, his_name[he], surname[he], grandfather[he], his_age[he]),
        _rows(
            household[she], 1, her_relation[she], True, her_name[she], her_surname[she], her_father[she], her_age[she]
        ),
        _child_rows(household, children, his_name, surname, grandfather, her_age, rng),
        _sibling_rows(household, siblings, his_age, surname, grandfather, rng),
    ]
    mothers, fathers = plan["has_mother"].to_numpy(), plan["has_father"].to_numpy()
    parts.append(
        _rows(
            household[mothers],
            30,
            "mother",
            True,
            names.draw(rng, names.OLD_FEMALE, n)[mothers],
            names.draw(rng, names.SURNAMES, n)[mothers],
            names.draw(rng, names.OLD_MALE, n)[mothers],
            np.minimum(his_age + rng.uniform(18, 32, n), 92)[mothers],
        )
    )
    parts.append(
        _rows(
            household[fathers],
            31,
            "father",
            False,
            grandfather[fathers],
            surname[fathers],
            names.draw(rng, names.OLD_MALE, n)[fathers],
            np.minimum(his_age + rng.uniform(20, 36, n), 95)[fathers],
        )
    )
    persons = (
        pd.concat(parts, ignore_index=True).sort_values(["household", "slot"], kind="stable").reset_index(drop=True)
    )
    persons = _part_brothers_names(persons, rng)
    days = np.round(persons["age"].to_numpy() * YEAR).astype(np.int64)
    persons["birth_date"] = (as_of - days.astype("timedelta64[D]")).astype("datetime64[s]")
    persons["national_id"] = numbers.national_numbers(rng, len(persons))
    persons["mobile"] = numbers.mobile_numbers(rng, n)[persons["household"].to_numpy()]
    persons["is_prisoner"] = persons["relation"].eq("prisoner")
    persons["person"] = np.arange(len(persons))
    return persons.drop(columns="age")


def _rows(
    household: np.ndarray,
    slot: int | np.ndarray,
    relation: str | np.ndarray,
    is_female: bool | np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    father: np.ndarray,
    age: np.ndarray,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household": household,
            "slot": slot,
            "relation": np.broadcast_to(relation, household.shape),
            "is_female": np.broadcast_to(is_female, household.shape),
            "first_name": first,
            "last_name": last,
            "father_name": father,
            "age": age,
        }
    )


def _child_rows(
    household: np.ndarray,
    children: np.ndarray,
    his_name: np.ndarray,
    surname: np.ndarray,
    grandfather: np.ndarray,
    her_age: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    owner = np.repeat(household, children)
    order = np.arange(len(owner)) - np.repeat(np.cumsum(children) - children, children)
    # Births lie in equal spans of the mother's years since seventeen, so that nine months part any two; a few are twins.
    span = np.minimum(her_age[owner] - 17.2, 24.0)
    age = span * (order + 0.15 + 0.35 * rng.random(len(owner))) / np.maximum(children[owner], 1)
    twin = (order == 1) & (rng.random(len(owner)) < 0.03)
    age = np.where(twin, np.roll(age, 1), age)
    # Nobody comes of age within a few days of a letter or a month's end: calendars disagree there.
    age = np.where((age > 16.9) & (age < 19.1), age - 2.6, age)
    age = np.maximum(age, 0.62)  # nobody is younger than the letter that names him
    is_female = rng.random(len(owner)) < 0.49
    first = names.draw_by_sex(rng, is_female)
    named_after = ~is_female & (rng.random(len(owner)) < 0.08)
    first = np.where(named_after, grandfather[owner], first)
    return _rows(owner, 2 + order, "child", is_female, first, surname[owner], his_name[owner], age)


def _sibling_rows(
    household: np.ndarray,
    siblings: np.ndarray,
    his_age: np.ndarray,
    surname: np.ndarray,
    grandfather: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    owner = np.repeat(household, siblings)
    order = np.arange(len(owner)) - np.repeat(np.cumsum(siblings) - siblings, siblings)
    age = np.maximum(his_age[owner] - 2.2 - 2.4 * order - rng.random(len(owner)), 3.0 + order)
    age = np.where((age > 16.9) & (age < 19.1), age - 2.6, age)
    is_female = rng.random(len(owner)) < 0.5
    return _rows(
        owner,
        12 + order,
        "sibling",
        is_female,
        names.draw_by_sex(rng, is_female),
        surname[owner],
        grandfather[owner],
        age,
    )


def _part_brothers_names(persons: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """No two of a household with the same first name and surname (drawn again until none is left)."""
    first = persons["first_name"].to_numpy().copy()
    is_female = persons["is_female"].to_numpy()
    young = persons["relation"].isin(["child", "sibling"]).to_numpy()
    for _ in range(60):
        seen = pd.DataFrame(
            {"household": persons["household"], "name": [f.replace("‌", "").replace(" ", "") for f in first]}
        )
        again = np.flatnonzero(seen.duplicated(keep=False).to_numpy() & young)
        if len(again) == 0:
            break
        first[again] = names.draw_by_sex(rng, is_female[again])
    return persons.assign(first_name=first)
