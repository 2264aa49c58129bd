"""The baseline: plain Splink 5 with Persian keys, wide blocking and phonetic levels; then evidence about the person, what
cannot be one person, and households from shared persons and kinship. Nothing of `palayesh.linkage` is used here, so that
the baseline stands still while the product moves.

    python -m benchmarks.plain_splink [--records 100000] [--seed 101] [--without-numbers]
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pandas as pd
from rapidfuzz.distance import DamerauLevenshtein
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.scoring import cluster_score, household_score, pairs_score, true_pairs
from palayesh.synthetic.numbers import check_digits

AUTOMATIC = float(np.log2(0.95 / 0.05))
"""The match weight of a probability of 0.95, set before anything was scored."""
PRIOR_IN_A_FAMILY = float(np.log2(0.25 / 0.75))
"""Of the pairs inside one family about one in four is one person."""

# --- names -----------------------------------------------------------------------------------------------------------

_LETTERS = dict.fromkeys("يىېےئ", "ی") | dict.fromkeys("كڪ", "ک") | dict.fromkeys("ةۀەھہۂۃ", "ه")
_LETTERS |= dict.fromkeys("أإٱ", "ا") | {"ؤ": "و", "ء": "", "ـ": ""} | dict.fromkeys("\u200c\xa0-_.،,/()", " ")
_LETTERS |= dict.fromkeys("\u200d\u200e\u200f\u00ad\ufeff'’`", "")
_SPELLING = str.maketrans(_LETTERS)
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_TITLE = re.compile(r"^(?:سیده?|السید|حاجیه|حاجی?|کربلایی|مشهدی|شهید|مرحومه?|شادروان|آقای|خانم|دکتر|مهندس) (?=\S{2})")
_SAME_SOUND = str.maketrans("ثصذضظژطحغآع", "سسززززتهقاا")
_SOUND_RULES = [
    (re.compile(pattern), said)
    for pattern, said in (
        ("خوا(?=[بجرسنهم])", "خا"),
        ("نب", "مب"),
        ("^اب(?:وا|ا)?ل", "ابل"),
        ("^ابو", "اب"),
        ("دال(?=..)", "دل"),
        (r"(.)\1+", r"\1"),
        ("(?<=..)ا$", "ی"),
    )
]


def clean(name: str) -> str:
    """One spelling: letters, marks, spaces and titles settled, and no space left."""
    text = _MARKS.sub("", unicodedata.normalize("NFKC", name).translate(_SPELLING)).replace("الله", "اله")
    text = " ".join(text.split())
    while (shorter := _TITLE.sub("", text)) != text:
        text = shorter
    return text.replace(" ", "")


def sound(name: str) -> str:
    """Letters that sound alike are one letter."""
    text = clean(name).translate(_SAME_SOUND)
    for pattern, said in _SOUND_RULES:
        text = pattern.sub(said, text)
    return text


def bones(name: str) -> str:
    """The sound without its vowel letters, for blocking."""
    text = sound(name)
    return text[:1] + re.sub("[اویه]", "", text[1:])


def _mapped(column: pd.Series, key: Callable[[str], str]) -> pd.Series:
    """``key`` of each, worked out once per distinct value; nothing for an empty key."""
    codes, distinct = pd.factorize(column)
    keys = np.array([*(key(text) or None for text in distinct), None], dtype=object)
    return pd.Series(keys[codes], index=column.index, dtype="str")


def prepare(records: pd.DataFrame) -> pd.DataFrame:
    """The columns that are compared and blocked on; ``row`` is the record's position."""
    table = pd.DataFrame({"row": np.arange(len(records))})
    for name, short in (("first_name", "first"), ("last_name", "last"), ("father_name", "father")):
        column = records[name].reset_index(drop=True)
        table[short] = _mapped(column, clean)
        table[f"{short}_sound"] = _mapped(column, sound)
        table[f"{short}_bones"] = _mapped(column, bones)
    births = records["birth_date"].reset_index(drop=True)
    table["birth"], table["birth_year"] = births, births.str[:4]
    table["birth_day"] = births.where(~births.str.endswith("01/01").fillna(False).astype(bool))
    for ours, short in (("sex", "sex"), ("mobile", "phone")):
        table[short] = records[ours].reset_index(drop=True)
    table["county"] = _mapped(records["county"].reset_index(drop=True), clean)
    number = records["national_id"].reset_index(drop=True)
    number = number.where(number.str.fullmatch("[0-9]{8,10}").fillna(False).astype(bool)).str.zfill(10)
    number = number.where(~number.str.fullmatch(r"(\d)\1{9}").fillna(False).astype(bool))
    known = number.notna().to_numpy()
    right = np.zeros(len(number), dtype=bool)
    whole = number[known].astype("int64").to_numpy()
    right[known] = check_digits(whole // 10) == whole % 10
    table["number"], table["valid_number"] = number, number.where(right)
    return table


# --- the model ---------------------------------------------------------------------------------------------------------


@dataclass
class Baseline:
    """What the baseline says: labels per record (positions as in the records), pairs, and what it cost."""

    persons: np.ndarray  # after evidence about the person; the figure that others are compared with
    constrained: np.ndarray  # and after what cannot be
    scored_only: np.ndarray  # connected components of the score alone
    households: np.ndarray | None
    candidates: pd.DataFrame  # left, right
    automatic: pd.DataFrame
    review: pd.DataFrame
    seconds: dict[str, float] = field(default_factory=dict)

    def linked(self, records: pd.DataFrame) -> pd.DataFrame:
        table = pd.DataFrame({"record_id": records["record_id"].to_numpy(), "person_id": self.persons})
        return table if self.households is None else table.assign(household_id=self.households)

    def after_perfect_reviewer(self, truth: np.ndarray) -> np.ndarray:
        """The constrained clusters, joined where a review pair is truly one person."""
        said = self.review[truth[self.review["left"]] == truth[self.review["right"]]]
        heads = pd.DataFrame({"left": np.arange(len(truth)), "right": _first_of_each(self.constrained)})
        return components(len(truth), pd.concat([heads, said[["left", "right"]]]))


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()
        self.began = time.process_time()

    def totals(self) -> dict[str, float]:
        """The seconds of each step and of all by the clock, and those of the processor."""
        processor = time.process_time() - self.began
        return self.seconds | {"total": round(sum(self.seconds.values()), 2), "processor": round(processor, 2)}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = round(now - self.last, 2)
        self.last = now


def components(count: int, pairs: pd.DataFrame) -> np.ndarray:
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    return connected_components(
        coo_array((np.ones(len(left), np.int8), (left, right)), (count, count)), directed=False
    )[1]


def _first_of_each(labels: np.ndarray) -> np.ndarray:
    first = np.unique(labels, return_index=True)[1]
    return first[np.unique(labels, return_inverse=True)[1]]


def _persian_settings(*, with_numbers: bool, wide: bool):
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import block_on

    def name(column: str) -> cl.CustomComparison:
        shorter, left, right = f"least(length({column}_l), length({column}_r))", f"{column}_l", f"{column}_r"
        return cl.CustomComparison(
            output_column_name=column,
            comparison_levels=[
                cll.NullLevel(column),
                cll.ExactMatchLevel(column, term_frequency_adjustments=True),
                cll.CustomLevel(f"{column}_sound_l = {column}_sound_r", "sounds the same"),
                cll.DamerauLevenshteinLevel(column, 1),
                cll.CustomLevel(
                    f"{shorter} > 2 and (contains({left}, {right}) or contains({right}, {left}))", "part of it"
                ),
                cll.JaroWinklerLevel(column, 0.88),
                cll.ElseLevel(),
            ],
        )

    birth = cl.CustomComparison(
        output_column_name="birth",
        comparison_levels=[
            cll.NullLevel("birth"),
            cll.CustomLevel("birth_day_l = birth_day_r", "same day"),
            cll.CustomLevel(
                "birth_year_l = birth_year_r and (birth_day_l is null or birth_day_r is null)", "same year, no day"
            ),
            cll.CustomLevel("damerau_levenshtein(birth_l, birth_r) <= 1", "one slip"),
            cll.CustomLevel("birth_year_l = birth_year_r", "same year"),
            cll.CustomLevel("abs(try_cast(birth_year_l as int) - try_cast(birth_year_r as int)) <= 1", "a year apart"),
            cll.ElseLevel(),
        ],
    )
    number = cl.CustomComparison(
        output_column_name="number",
        comparison_levels=[
            cll.NullLevel("number"),
            cll.CustomLevel("valid_number_l = valid_number_r", "same valid number"),
            cll.CustomLevel("number_l = number_r", "same invalid number"),
            cll.CustomLevel(
                "(valid_number_l is null or valid_number_r is null) and damerau_levenshtein(number_l, number_r) <= 1",
                "one slip, one invalid",
            ),
            cll.ElseLevel(),
        ],
    )
    comparisons = [
        *(name(column) for column in ("first", "last", "father")),
        birth,
        cl.ExactMatch("sex"),
        cl.ExactMatch("county").configure(term_frequency_adjustments=True),
        cl.ExactMatch("phone"),
    ]
    if wide:
        blocks = [
            ("phone",),
            ("birth_day", "county"),
            ("birth_day", "substr(first_bones, 1, 2)"),
            ("birth_day", "substr(last_bones, 1, 2)"),
            ("first_bones", "last_bones", "birth_year"),
            ("first_bones", "father_bones", "birth_year", "county"),
            ("last_bones", "father_bones", "birth_year"),
            ("first_bones", "last_bones", "father_bones"),
        ]
    else:
        blocks = [
            ("first_sound", "last_sound", "birth_year"),
            ("birth_day", "first_sound"),
            ("birth_day", "last_sound"),
            ("last_sound", "father_sound", "birth_year"),
            ("phone", "first_sound"),
            ("birth_day", "county", "father_sound"),
            ("first_bones", "last_bones", "father_bones"),
        ]
    sure = [("first_sound", "last_sound", "father_sound", "birth_day"), ("phone", "first_sound", "birth_year")]
    if with_numbers:
        comparisons.append(number)
        blocks.insert(0, ("number",))
        sure.append(("valid_number", "first_sound"))
        if wide:
            blocks += [("substr(number, 1, 7)", "first_bones"), ("substr(number, 4, 7)", "first_bones")]
    free = (("birth_day", "last_sound"), ("birth_day", "first_sound"), ("first_sound", "last_sound"))
    as_rules = lambda groups: [block_on(*group) for group in groups]  # noqa: E731
    return comparisons, as_rules(blocks), as_rules(sure), as_rules(free), 0.8 if with_numbers else 0.6


def trained_linker(
    connection: duckdb.DuckDBPyConnection,
    table: pd.DataFrame,
    *,
    wide: bool,
    keep_weights: bool,
    lap: Callable[[str], object] = lambda _stage: None,
):
    """Splink's Linker on the prepared ``table``, trained as the baseline is; ``keep_weights``: predictions tell each field's weight.

    ``lap`` is told the end of each stage: prior, u, em.
    """
    from splink import DuckDBAPI, Linker, SettingsCreator

    logging.disable(logging.WARNING)  # Splink tells every step
    comparisons, blocks, sure, free, recall = _persian_settings(
        with_numbers=bool(table["number"].notna().any()), wide=wide
    )
    linker = Linker(
        DuckDBAPI(connection=connection).register(table, dataset_display_name="persons"),
        SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="row",
            comparisons=comparisons,
            blocking_rules_to_generate_predictions=blocks,
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=keep_weights,
        ),
    )
    linker.training.estimate_probability_two_random_records_match(sure, recall=recall)
    lap("prior")
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    lap("u")
    for rule in free:  # every comparison is free in at least one
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True, max_pairs=3e6
        )
    lap("em")
    return linker


def link_persian(records: pd.DataFrame, *, wide: bool = True, households: bool = True) -> Baseline:
    """Link Persian lists; national numbers are used where the records have any. ``wide`` is the wide blocking."""
    clock = _Clock()
    table = prepare(records)
    with_numbers = bool(table["number"].notna().any())
    clock.lap("prepare")
    connection = duckdb.connect()
    linker = trained_linker(connection, table, wide=wide, keep_weights=True, lap=clock.lap)
    scored = linker.inference.predict(threshold_match_probability=0.01)
    number_weight = "mw_number" if with_numbers else "0.0"
    pairs = connection.execute(
        f'select row_l as "left", row_r as "right", match_weight as weight, mw_first < 0 as first_differs, '
        f"mw_first + mw_tf_adj_first + mw_birth + mw_sex + {number_weight} as person from {scored.physical_name}"
    ).df()
    clock.lap("predict")
    scored_only = components(len(table), pairs[pairs["weight"] >= AUTOMATIC])
    clock.lap("cluster")
    automatic, review = _by_person(table, pairs)
    persons = components(len(table), automatic)
    constrained = _without_contradictions(table, records, automatic, persons)
    clock.lap("person evidence and constraints")
    homes = None
    if households and "household_code" in records:
        homes = _households(table, records, constrained)
        clock.lap("households")
    seconds = clock.totals()
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    candidates = connection.execute(
        f'select join_key_l as "left", join_key_r as "right" from {blocked.physical_name}'
    ).df()
    return Baseline(persons, constrained, scored_only, homes, candidates, automatic, review, seconds)


def _by_person(table: pd.DataFrame, pairs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs that what belongs to the person alone carries, and pairs to ask about.

    Telephone, surname, father and county lead to the family; they cannot make two records one person."""
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()

    def same(column: str) -> np.ndarray:
        codes = pd.factorize(table[column])[0]
        return (codes[left] == codes[right]) & (codes[left] >= 0)

    enough = pairs["person"] >= AUTOMATIC - PRIOR_IN_A_FAMILY
    sure = (
        (pairs["weight"] >= AUTOMATIC) & enough & (~pairs["first_differs"] | (same("valid_number") & same("birth_day")))
    )
    ask = (pairs["weight"] >= 0) & ~sure & (pairs["person"] >= -PRIOR_IN_A_FAMILY)
    return pairs[sure], pairs[ask]


def _without_contradictions(
    table: pd.DataFrame, records: pd.DataFrame, automatic: pd.DataFrame, persons: np.ndarray
) -> np.ndarray:
    """Clusters with two valid numbers, or with two different first names of one case, built again pair by pair, surest
    first, leaving out a pair that would bring the contradiction back."""
    number = table["valid_number"].astype(object).where(table["valid_number"].notna(), None).to_numpy()
    first = table["first"].astype(object).where(table["first"].notna(), None).to_numpy()
    heard = table["first_sound"].astype(object).where(table["first_sound"].notna(), None).to_numpy()
    case = _cases(records)

    def contradiction(members: list[int]) -> bool:
        if len({number[member] for member in members if number[member] is not None}) > 1:
            return True
        seen: dict[int, int] = {}
        for member in members:
            other = seen.get(case[member])
            seen[case[member]] = member
            if other is None or heard[member] is None or heard[other] is None or heard[member] == heard[other]:
                continue
            if DamerauLevenshtein.distance(first[member], first[other]) > 1:
                return True
        return False

    order = np.argsort(persons, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(persons[order]) != 0])
    broken = {
        int(persons[group[0]])
        for group in np.split(order, starts[1:])
        if len(group) > 1 and contradiction(group.tolist())
    }
    again = automatic[np.isin(persons[automatic["left"]], list(broken))].sort_values("person", ascending=False)
    result = persons.astype(np.int64) + len(persons)
    result[np.isin(persons, list(broken))] = np.flatnonzero(np.isin(persons, list(broken)))
    members: dict[int, list[int]] = {}
    for left, right in zip(again["left"].tolist(), again["right"].tolist(), strict=True):
        one, other = int(result[left]), int(result[right])
        if one == other:
            continue
        joined = members.get(one, [left]) + members.get(other, [right])
        if not contradiction(joined):
            result[joined] = one
            members[one] = joined
            members.pop(other, None)
    return np.unique(result, return_inverse=True)[1]


def _cases(records: pd.DataFrame) -> np.ndarray:
    return pd.factorize(records["list"].astype("str") + "\x1f" + records["household_code"].astype("str"))[0]


def _households(table: pd.DataFrame, records: pd.DataFrame, persons: np.ndarray) -> np.ndarray:
    """A household per record: cases joined by a shared person, a man and his child, brothers and sisters, or a telephone."""
    of = table[["first_sound", "last_sound", "father_sound", "phone", "county"]].assign(
        year=pd.to_numeric(table["birth_year"], errors="coerce"),
        case=_cases(records),
        person=persons,
        man=(records["sex"] != "زن").to_numpy(),
    )

    def joined(left: pd.DataFrame, right: pd.DataFrame, on: dict[str, str]) -> pd.DataFrame:
        left, right = left.dropna(subset=list(on)), right.dropna(subset=list(on.values()))
        both = left.merge(right, left_on=list(on), right_on=list(on.values()), suffixes=("_l", "_r"))
        return both[both["case_l"] != both["case_r"]]

    men = of[of["man"]]
    here = ["first_sound", "last_sound", "county"]
    lone = men.dropna(subset=here)
    lone = lone[lone.groupby(here)["person"].transform("nunique") == 1]
    father = {"first_sound": "father_sound", "last_sound": "last_sound"}
    edges = [joined(of[["person", "case"]], of[["person", "case"]].drop_duplicates(), {"person": "person"})]
    for fathers, place in ((men, "phone"), (lone, "county")):
        both = joined(
            fathers[["first_sound", "last_sound", place, "year", "case"]],
            of[["father_sound", "last_sound", place, "year", "case"]],
            father | {place: place},
        )
        edges.append(both[(both["year_r"] - both["year_l"]).between(15, 60)])
    kin = of[["father_sound", "last_sound", "phone", "year", "case", "person"]]
    both = joined(kin, kin, {"father_sound": "father_sound", "last_sound": "last_sound", "phone": "phone"})
    edges.append(both[((both["year_l"] - both["year_r"]).abs() <= 22) & (both["person_l"] != both["person_r"])])
    near = of[["phone", "county", "case"]].drop_duplicates()
    edges.append(joined(near, near, {"phone": "phone", "county": "county"}))
    all_edges = pd.concat([edge[["case_l", "case_r"]] for edge in edges])
    all_edges = all_edges.rename(columns={"case_l": "left", "case_r": "right"}).drop_duplicates()
    return components(int(of["case"].max()) + 1, all_edges)[of["case"].to_numpy()]


def link_latin(records: pd.DataFrame) -> Baseline:
    """Link FEBRL as Splink's own manual would: its ready comparisons, one table, a threshold of 0.95 set beforehand."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.disable(logging.WARNING)  # Splink tells every step
    clock = _Clock()
    kept = ["first_name", "last_name", "birth_date", "address", "postal_code", "county", "external_id"]
    table = records[kept].reset_index(drop=True).assign(row=np.arange(len(records)))
    lists = records["list"].nunique() if "list" in records else 1
    with_numbers = bool(table["external_id"].notna().any())
    clock.lap("prepare")

    def slips(column: str) -> cl.CustomComparison:
        levels = [cll.NullLevel(column), cll.ExactMatchLevel(column), cll.DamerauLevenshteinLevel(column, 1)]
        return cl.CustomComparison(
            output_column_name=column,
            comparison_levels=[*levels, cll.DamerauLevenshteinLevel(column, 2), cll.ElseLevel()],
        )

    comparisons = [
        cl.NameComparison("first_name"),
        cl.NameComparison("last_name"),
        slips("birth_date"),
        cl.JaroWinklerAtThresholds("address", [0.9, 0.8]),
        slips("postal_code"),
        cl.JaroWinklerAtThresholds("county", [0.9]).configure(term_frequency_adjustments=True),
    ]
    blocks = [("first_name", "last_name"), ("birth_date",), ("postal_code", "first_name"), ("postal_code", "last_name")]
    blocks += [("address",), ("county", "first_name"), ("county", "last_name")]
    sure = [("first_name", "last_name", "birth_date"), ("address", "birth_date")]
    if with_numbers:
        comparisons.append(slips("external_id"))
        blocks.append(("external_id",))
        sure.append(("external_id",))
    connection = duckdb.connect()
    api = DuckDBAPI(connection=connection)
    if lists > 1:
        of_list = records["list"].to_numpy()
        data = [
            api.register(table[of_list == name], dataset_display_name=f"list_{name}") for name in np.unique(of_list)
        ]
    else:
        data = api.register(table, dataset_display_name="persons")
    linker = Linker(
        data,
        SettingsCreator(
            link_type="link_only" if lists > 1 else "dedupe_only",
            unique_id_column_name="row",
            comparisons=comparisons,
            blocking_rules_to_generate_predictions=[block_on(*block) for block in blocks],
            retain_matching_columns=False,
        ),
    )
    linker.training.estimate_probability_two_random_records_match([block_on(*block) for block in sure], recall=0.8)
    clock.lap("prior")
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    clock.lap("u")
    for free in (("birth_date",), ("first_name", "last_name"), ("postal_code",)):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*free))
    clock.lap("em")
    scored = linker.inference.predict(threshold_match_probability=0.01)
    pairs = connection.execute(
        f'select row_l as "left", row_r as "right", match_weight as weight from {scored.physical_name}'
    ).df()
    clock.lap("predict")
    automatic = pairs[pairs["weight"] >= AUTOMATIC]
    persons = components(len(table), automatic)
    clock.lap("cluster")
    seconds = clock.totals()
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    keys = ["join_key_l", "join_key_r"]
    candidates = connection.execute(f"select {', '.join(keys)} from {blocked.physical_name}").df()
    candidates = candidates.map(lambda key: int(str(key).rsplit("-__-", 1)[-1])).set_axis(["left", "right"], axis=1)
    return Baseline(persons, persons, persons, None, candidates, automatic, pairs[:0], seconds)


def figures_of(records: pd.DataFrame, baseline: Baseline) -> dict[str, object]:
    """The baseline's figures against the truth in ``records``."""
    truth = records["person_id"].to_numpy()
    pairs = baseline.candidates
    met = pairs_score(pairs["left"].to_numpy(), pairs["right"].to_numpy(), truth)
    automatic = baseline.automatic
    figures: dict[str, object] = {
        "records": len(records),
        "true_pairs": true_pairs(truth),
        "candidate_pairs_per_record": round(len(pairs) / len(records), 3),
        "blocking_recall": round(met.recall, 4),
        "automatic_pairs": pairs_score(automatic["left"].to_numpy(), automatic["right"].to_numpy(), truth).as_dict(),
        "clusters_scored_only": cluster_score(baseline.scored_only, truth).as_dict(),
        "clusters": cluster_score(baseline.persons, truth).as_dict(),
        "clusters_constrained": cluster_score(baseline.constrained, truth).as_dict(),
        "review_pairs_per_record": round(len(baseline.review) / len(records), 4),
        "after_perfect_reviewer": cluster_score(baseline.after_perfect_reviewer(truth), truth).as_dict(),
        "seconds": baseline.seconds,
    }
    if baseline.households is not None:
        figures["households"] = household_score(records, baseline.households).as_dict()
    return figures


def main() -> None:
    from benchmarks.persian_lists import persian_lists

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--without-numbers", action="store_true")
    arguments = parser.parse_args()
    records = persian_lists(arguments.records, arguments.seed, with_numbers=not arguments.without_numbers)
    print(json.dumps(figures_of(records, link_persian(records)), indent=1))


if __name__ == "__main__":
    main()
