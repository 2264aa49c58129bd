"""How good a linkage is against the truth: counts and shares only, one row per measure, and nobody's data in them.

Two questions are kept apart. *Pairs* weigh a person by the square of his mentions; *B-cubed* (Bagga, Baldwin 1998) asks each
mention how pure and how whole its cluster is, so that a person with two mentions counts as much as one with eight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from palayesh.linkage.cluster import components
from palayesh.linkage.ids import resolve_ids

MEASURE_COLUMNS = ("area", "part", "measure", "value", "count")
BINS = 10
Row = tuple[str, str, str, float, int]
"""One measure, in the order of MEASURE_COLUMNS."""
NAMED_BESIDE = ("prisoner", "head", "spouse")
"""Roles whose columns bear their name: ``head_name``, ``head_national_id``."""
_FIELD_OF_COLUMN = {
    "first_name": "name",
    "last_name": "name",
    "father_name": "father",
    "prisoner_name": "name",
    "head_name": "name",
    "spouse_name": "name",
    "national_id": "number",
    "prisoner_national_id": "number",
    "head_national_id": "number",
    "spouse_national_id": "number",
    "birth_date": "birth",
    "sex": "sex",
    "county": "county",
    "mobile": "phone",
    "relation": "relation",
    "household_ref": "family_code",
    "household_code": "family_code",
}
"""What linkage reads of a list. Damage to anything else cannot move a link."""


@dataclass(frozen=True)
class Accuracy:
    """Shares between 0 and 1."""

    precision: float
    recall: float
    f1: float


def _accuracy(precision: float, recall: float) -> Accuracy:
    return Accuracy(precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def _pairs(*labels: pd.Series) -> int:
    """Pairs of rows that agree in every label."""
    return _pairs_of(_codes(*labels))


def _codes(*labels: pd.Series) -> np.ndarray:
    """A number for each distinct combination of labels."""
    codes = np.zeros(len(labels[0]), dtype=np.int64)
    for label in labels:
        own = pd.factorize(label.to_numpy(dtype=object))[0]
        codes = np.unique(codes * (len(own) + 1) + own, return_inverse=True)[1]
    return codes


def _pairs_of(codes: np.ndarray) -> int:
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, dtype=np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def pairwise_accuracy(found: pd.Series, truth: pd.Series) -> Accuracy:
    """Precision, recall and F1 of the pairs that ``found`` puts together, against those of ``truth`` (same order of rows).

    With nothing found, precision is 1; with nothing to find, recall is 1.
    """
    both, said, true = _pairs(found, truth), _pairs(found), _pairs(truth)
    return _accuracy(both / said if said else 1.0, both / true if true else 1.0)


def cluster_accuracy(found: pd.Series, truth: pd.Series) -> Accuracy:
    """B-cubed precision, recall and F1 of the clusters ``found`` against ``truth`` (same order of rows)."""
    if found.empty:
        return Accuracy(1.0, 1.0, 1.0)
    cells = _cells(found, truth)
    total = cells["both"].sum()
    square = cells["both"].astype("float64") ** 2
    return _accuracy(
        float((square / cells["found_size"]).sum() / total), float((square / cells["true_size"]).sum() / total)
    )


def exactly_right(found: pd.Series, truth: pd.Series) -> tuple[int, int]:
    """(true clusters that are one found cluster with nobody else in it, all true clusters)."""
    cells = _cells(found, truth)
    whole = cells["both"].eq(cells["found_size"]) & cells["both"].eq(cells["true_size"])
    return int(whole.sum()), int(truth.nunique())


def _cells(found: pd.Series, truth: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"found": found.to_numpy(), "true": truth.to_numpy()})
    cells = table.value_counts().rename("both").reset_index()
    cells["found_size"] = cells.groupby("found")["both"].transform("sum")
    cells["true_size"] = cells.groupby("true")["both"].transform("sum")
    return cells


@dataclass(frozen=True)
class Judged:
    """A linkage with the truth beside it; everything that `evaluate` needs.

    ``mentions``: ``mention_id``, ``person_id``, ``household_id``, ``tier``, ``match_probability``, ``true_person``, ``true_household``.
    ``review``: ``mention_id_l``, ``mention_id_r``, ``match_probability``, ``kind``. ``people``: ``true_person``,
    ``true_household``, ``relation`` (to the prisoner), ``birth_date``, ``name`` (any text by which namesakes are equal).
    ``damage``: ``mention_id``, ``kind``. ``without_truth``: mentions of which the truth says nothing; ``not_linked``: true
    records that no mention stands for (set aside, or held with their file). With a column ``case`` (one list's own family)
    in ``mentions``, households are also measured by pairs of cases.
    """

    mentions: pd.DataFrame
    review: pd.DataFrame
    people: pd.DataFrame
    damage: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"mention_id": [], "kind": []}, dtype="str"))
    without_truth: int = 0
    not_linked: int = 0


def evaluate(judged: Judged) -> pd.DataFrame:
    """Every measure of a linkage: ``area``, ``part``, ``measure``, ``value``, ``count`` (what it was measured on)."""
    mentions = judged.mentions.reset_index(drop=True)
    rows: list[Row] = [
        ("account", "", "mentions", len(mentions), len(mentions)),
        ("account", "", "mentions_without_truth", judged.without_truth, len(mentions) + judged.without_truth),
        ("account", "", "records_not_linked", judged.not_linked, len(mentions) + judged.not_linked),
    ]
    for area, found, true in (
        ("persons", mentions["person_id"], mentions["true_person"]),
        ("households", mentions["household_id"], mentions["true_household"]),
    ):
        rows += _agreement(area, found, true)
    rows += _pairs_of_cases(mentions)
    rows += _by_damage(mentions, judged.damage)
    rows += _calibration(mentions, judged.review)
    rows += _review_queue(mentions, judged.review)
    rows += _wrongly_joined(mentions, judged.people)
    return pd.DataFrame(rows, columns=list(MEASURE_COLUMNS)).astype(
        {"area": "str", "part": "str", "measure": "str", "value": "float64", "count": "int64"}
    )


def rows_of(measures: pd.DataFrame) -> list[Row]:
    """The measures one by one, in their order."""
    return list(zip(*(measures[column].tolist() for column in MEASURE_COLUMNS), strict=True))


def value_of(measures: pd.DataFrame, area: str, part: str, measure: str) -> float:
    """One measure. Raises KeyError if it was not measured."""
    chosen = measures[measures["area"].eq(area) & measures["part"].eq(part) & measures["measure"].eq(measure)]
    if chosen.empty:
        raise KeyError(f"{area}/{part}/{measure}")
    return float(chosen["value"].iloc[0])


def _agreement(area: str, found: pd.Series, true: pd.Series) -> list[Row]:
    rows: list[Row] = []
    parts = (("pairs", pairwise_accuracy(found, true)), ("clusters", cluster_accuracy(found, true)))
    counts = {
        "pairs": {"precision": _pairs(found), "recall": _pairs(true), "f1": _pairs(true)},
        "clusters": dict.fromkeys(("precision", "recall", "f1"), len(found)),
    }
    for part, accuracy in parts:
        for measure in ("precision", "recall", "f1"):
            rows.append((area, part, measure, getattr(accuracy, measure), counts[part][measure]))
    right, every = exactly_right(found, true)
    cells = _cells(found, true)
    split = int(cells.groupby("true")["found"].size().gt(1).sum())
    mixed = int(cells.groupby("found")["true"].size().gt(1).sum())
    rows.append((area, "clusters", "exactly_right", right / every if every else 1.0, every))
    rows.append((area, "clusters", "split", split, every))
    rows.append((area, "clusters", "mixed", mixed, int(found.nunique())))
    return rows


def _pairs_of_cases(mentions: pd.DataFrame) -> list[Row]:
    """Families of single lists that are one household; a case is where most of its mentions are."""
    if "case" not in mentions:
        return []

    def of_case(column: str) -> pd.Series:
        counts = mentions.dropna(subset=["case"]).groupby(["case", column]).size().rename("count").reset_index()
        counts = counts.sort_values(["case", "count", column], ascending=[True, False, True], kind="stable")
        return counts.drop_duplicates("case").set_index("case")[column]

    found, true = of_case("household_id"), of_case("true_household")
    accuracy = pairwise_accuracy(found, true.reindex(found.index))
    counts = {"precision": _pairs(found), "recall": _pairs(true), "f1": _pairs(true)}
    return [
        ("households", "cases", measure, getattr(accuracy, measure), counts[measure])
        for measure in ("precision", "recall", "f1")
    ]


@dataclass(frozen=True)
class Churn:
    """What became of ids from one month to the next: true persons ``present`` in both months; those whose id ``changed``; and old ids
    of theirs that lead to nobody of the new month, aliases included (``lost``)."""

    present: int
    changed: int
    lost: int

    @property
    def changed_share(self) -> float:
        return self.changed / self.present if self.present else 0.0


def id_churn(before: pd.DataFrame, now: pd.DataFrame, aliases: pd.DataFrame) -> Churn:
    """``before``, ``now``: mentions with ``person_id`` and ``true_person``; ``aliases``: as of the new month. A true person's id is that
    of most of his mentions; an alias that leads to it is a change all the same."""

    def id_of(mentions: pd.DataFrame) -> pd.Series:
        counts = mentions.groupby(["true_person", "person_id"]).size().rename("count").reset_index()
        counts = counts.sort_values(["true_person", "count", "person_id"], ascending=[True, False, True])
        return counts.drop_duplicates("true_person").set_index("true_person")["person_id"]

    both = pd.concat([id_of(before).rename("before"), id_of(now).rename("now")], axis=1, join="inner")
    old = before.loc[before["true_person"].isin(both.index), "person_id"].drop_duplicates()
    known = resolve_ids(old, aliases, entity="person").isin(now["person_id"])
    return Churn(len(both), int(both["before"].ne(both["now"]).sum()), int((~known).sum()))


# --- by kind of damage ---------------------------------------------------------------------------------------------


def damage_of_mentions(mentions: pd.DataFrame, damage: pd.DataFrame) -> pd.DataFrame:
    """``mention_id``, ``kind`` (``field/kind``): which mention each damaged cell, row or file belongs to.

    ``mentions``: ``mention_id``, ``file``, ``row``, ``member``, ``role``; ``damage``: ``file``, ``row`` (0: the whole file),
    ``member``, ``column``, ``kind``. Columns that linkage does not read are left out.
    """
    whole = damage[damage["row"].eq(0)]
    of_file = mentions[["mention_id", "file"]].merge(whole[["file", "kind"]], on="file")
    cells = damage[damage["row"].gt(0)]
    named = cells["column"].map(_FIELD_OF_COLUMN).where(cells["column"].ne(""), "row")
    owner = cells["column"].map(_role_of_column)
    cells = cells.assign(field=named, owner=owner)[named.notna()]
    placed = mentions[["mention_id", "file", "row", "member", "role"]].merge(cells, on=["file", "row", "member"])
    # Where a list is about the prisoner, what stands beside his name is his; else it is the subject's.
    has_subject = placed.groupby(["file", "row", "member"])["role"].transform(lambda roles: roles.eq("subject").any())
    subject = placed["role"].eq("subject") | (~has_subject & placed["role"].eq("prisoner"))
    # A code or a repeated line is everybody's on it; a cell is the one's whom its column names.
    everybody = placed["field"].isin(["row", "family_code"])
    kept = placed[everybody | placed["role"].eq(placed["owner"]) | (placed["owner"].eq("subject") & subject)]
    parts = [
        pd.DataFrame({"mention_id": of_file["mention_id"], "kind": "file/" + of_file["kind"]}),
        pd.DataFrame({"mention_id": kept["mention_id"], "kind": kept["field"] + "/" + kept["kind"]}),
    ]
    found = pd.concat(parts, ignore_index=True).drop_duplicates()
    return found.sort_values(["mention_id", "kind"], ignore_index=True).astype("str")


def _role_of_column(column: str) -> str:
    role = column.partition("_")[0]
    return role if role in NAMED_BESIDE else "subject"


def _by_damage(mentions: pd.DataFrame, damage: pd.DataFrame) -> list[Row]:
    """Pairs of which one mention at least has the damage; ``none`` is of mentions without any cell or row damaged."""
    found, true = _codes(mentions["person_id"]), _codes(mentions["true_person"])
    together = _codes(mentions["person_id"], mentions["true_person"])
    of_cells = damage[~damage["kind"].str.startswith("file/")]
    groups = {"none": ~mentions["mention_id"].isin(of_cells["mention_id"]).to_numpy()}
    for kind, of_kind in damage.groupby("kind")["mention_id"]:
        groups[str(kind)] = mentions["mention_id"].isin(of_kind).to_numpy()
    rows: list[Row] = []
    for kind, hit in groups.items():
        # Pairs that touch the damaged: all pairs less those among the others. Among the undamaged: themselves only.
        both, said, to_find = (
            _pairs_of(codes[hit]) if kind == "none" else _pairs_of(codes) - _pairs_of(codes[~hit])
            for codes in (together, found, true)
        )
        accuracy = _accuracy(both / said if said else 1.0, both / to_find if to_find else 1.0)
        rows.append(("damage", kind, "mentions", int(hit.sum()), len(mentions)))
        rows.append(("damage", kind, "precision", accuracy.precision, said))
        rows.append(("damage", kind, "recall", accuracy.recall, to_find))
        rows.append(("damage", kind, "f1", accuracy.f1, to_find))
    return rows


# --- calibration ---------------------------------------------------------------------------------------------------


def calibration(predicted: pd.Series, outcome: pd.Series) -> tuple[pd.DataFrame, float, float]:
    """(``bin``, ``predicted``, ``true``, ``count`` of ten equal bins, Brier score, expected calibration error)."""
    number = np.minimum((predicted.to_numpy(dtype=float) * BINS).astype(int), BINS - 1)
    table = pd.DataFrame({"bin": number, "predicted": predicted.to_numpy(), "true": outcome.to_numpy(dtype=float)})
    grouped = table.groupby("bin")
    bins = grouped[["predicted", "true"]].mean().assign(count=grouped.size()).reindex(range(BINS))
    bins["count"] = bins["count"].fillna(0).astype("int64")
    if table.empty:
        return bins.reset_index(), 0.0, 0.0
    brier = float(((table["predicted"] - table["true"]) ** 2).mean())
    gaps = (bins["predicted"] - bins["true"]).abs() * bins["count"]
    return bins.reset_index(), brier, float(gaps.sum() / len(table))


def _calibration(mentions: pd.DataFrame, review: pd.DataFrame) -> list[Row]:
    """Every probability that was said: of the questions in review, and of the mentions linked by weight.

    A linked mention is right in so far as the other mentions of its person are of the same true person.
    """
    linked = mentions[mentions["tier"].eq("probabilistic")]
    size = mentions["person_id"].value_counts()
    same = mentions.groupby(["person_id", "true_person"])["mention_id"].transform("size").loc[linked.index] - 1
    others = linked["person_id"].map(size) - 1
    asked = _asked(mentions, review)
    asked = asked[asked["kind"].eq("uncertain")]
    predicted = pd.concat([linked["match_probability"], asked["match_probability"]], ignore_index=True)
    outcome = pd.concat([same / others, asked["is_same"].astype("float64")], ignore_index=True)
    known = outcome.notna() & predicted.notna()
    bins, brier, error = calibration(predicted[known], outcome[known])
    rows: list[Row] = []
    columns = (bins[column].tolist() for column in ("bin", "predicted", "true", "count"))
    for number, mean, true, count in zip(*columns, strict=True):
        part = f"{number / BINS:.1f}–{(number + 1) / BINS:.1f}"
        rows.append(("calibration", part, "predicted", mean, count))
        rows.append(("calibration", part, "true", true, count))
    total = int(known.sum())
    return [
        *rows,
        ("calibration", "", "brier_score", brier, total),
        ("calibration", "", "calibration_error", error, total),
    ]


# --- the review queue ----------------------------------------------------------------------------------------------


def _asked(mentions: pd.DataFrame, review: pd.DataFrame) -> pd.DataFrame:
    true = mentions.set_index("mention_id")["true_person"]
    left, right = review["mention_id_l"].map(true), review["mention_id_r"].map(true)
    known = left.notna() & right.notna()
    return review.assign(is_same=left.eq(right))[known]


def after_perfect_review(mentions: pd.DataFrame, review: pd.DataFrame) -> pd.Series:
    """The person of each mention (a number) once every question is answered rightly: what is the same is joined."""
    codes, distinct = pd.factorize(mentions["person_id"])
    asked = _asked(mentions, review)
    same = asked[asked["is_same"]]
    of_mention = pd.Series(codes, index=mentions["mention_id"])
    left, right = (same[f"mention_id_{side}"].map(of_mention).to_numpy(dtype=np.int64) for side in ("l", "r"))
    return pd.Series(components(len(distinct), left, right)[codes], index=mentions.index)


def _review_queue(mentions: pd.DataFrame, review: pd.DataFrame) -> list[Row]:
    rows: list[Row] = []
    for part in ("", "uncertain", "constraint"):
        chosen = review if not part else review[review["kind"].eq(part)]
        asked = _asked(mentions, chosen)
        share = len(chosen) / len(mentions) if len(mentions) else 0.0
        rows.append(("review", part, "pairs", len(chosen), len(chosen)))
        rows.append(("review", part, "share_of_mentions", share, len(mentions)))
        rows.append(("review", part, "yield", float(asked["is_same"].mean()) if len(asked) else 0.0, len(asked)))
    answered = after_perfect_review(mentions, review)
    for name, accuracy in (
        ("pairs", pairwise_accuracy(answered, mentions["true_person"])),
        ("clusters", cluster_accuracy(answered, mentions["true_person"])),
    ):
        for measure in ("precision", "recall", "f1"):
            rows.append(("review", "", f"{name}_{measure}_after", getattr(accuracy, measure), len(mentions)))
    return rows


# --- who was wrongly joined ----------------------------------------------------------------------------------------

WRONG_KINDS = ("twins", "siblings", "parent_and_child", "spouses", "other_relatives", "namesakes", "strangers")
_OF_THE_COUPLE = ("prisoner", "spouse")


def _wrongly_joined(mentions: pd.DataFrame, people: pd.DataFrame) -> list[Row]:
    """Pairs of true persons in one found person, and the pairs of their mentions, by what the two are to each other."""
    cells = mentions.groupby(["person_id", "true_person"]).size().rename("mentions").reset_index()
    both = cells.merge(cells, on="person_id", suffixes=("", "_other"))
    both = both[both["true_person"] < both["true_person_other"]].reset_index(drop=True)
    known = people.drop_duplicates("true_person").set_index("true_person")
    one, other = (known.reindex(both[column]).reset_index() for column in ("true_person", "true_person_other"))
    kind = _kinship(one, other)
    pairs = both["mentions"] * both["mentions_other"]
    rows: list[Row] = []
    total = int(pairs.sum())
    for name in WRONG_KINDS:
        chosen = kind == name
        persons = both.loc[chosen, ["true_person", "true_person_other"]].drop_duplicates()
        rows.append(("wrongly_joined", name, "mention_pairs", int(pairs[chosen].sum()), total))
        rows.append(("wrongly_joined", name, "person_pairs", len(persons), len(both)))
    return rows


def _kinship(one: pd.DataFrame, other: pd.DataFrame) -> np.ndarray:
    family = one["true_household"].eq(other["true_household"])
    left, right = one["relation"].fillna("other"), other["relation"].fillna("other")

    def between(these: tuple[str, ...], those: tuple[str, ...]) -> pd.Series:
        return (left.isin(these) & right.isin(those)) | (left.isin(those) & right.isin(these))

    siblings = (
        between(("child",), ("child",)) | between(("prisoner",), ("sibling",)) | between(("sibling",), ("sibling",))
    )
    parents = between(_OF_THE_COUPLE, ("child",)) | between(("father", "mother"), ("prisoner", "sibling"))
    spouses = between(_OF_THE_COUPLE, _OF_THE_COUPLE) | between(("father",), ("mother",))
    twins = siblings & one["birth_date"].eq(other["birth_date"])
    return np.select(
        [family & twins, family & siblings, family & parents, family & spouses, family, one["name"].eq(other["name"])],
        ["twins", "siblings", "parent_and_child", "spouses", "other_relatives", "namesakes"],
        default="strangers",
    )
