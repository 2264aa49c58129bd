"""How two records are compared, field by field: the levels of agreement, as SQL conditions for Splink.

The first level that holds is the pair's level; a missing value is no level and weighs nothing. What each level weighs is in
the model; a level named here and not there, or the reverse, stops the run.
"""

from __future__ import annotations

import splink.comparison_level_library as cll
import splink.comparison_library as cl

from palayesh.linkage.settings import Comparison, LinkageModel

_BOTH_KNOWN = "({0}_is_established_l and {0}_is_established_r)"


def _name_levels(column: str) -> dict[str, str]:
    both_known = _BOTH_KNOWN.format(column)
    left, right = f"{column}_code_l", f"{column}_code_r"
    return {
        "same": f"{column}_l = {column}_r",
        "same_sound": f"{column}_sound_l = {column}_sound_r and not {both_known}",
        "one_letter": f"damerau_levenshtein({left}, {right}) <= 1 and not {both_known}",
        "neighbour_name": f"damerau_levenshtein({left}, {right}) <= 1",
        "contained": f"least(length({left}), length({right})) >= 3 and (contains({left}, {right}) or contains({right}, {left}))",
        "similar": f"jaro_winkler_similarity({left}, {right}) >= 0.88 and not {both_known}",
        "different": "else",
    }


LEVELS: dict[str, dict[str, str]] = {
    "first": _name_levels("first"),
    "last": _name_levels("last"),
    "father": _name_levels("father"),
    "birth": {
        "same_day": "birth_day_l = birth_day_r",
        "day_and_month_swapped": "birth_day_l[1:4] = birth_day_r[1:4] and birth_day_l[5:6] = birth_day_r[7:8]"
        " and birth_day_l[7:8] = birth_day_r[5:6]",
        "one_digit": "damerau_levenshtein(birth_day_l, birth_day_r) <= 1",
        "other_calendar": "birth_other_l = birth_day_r or birth_day_l = birth_other_r or birth_other_l = birth_other_r and birth_day_l is null"
        " or abs(year_other_l - year_r) <= 1 or abs(year_l - year_other_r) <= 1",
        "same_year_one_partial": "year_l = year_r and (birth_day_l is null or birth_day_r is null)",
        "same_year": "year_l = year_r",
        "year_apart": "abs(year_l - year_r) <= 1",
        "different": "else",
    },
    "sex": {"same": "sex_l = sex_r", "different": "else"},
    "number": {
        "same": "number_l = number_r",
        "one_digit": "(number_valid_l is null or number_valid_r is null) and damerau_levenshtein(number_l, number_r) <= 1",
        "two_digits": "(number_valid_l is null or number_valid_r is null) and damerau_levenshtein(number_l, number_r) = 2",
        "different": "else",
    },
    "prisoner": {
        "both": "is_prisoner_l and is_prisoner_r",
        "neither": "not is_prisoner_l and not is_prisoner_r",
        "one": "else",
    },
    "county": {"same": "county_l = county_r", "different": "else"},
    "phones": {"shared": "list_has_any(phone_list_l, phone_list_r)", "different": "else"},
    "kin": {"shared": "list_has_any(kin_l, kin_r) or list_has_any(named_kin_l, named_kin_r)", "different": "else"},
}
_MISSING = {
    "birth": "year_l is null or year_r is null",
    "prisoner": "is_prisoner_l is null or is_prisoner_r is null",
    "phones": "phone_list_l is null or phone_list_r is null",
    "kin": "(kin_l is null or kin_r is null) and not coalesce(list_has_any(named_kin_l, named_kin_r), false)",
}
TERM_FREQUENCY = ("first", "last", "father", "county")
_RAREST_TERM = 0.0002


def level_of(field: str, position: int) -> str:
    """The level's name from Splink's number for it: counted from the end, 0 is the last; −1 is missing."""
    names = list(LEVELS[field])
    return "missing" if position < 0 else names[len(names) - 1 - position]


def comparisons(model: LinkageModel) -> list[cl.CustomComparison]:
    """The model's comparisons as Splink reads them. Raises ValueError where model and levels do not name the same."""
    if list(model.comparisons) != list(LEVELS):
        raise ValueError(f"the model compares {list(model.comparisons)}, the software {list(LEVELS)}")
    return [_comparison(field, model.comparisons[field]) for field in LEVELS]


def _comparison(field: str, weights: Comparison) -> cl.CustomComparison:
    conditions = LEVELS[field]
    if list(weights.levels) != list(conditions):
        raise ValueError(
            f"comparison {field}: the model has levels {list(weights.levels)}, expected {list(conditions)}"
        )
    null = cll.CustomLevel(_MISSING[field], "missing") if field in _MISSING else cll.NullLevel(field)
    levels = [null.configure(is_null_level=True)]
    for name, condition in conditions.items():
        known = weights.levels[name]
        probabilities = {"m_probability": known.m, "u_probability": known.u}
        if condition == "else":
            levels.append(cll.ElseLevel().configure(**probabilities))
        elif name == "same" and field in TERM_FREQUENCY:
            exact = cll.ExactMatchLevel(field, term_frequency_adjustments=True)
            levels.append(exact.configure(tf_minimum_u_value=_RAREST_TERM, **probabilities))
        else:
            levels.append(cll.CustomLevel(condition, name).configure(**probabilities))
    return cl.CustomComparison(output_column_name=field, comparison_levels=levels)
