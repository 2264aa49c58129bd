"""Mentions → persons, households, questions for people, and ids that stay. The order of the tiers is here, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from palayesh.findings import Finding, Refusal, Severity
from palayesh.linkage import estimate
from palayesh.linkage.asked import Asked, between_mentions, lifted_to
from palayesh.linkage.bars import IMPOSSIBLE, SAME_FAMILY, SURELY_FAMILY
from palayesh.linkage.cluster import Facts, NameJudge, cluster, components, log_odds
from palayesh.linkage.decide import among_namesakes, decide, speaks_for_itself
from palayesh.linkage.exact import exact_edges, facts_of, judge_of, same_number_other_name
from palayesh.linkage.golden_record import golden_provenance, golden_records, survivors
from palayesh.linkage.households import join_households
from palayesh.linkage.ids import assign_ids, identity_keys, kept_numbers, key_numbers, surest_keys
from palayesh.linkage.mention_records import most_voted
from palayesh.linkage.settings import LinkageSettings
from palayesh.linkage.standardise import standardise_mentions
from palayesh.linkage.table import inner_pairs
from palayesh.linkage.weigh import Families, Month, month_pairs, united, weighed, with_bits, without
from palayesh.persian_text import format_number

_ROUNDS = 2
LEDGER_COLUMNS = ("entity", "identity_key", "id")
JUDGEMENT_COLUMNS = ("identity_key_l", "identity_key_r", "judgement")


@dataclass(frozen=True)
class Linked:
    """What linkage hands on; columns in docs/contracts.md 3. ``review_pairs`` also has ``identity_key_l`` and ``_r``, by which a
    judgement is kept. ``identity_keys``: ``mention_id``, ``identity_key``, the surest key of each mention, by which judgements outlive
    the month."""

    linked_mentions: pd.DataFrame
    linked_persons: pd.DataFrame
    linked_households: pd.DataFrame
    household_members: pd.DataFrame
    review_pairs: pd.DataFrame
    identity_keys: pd.DataFrame
    golden_provenance: pd.DataFrame
    id_ledger: pd.DataFrame
    id_events: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


def link(
    mentions: pd.DataFrame, *, previous: pd.DataFrame, judgements: pd.DataFrame, settings: LinkageSettings
) -> Linked:
    """Say which mentions are one person and which persons one household.

    ``previous``: last month's ``id_ledger`` or an empty frame. ``judgements``: ``identity_key_l``, ``identity_key_r``, ``judgement``
    (same, different, unsure), in the order they were given; the last of a pair holds. Judgements outrank every rule. The result
    does not depend on the order of rows or on the number of threads. Raises Refusal if judgements contradict each other.
    """
    model = settings.model
    table = standardise_mentions(mentions)
    keys = identity_keys(table)
    must, apart, unsure = judged_nodes(judgements, keys, len(table))
    judge = judge_of(table["first"])
    facts = facts_of(table, judge, apart)

    exact_label, exact_refused = cluster(len(table), exact_edges(table, judge), facts, must)
    record_of = np.unique(exact_label, return_inverse=True)[1].astype(np.int64)
    persons = _probable_persons(table, record_of, facts, must, settings)

    person = np.unique(persons.label[persons.found_of], return_inverse=True)[1].astype(np.int64)
    surviving = survivors(table, person)
    golden = golden_records(table, person, surviving)
    # Households compare what persons are compared by: the same forms, of the person's own values.
    comparable = golden.assign(
        first=most_voted(person, table["first"]).reindex(golden.index).astype("str"),
        first_sound=most_voted(person, table["first_sound"]).reindex(golden.index).astype("str"),
        last_sound=most_voted(person, table["last_sound"]).reindex(golden.index).astype("str"),
        father_sound=most_voted(person, table["father_sound"]).reindex(golden.index).astype("str"),
        year=golden["birth_year"],
    )
    households = join_households(table.assign(person=person), comparable, _of_one_family(persons), judge, model)

    person_ids, person_ledger, person_events = assign_ids(
        keys.assign(cluster=person[keys["node"].to_numpy()]),
        count=len(golden),
        previous=_ledger(previous),
        entity="person",
        prefix="P",
        month=settings.month,
    )
    household_ids, household_ledger, household_events = assign_ids(
        _household_keys(table, person, households.household, person_ids, person_events),
        count=int(households.household.max(initial=-1)) + 1,
        previous=_ledger(previous),
        entity="household",
        prefix="H",
        month=settings.month,
    )
    surest = surest_keys(keys)
    others = same_number_other_name(table, judge, households.household[person])
    asked = Asked(
        table, surest, persons.found_of, persons.pairs, persons.refused, persons.joined, person, person_ids, model
    )
    review = pd.concat(
        [
            asked.uncertain(pd.concat([exact_refused, others]), apart, unsure),
            asked.joined_by_lot(must, settings.sampled_joins, settings.month),
        ],
        ignore_index=True,
    )
    findings = _findings(households.refused_large)
    return Linked(
        linked_mentions=_linked_mentions(
            table, record_of, person, persons.probability, person_ids, household_ids, households.household
        ),
        linked_persons=_linked_persons(golden, person_ids),
        linked_households=_linked_households(table, golden, person, households.household, household_ids),
        household_members=_household_members(golden, households.members, person_ids, household_ids),
        review_pairs=review,
        identity_keys=pd.DataFrame({"mention_id": table["mention_id"], "identity_key": surest}),
        golden_provenance=golden_provenance(table, surviving, person_ids),
        id_ledger=pd.concat([household_ledger, person_ledger], ignore_index=True),
        id_events=pd.concat([household_events, person_events], ignore_index=True),
        findings=findings,
    )


def judged_nodes(
    judgements: pd.DataFrame, keys: pd.DataFrame, count: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Pairs of mentions (``l``, ``r``, positions) judged the same, different and unsure.

    Raises Refusal when mentions judged different are also judged, through others, the same.
    """
    nothing = pd.DataFrame({"l": pd.Series(dtype="int64"), "r": pd.Series(dtype="int64")})
    if judgements.empty:
        return nothing, nothing, nothing
    given = judgements[list(JUDGEMENT_COLUMNS)].astype("str")
    ends = np.sort(given[["identity_key_l", "identity_key_r"]].to_numpy(dtype=object), axis=1)
    given = given.assign(one=ends[:, 0], other=ends[:, 1]).drop_duplicates(["one", "other"], keep="last")
    given = given.assign(one=kept_numbers(given["one"]), other=kept_numbers(given["other"]))
    nodes = keys[["key", "node"]]
    placed = given.merge(nodes.rename(columns={"key": "one", "node": "l"}), on="one")
    placed = placed.merge(nodes.rename(columns={"key": "other", "node": "r"}), on="other")
    placed = placed[placed["l"] != placed["r"]]
    same, different, unsure = (
        placed.loc[placed["judgement"].eq(answer), ["l", "r"]].drop_duplicates(ignore_index=True)
        for answer in ("same", "different", "unsure")
    )
    together = components(count, same["l"].to_numpy(), same["r"].to_numpy())
    contradicted = together[different["l"].to_numpy()] == together[different["r"].to_numpy()]
    if contradicted.any():
        raise Refusal(
            "contradicting_judgements",
            f"{format_number(int(contradicted.sum()))} داوری با داوری‌های دیگر نمی‌سازد: "
            f"دو نفری که «متفاوت» دانسته شده‌اند از راه دیگر «یکی» شده‌اند. یکی از آن‌ها را پس بگیرید.",
            f"{int(contradicted.sum())} judgements contradict others: mentions judged different are judged the same through others. "
            "Withdraw one of them.",
        )
    return same, different, unsure


@dataclass(frozen=True)
class _Persons:
    """What each mention was found to be of by what speaks for itself (``found_of``), and the person of each of these (``label``).

    ``pairs`` of them as they were weighed at last, and those ``refused``; ``joined``: all accepted pairs, between mentions;
    ``probability``: with which each mention was joined, where it was.
    """

    found_of: np.ndarray
    label: np.ndarray
    pairs: pd.DataFrame
    refused: pd.DataFrame
    joined: pd.DataFrame
    probability: np.ndarray


def _probable_persons(
    table: pd.DataFrame, record_of: np.ndarray, facts: Facts, must: pd.DataFrame, settings: LinkageSettings
) -> _Persons:
    """Persons out of the exact tier's records: first those that speak for themselves, then, by all that is known of these, the rest."""
    model = settings.model
    with Month(table, record_of, facts.judge, settings) as month:
        families = Families.of(table)
        kin = families.kin(record_of, model)
        left, right = united(
            month.count, month_pairs(month.records, model.largest_block), kin.pairs(model.largest_block)
        )
        sample = month.sample(left, right)
        with_kin = estimate.with_field(sample, kin.levels(left, right))
        first = decide(weighed(left, right, with_kin, month.weights), model)
        first = with_bits(first[first["is_accepted"] & speaks_for_itself(first)], with_kin, month.weights)
        label, _ = cluster(month.count, _edges(first), facts.lifted(record_of), lifted_to(must, record_of))
        best = _best(first, month.count)[record_of]

        found = np.unique(label, return_inverse=True)[1].astype(np.int64)
        found_of = found[record_of]
        left, right, sample = month.gathered(found, found_of, left, right, sample)
        lifted, must_found = facts.lifted(found_of), lifted_to(must, found_of)
        # Whoever is found makes kin known, by whom others are found.
        label = np.arange(month.count)
        for _ in range(_ROUNDS):
            before = label
            kin = families.kin(label[found_of], model)
            with_kin = estimate.with_field(sample, kin.levels(label[left], label[right]))
            pairs = decide(weighed(left, right, with_kin, month.weights), model)
            pairs = among_namesakes(pairs, month.records, label, model)
            edges = _edges(pairs[pairs["is_accepted"]])
            label, refused = cluster(month.count, edges, lifted, must_found)
            if np.array_equal(label, before):
                break
        pairs = with_bits(pairs, with_kin, month.weights)

        # What hangs together through others, and by itself cannot be one person, is kept apart.
        whole = components(month.count, edges["l"].to_numpy(), edges["r"].to_numpy())
        inner = without(month.count, inner_pairs(whole), (left, right))
        inner_sample = estimate.with_field(month.sample(*inner), kin.levels(label[inner[0]], label[inner[1]]))
        chances = ["l", "r", "match_probability", "family_probability"]
        every = pd.concat([pairs[chances], weighed(*inner, inner_sample, month.weights)[chances]], ignore_index=True)
    unlikely = every["match_probability"].lt(IMPOSSIBLE) | every["family_probability"].gt(SURELY_FAMILY)
    apart = every.loc[unlikely & (whole[every["l"]] == whole[every["r"]]), ["l", "r"]]
    if len(apart):
        lifted = replace(lifted, apart=pd.concat([lifted.apart, apart], ignore_index=True))
        label, refused = cluster(month.count, edges, lifted, must_found)
    accepted = pairs[pairs["is_accepted"]]
    best = np.maximum(best, _best(accepted, month.count)[found_of])
    joined = [between_mentions(first, table, record_of), between_mentions(accepted, table, found_of)]
    return _Persons(found_of, label, pairs, refused, pd.concat(joined, ignore_index=True), best)


def _of_one_family(persons: _Persons) -> pd.DataFrame:
    """``l``, ``r``: mentions of pairs that are surely of one person or one family, one mention for each side."""
    first_of = np.unique(persons.found_of, return_index=True)[1]
    sure = persons.pairs[["match_probability", "family_probability"]].sum(axis="columns").ge(SAME_FAMILY)
    return lifted_to(persons.pairs[sure], first_of)


def _best(accepted: pd.DataFrame, count: int) -> np.ndarray:
    """The highest probability of each record's accepted pairs; 0 where it has none."""
    best = np.zeros(count)
    for side in ("l", "r"):
        np.maximum.at(best, accepted[side].to_numpy(), accepted["match_probability"].to_numpy())
    return best


def _edges(pairs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"l": pairs["l"], "r": pairs["r"], "strength": log_odds(pairs["match_probability"].to_numpy())})


def _ledger(previous: pd.DataFrame) -> pd.DataFrame:
    if previous.empty:
        return pd.DataFrame({column: pd.Series(dtype="str") for column in LEDGER_COLUMNS})
    return previous[list(LEDGER_COLUMNS)]


def _household_keys(
    table: pd.DataFrame,
    person: np.ndarray,
    household: np.ndarray,
    person_ids: ExtensionArray,
    person_events: pd.DataFrame,
) -> pd.DataFrame:
    """What names a household again: its members and the families' keys. Who was merged away this month still names his own."""
    merged = person_events[person_events["kind"].eq("merged")]
    of_heir = pd.Series(household, index=person_ids).reindex(merged["id"])
    families = table["family_key"].dropna()
    keys = pd.concat(["person:" + pd.Series(person_ids), "person:" + merged["other_id"], "family:" + families])
    of_family = household[person[families.index]]
    return pd.DataFrame({"cluster": np.concatenate([household, of_heir, of_family]), "key": key_numbers(keys)})


def _linked_mentions(
    table: pd.DataFrame,
    record_of: np.ndarray,
    person: np.ndarray,
    probability: np.ndarray,
    person_ids: ExtensionArray,
    household_ids: ExtensionArray,
    household: np.ndarray,
) -> pd.DataFrame:
    in_record = np.bincount(record_of)[record_of]
    in_person = np.bincount(person)[person]
    tier = np.where(in_record > 1, "exact", np.where(in_person > 1, "probabilistic", "single"))
    is_weighed = (tier == "probabilistic") & (probability > 0)
    return pd.DataFrame(
        {
            "mention_id": table["mention_id"],
            "record_id": table["record_id"],
            "list_key": table["list_key"],
            "role": table["role"],
            "person_id": person_ids.take(person),
            "household_id": household_ids.take(household[person]),
            "tier": pd.array(tier, dtype="str"),
            "match_probability": np.where(is_weighed, probability, 1.0).round(6),
        }
    )


def _linked_persons(golden: pd.DataFrame, person_ids: ExtensionArray) -> pd.DataFrame:
    persons = golden.assign(person_id=person_ids)
    columns = [
        "person_id", "first_name", "last_name", "father_name", "national_id", "birth_date", "birth_year", "sex", "county",
        "is_prisoner", "mention_count",
    ]  # fmt: skip
    return persons[columns].sort_values("person_id", ignore_index=True)


def _household_members(
    golden: pd.DataFrame, members: pd.DataFrame, person_ids: ExtensionArray, household_ids: ExtensionArray
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "household_id": household_ids.take(members["household"].to_numpy()),
            "person_id": person_ids.take(members["person"].to_numpy()),
            "relation": members["relation"],
            "is_prisoner": golden["is_prisoner"].to_numpy(),
        }
    )
    table["is_prisoner"] = table["is_prisoner"].astype("boolean")
    table["is_resident"] = ~table["is_prisoner"]
    return table.sort_values(["household_id", "person_id"], ignore_index=True)


def _linked_households(
    table: pd.DataFrame, golden: pd.DataFrame, person: np.ndarray, household: np.ndarray, household_ids: ExtensionArray
) -> pd.DataFrame:
    every = pd.RangeIndex(len(household_ids))
    prisoner = golden["is_prisoner"].to_numpy(dtype=bool)
    households = pd.DataFrame(
        {
            "household_id": household_ids,
            "county": most_voted(household[person], table["county"]).reindex(every).astype("str"),
            "resident_count": pd.array(np.bincount(household[~prisoner], minlength=len(every)), dtype="Int64"),
            "prisoner_count": pd.array(np.bincount(household[prisoner], minlength=len(every)), dtype="Int64"),
        }
    )
    return households.sort_values("household_id", ignore_index=True)


def _findings(refused_large: int) -> list[Finding]:
    if not refused_large:
        return []
    return [
        Finding(
            code="household_too_large",
            severity=Severity.WARN,
            count=refused_large,
            sentence_fa=f"{format_number(refused_large)} پیوند خانوار انجام نشد، چون خانوار بیش از اندازه بزرگ می‌شد؛ "
            "کدهای خانوار و تلفن‌های مشترک را بازبینی کنید.",
            sentence_en=f"{refused_large} joins of households were not made: the household would have grown too large. "
            "Look at shared family codes and phones.",
        )
    ]


__all__ = ["Linked", "NameJudge", "judged_nodes", "link"]
