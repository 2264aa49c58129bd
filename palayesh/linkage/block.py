"""Candidate pairs: which records are compared at all. Every rule is an equality, so that pairs grow nearly with rows."""

from __future__ import annotations

from splink import block_on
from splink.blocking_rule_library import CustomRule


def blocking_rules() -> list[object]:
    """Rules in order; a pair that several rules find is compared once.

    The number, the birth day and rare family circumstances (phone, a relative in common) stand alone; names are blocked by
    sound or skeleton together with something that divides them further.
    """
    both_have = "least(length(l.number), length(r.number)) = 10"
    return [
        block_on("number"),
        block_on("birth_day", "first_skeleton"),
        block_on("birth_day", "last_skeleton"),
        block_on("first_skeleton", "last_skeleton", "year"),
        block_on("last_sound", "father_sound", "year"),
        block_on("first_sound", "last_sound", "father_sound"),
        block_on("first_skeleton", "father_sound", "year", "county"),
        block_on("phone_list", arrays_to_explode=["phone_list"]),
        block_on("kin", arrays_to_explode=["kin"]),
        block_on("prisoner_name"),
        CustomRule(
            "l.first_sound = r.first_sound and l.last_sound = r.last_sound and l.county = r.county"
            " and (l.year is null or r.year is null)"
        ),
        CustomRule(
            f"substr(l.number, 1, 5) = substr(r.number, 1, 5) and l.first_skeleton = r.first_skeleton and {both_have}"
        ),
        CustomRule(
            f"substr(l.number, 6, 5) = substr(r.number, 6, 5) and l.first_skeleton = r.first_skeleton and {both_have}"
        ),
    ]
