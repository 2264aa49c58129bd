"""How two records of plain lists are compared: for each field, levels of agreement from the closest to none.

The first level whose condition holds is the pair's level; a missing value is no level and weighs nothing. What a level weighs is
not said here: it is learned from the lists themselves (`estimate`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import splink.comparison_level_library as cll
import splink.comparison_library as cl

DIFFERENT = "different"
_SHARED = "len(list_intersect(tokens_l, tokens_r))"
_FEWEST = "least(len(tokens_l), len(tokens_r))"


def _within(left: str, right: str, edits: int) -> str:
    # The lengths first: they cost nothing, and part most strangers.
    return f"(abs(length({left}) - length({right})) <= {edits} and damerau_levenshtein({left}, {right}) <= {edits})"


@dataclass(frozen=True)
class Field:
    """One compared field.

    ``column``: its value, missing where it is missing; ``evidence``: *person* can tell members of a family apart, *family* is what they
    share; ``levels``: name → SQL condition (the last is everything else); ``typical``: how the levels are met among pairs of one
    person before anything is learned; ``exact``: the levels that mean the same value, for which its rarity counts; ``near``:
    the levels that mean a value slightly changed.
    """

    column: str
    evidence: Literal["person", "family"]
    levels: dict[str, str]
    typical: tuple[float, ...]
    exact: str = "same"
    near: tuple[str, ...] = ()


def _name(column: str, *, swapped_with: str | None = None, more: dict[str, str] | None = None) -> Field:
    both_known = f"({column}_is_established_l and {column}_is_established_r)"
    left, right = f"{column}_code_l", f"{column}_code_r"
    shorter = f"least(length({left}), length({right}))"
    levels = {"same": f"{column}_l = {column}_r"}
    if swapped_with:
        # Given name and surname in each other's column, a slip in one of them at most.
        other_left, other_right = f"{swapped_with}_code_l", f"{swapped_with}_code_r"
        levels["swapped"] = (
            f"{column}_l = {swapped_with}_r and ({column}_r = {swapped_with}_l or {_within(right, other_left, 1)})"
            f" or {column}_r = {swapped_with}_l and {_within(left, other_right, 1)}"
        )
    levels |= {
        "same_sound": f"{column}_sound_l = {column}_sound_r and not {both_known}",
        "one_letter": f"{shorter} >= 3 and {_within(left, right, 1)} and not {both_known}",
        **(more or {}),
        "contained": f"({shorter} >= 3 or {shorter} = 1) and (starts_with({left}, {right}) or starts_with({right}, {left})"
        f" or {shorter} >= 4 and (contains({left}, {right}) or contains({right}, {left})))",
        "neighbour_name": f"{both_known} and {_within(left, right, 1)}",
        "two_letters": f"{shorter} >= 5 and {_within(left, right, 2)}",
        "similar": f"jaro_winkler_similarity({left}, {right}) >= 0.85",
        DIFFERENT: "else",
    }
    if column != "last":
        # «Wm», «Jas», «Thos»: in Latin script, in which such abbreviations are usual.
        levels["contained"] += (
            f" or {shorter} between 2 and 5 and substr({left}, 1, 1) between 'a' and 'z'"
            f" and substr({left}, 1, 1) = substr({right}, 1, 1)"
            f" and levenshtein({left}, {right}) = abs(length({left}) - length({right}))"
        )
    typical = (0.86, 0.03, 0.05, *(0.001 for _ in more or ()), 0.02, 0.005, 0.01, 0.01, 0.015)
    return Field(
        column,
        "person" if column == "first" else "family",
        levels,
        (typical[0], 0.005, *typical[1:]) if swapped_with else typical,
        near=("same_sound", "one_letter", "two_letters"),
    )


def _identifier(column: str, checked: str = "") -> Field:
    unchecked = f"({checked}_l is null or {checked}_r is null) and " if checked else ""
    left, right = f"{column}_l", f"{column}_r"
    return Field(
        column,
        "person",
        {
            "same": f"{column}_l = {column}_r",
            "one_digit": f"{unchecked}{_within(left, right, 1)}",
            "two_digits": f"{unchecked}{_within(left, right, 2)}",
            DIFFERENT: "else",
        },
        (0.9, 0.06, 0.01, 0.03),
    )


_ONE_IS_FATHER = "(first_l = father_r or father_l = first_r)"
"""The one bears the given name of the other's father: father and child are told so even where his own father is not known."""
_PARTS = tuple(f"birth_day_l[{part}] = birth_day_r[{part}]" for part in ("1:4", "5:6", "7:8"))
FIELDS: dict[str, Field] = {
    "number": _identifier("number", "number_valid"),
    "external": _identifier("external"),
    "first": _name("first", swapped_with="last"),
    "last": _name("last", swapped_with="first"),
    "father": _name("father", more={"one_is_father": _ONE_IS_FATHER}),
    "birth": Field(
        "birth",
        "person",
        {
            "same_day": "birth_day_l = birth_day_r",
            "day_and_month_swapped": "birth_day_l[1:4] = birth_day_r[1:4] and birth_day_l[5:6] = birth_day_r[7:8]"
            " and birth_day_l[7:8] = birth_day_r[5:6]",
            "one_digit": "damerau_levenshtein(birth_day_l, birth_day_r) <= 1",
            "year_and_one_part": f"{_PARTS[0]} and ({_PARTS[1]} or {_PARTS[2]})",
            # Read in the wrong calendar; plain lists do not tell it.
            "other_calendar": "birth_other_l = birth_day_r or birth_day_l = birth_other_r"
            " or birth_other_l = birth_other_r and birth_day_l is null"
            " or abs(year_other_l - year_r) <= 1 or abs(year_l - year_other_r) <= 1",
            "month_and_day": f"{_PARTS[1]} and {_PARTS[2]}",
            "same_year_one_partial": "year_l = year_r and (birth_day_l is null or birth_day_r is null)",
            "same_year": "year_l = year_r",
            "year_apart": "abs(year_l - year_r) <= 1",
            "few_years_apart": "abs(year_l - year_r) <= 5",
            DIFFERENT: "else",
        },
        (0.82, 0.01, 0.05, 0.02, 0.004, 0.01, 0.05, 0.01, 0.01, 0.01, 0.01),
        exact="same_day",
    ),
    "sex": Field("sex", "person", {"same": "sex_l = sex_r", DIFFERENT: "else"}, (0.98, 0.02)),
    "phone": Field(
        "phone",
        "family",
        {
            "same": "phone_l = phone_r or phone_l = second_phone_r or second_phone_l = phone_r or second_phone_l = second_phone_r",
            "one_digit": _within("phone_l", "phone_r", 1),
            DIFFERENT: "else",
        },
        (0.8, 0.02, 0.18),
    ),
    "phones": Field(
        "phone_list",
        "family",
        {"shared": "list_has_any(phone_list_l, phone_list_r)", DIFFERENT: "else"},
        (0.8, 0.2),
        exact="shared",
    ),
    "prisoner": Field(
        "prisoner",
        "person",
        {
            "both": "prisoner_l = 'yes' and prisoner_r = 'yes'",
            "neither": "prisoner_l = 'no' and prisoner_r = 'no'",
            "one": "else",
        },
        (0.6, 0.39, 0.01),
        exact="both",
    ),
    "prison": Field("prison", "person", {"same": "prison_l = prison_r", DIFFERENT: "else"}, (0.9, 0.1)),
    "custody": Field(
        "held_since",
        "person",
        {
            "same_day": "held_since_l = held_since_r",
            "one_digit": "damerau_levenshtein(held_since_l, held_since_r) <= 1",
            DIFFERENT: "else",
        },
        (0.85, 0.05, 0.1),
        exact="same_day",
    ),
    "county": Field(
        "county",
        "family",
        {
            "same": "county_l = county_r",
            "near": "county_neighbours_l is null and (jaro_winkler_similarity(county_code_l, county_code_r) >= 0.9 or "
            + _within("county_code_l", "county_code_r", 1)
            + ")",
            # Known where counties are codes of a vocabulary; plain lists do not tell it.
            "neighbour": "contains(county_neighbours_l, county_code_r)",
            DIFFERENT: "else",
        },
        (0.85, 0.05, 0.0, 0.1),
        near=("near",),
    ),
    "postal": Field(
        "postal",
        "family",
        {"same": "postal_l = postal_r", "one_digit": _within("postal_l", "postal_r", 1), DIFFERENT: "else"},
        (0.8, 0.05, 0.15),
    ),
    "address": Field(
        "address",
        "family",
        {
            "same": "address_l = address_r",
            "near": f"list_has_any(tokens_l, tokens_r) and {_SHARED} >= 3 and {_SHARED} >= {_FEWEST} - 1"
            " or jaro_winkler_similarity(address_code_l, address_code_r) >= 0.95",
            "most_words": f"list_has_any(tokens_l, tokens_r) and {_SHARED} >= 2 and 2 * {_SHARED} >= {_FEWEST}",
            "one_word": "list_has_any(tokens_l, tokens_r) or jaro_winkler_similarity(address_code_l, address_code_r) >= 0.85",
            DIFFERENT: "else",
        },
        (0.6, 0.15, 0.1, 0.05, 0.1),
    ),
    "occupation": Field(
        "occupation",
        "person",
        {
            "same": "occupation_l = occupation_r",
            "contained": "contains(occupation_l, occupation_r) or contains(occupation_r, occupation_l)",
            DIFFERENT: "else",
        },
        (0.6, 0.05, 0.35),
    ),
    # Not compared in SQL. "named": only a relative's name in common, which a month's lists tell and plain lists do not.
    "kin": Field("kin", "family", {"shared": "", "named": "", DIFFERENT: "else"}, (0.79, 0.01, 0.2), exact="shared"),
}
_MISSING = {
    "father": f"(father_l is null or father_r is null) and not coalesce({_ONE_IS_FATHER}, false)",
    "birth": "year_l is null or year_r is null",
}


ONLY_EQUAL: tuple[tuple[str, ...], ...] = (
    ("first", "last", "father"),
    *((f"{name}_sound",) for name in ("first", "last", "father")),
    ("sex",),
    ("county",),
    ("address",),
    ("prison",),
)
"""Columns that are only asked whether they are missing or the same, each group among themselves: numbers do for them as well as texts."""
MAYBE_UNTOLD = ("county_neighbours",)
"""Columns that only the lists of a month have: elsewhere they are missing in every record."""


def missing_condition(field: str) -> str:
    """When the field's value is missing in a pair."""
    column = FIELDS[field].column
    return _MISSING.get(field, f"{column}_l is null or {column}_r is null")


def columns_of(field: str) -> set[str]:
    """The columns that comparing the field reads."""
    conditions = (missing_condition(field), *FIELDS[field].levels.values())
    return {str(name) for condition in conditions for name in re.findall(r"\b(\w+)_[lr]\b", condition)}


def level_names(field: str) -> list[str]:
    """The field's levels from none to the closest: position is Splink's number for the level (missing is −1)."""
    return list(FIELDS[field].levels)[::-1]


Dialect = Literal["duckdb", "spark"]
_SPARK = (
    (re.compile(r"(\w+)\[(\d):(\d)\]"), lambda slice: f"substr({slice[1]}, {slice[2]}, {int(slice[3]) - int(slice[2]) + 1})"),
    (re.compile(r"\blen\("), "size("),
    (re.compile(r"\blist_has_any\("), "arrays_overlap("),
    (re.compile(r"\blist_intersect\("), "array_intersect("),
    (re.compile(r"\bstarts_with\("), "startswith("),
    (re.compile(r"\bjaro_winkler_similarity\("), "rapidfuzz_jaro_winkler("),  # Splink's own counts half transpositions otherwise
)  # fmt: skip
"""What Spark calls otherwise than DuckDB; ``len`` is of lists, ``length`` of texts."""


def in_dialect(condition: str, dialect: Dialect) -> str:
    """The condition as the engine's SQL says it."""
    if dialect == "spark":
        for pattern, said in _SPARK:
            condition = pattern.sub(said, condition)
    return condition


def comparison(field: str, dialect: Dialect = "duckdb") -> cl.CustomComparison:
    """The field as Splink compares it.

    The weights are none of Splink's: each level is given the weight *its number + 1* (missing has 0), so that Splink's
    ``mw_<field>`` tells the level. (It keeps ``gamma_<field>`` only together with every compared text, which costs memory.)
    """
    declared = FIELDS[field]
    levels: list[Any] = [cll.CustomLevel(missing_condition(field), "missing").configure(is_null_level=True)]
    for number, (name, condition) in zip(range(len(declared.levels), 0, -1), declared.levels.items(), strict=True):
        level = cll.ElseLevel() if condition == "else" else cll.CustomLevel(in_dialect(condition, dialect), name)
        levels.append(level.configure(m_probability=0.5, u_probability=0.5 / 2**number))
    return cl.CustomComparison(output_column_name=field, comparison_levels=levels)
