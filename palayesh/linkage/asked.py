"""What people are asked: uncertain pairs, refused merges, and some of the joins that the machine made by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from palayesh.linkage.decide import evidence_of, sentence_of
from palayesh.linkage.ids import pair_ids
from palayesh.linkage.settings import LinkageModel

REVIEW_COLUMNS = (
    "pair_id", "mention_id_l", "mention_id_r", "person_id_l", "person_id_r", "match_probability", "evidence", "reason",
    "kind", "identity_key_l", "identity_key_r",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """``found_of``: the record that each mention (row of ``table``) was found to be of; ``pairs`` of records as they were weighed, and
    those whose merge was ``refused``; ``joined``: every accepted pair, between two mentions (``left``, ``right``); ``person``: the person
    of each mention; ``keys``: the surest of each, by which a judgement outlives the month."""

    table: pd.DataFrame
    keys: pd.Series
    found_of: np.ndarray
    pairs: pd.DataFrame
    refused: pd.DataFrame
    joined: pd.DataFrame
    person: np.ndarray
    person_ids: ExtensionArray
    model: LinkageModel

    def uncertain(self, refused: pd.DataFrame, apart: pd.DataFrame, unsure: pd.DataFrame) -> pd.DataFrame:
        """Uncertain pairs and refused merges, the likeliest first, one per pair of persons, none judged before (``apart``, ``unsure``).

        ``refused``: pairs of mentions with one number that are not one person.
        """
        asked = [
            self.pairs.loc[self.pairs["is_uncertain"], ["l", "r"]].assign(kind="uncertain"),
            self.refused[["l", "r"]].assign(kind="constraint"),
            lifted_to(refused, self.found_of).assign(kind="constraint"),
        ]
        queue = pd.concat(asked, ignore_index=True)
        queue[["l", "r"]] = _ends(queue)
        queue = queue[queue["l"] != queue["r"]].merge(self.pairs, on=["l", "r"], how="left")
        queue["match_probability"] = queue["match_probability"].fillna(self.model.review_probability)
        queue = queue.pipe(between_mentions, self.table, self.found_of)
        persons = self.person[queue[["left", "right"]].to_numpy(dtype=np.int64)]
        queue["one"], queue["other"] = persons.min(axis=1), persons.max(axis=1)
        queue = queue[queue["one"] != queue["other"]]

        judged = pd.concat([apart, unsure], ignore_index=True)
        ends = np.sort(np.column_stack([self.person[judged[side].to_numpy(dtype=int)] for side in ("l", "r")]), axis=1)
        settled = pd.MultiIndex.from_arrays([ends[:, 0], ends[:, 1]])
        queue = queue[~pd.MultiIndex.from_frame(queue[["one", "other"]]).isin(settled)]
        queue = queue.sort_values(["match_probability", "l", "r"], ascending=[False, True, True], kind="stable")
        queue = queue.drop_duplicates(["one", "other"]).head(math.ceil(self.model.review_share * len(self.table)))
        return self._told(queue)

    def joined_by_lot(self, same: pd.DataFrame, count: int, month: str) -> pd.DataFrame:
        """The first ``count`` of the pairs that were joined, by lot, but those that somebody has judged ``same`` meanwhile.

        A pair has the same lot whenever the month is linked, so that answering draws no others.
        """
        joined = self.joined[self.person[self.joined["left"]] == self.person[self.joined["right"]]]
        pair_id = self._keys_of(joined)["pair_id"]
        judged = self._keys_of(same.rename(columns={"l": "left", "r": "right"}))["pair_id"]
        every = pd.concat([pair_id, judged]).unique()
        lots = pd.util.hash_array(np.asarray(every, dtype=object), hash_key=f"{month:>16}", categorize=False)
        drawn = pd.Index(every[np.argsort(lots, kind="stable")[:count]]).difference(judged)
        return self._told(joined[pair_id.isin(drawn).to_numpy()].assign(kind="sampled"))

    def _keys_of(self, queue: pd.DataFrame) -> pd.DataFrame:
        left, right = (self.keys.take(queue[side].to_numpy()).reset_index(drop=True) for side in ("left", "right"))
        return pd.DataFrame({"pair_id": pair_ids(left, right), "identity_key_l": left, "identity_key_r": right})

    def _told(self, queue: pd.DataFrame) -> pd.DataFrame:
        """The pairs with what is known of both, the evidence, and the keys by which a judgement on them is kept."""
        left, right = queue["left"].to_numpy(), queue["right"].to_numpy()
        levels = [f"level_{field}" for field in self.model.comparisons]
        evidence = evidence_of(queue.assign(**{column: queue[column].fillna(-1) for column in levels}), self.model)
        told = self._keys_of(queue).assign(
            mention_id_l=self.table["mention_id"].take(left).to_numpy(),
            mention_id_r=self.table["mention_id"].take(right).to_numpy(),
            person_id_l=self.person_ids.take(self.person[left]),
            person_id_r=self.person_ids.take(self.person[right]),
            match_probability=queue["match_probability"].round(6).to_numpy(),
            evidence=evidence.to_numpy(),
            reason=[sentence_of(text, self.model) for text in evidence],
            kind=queue["kind"].to_numpy(),
        )[list(REVIEW_COLUMNS)]
        texts = [column for column in REVIEW_COLUMNS if column != "match_probability"]
        # Two pairs with the same keys are one question: a judgement is kept by the keys and would answer both.
        told = told.drop_duplicates("pair_id", ignore_index=True)
        return told.astype(dict.fromkeys(texts, "str"))


def between_mentions(pairs: pd.DataFrame, table: pd.DataFrame, label: np.ndarray) -> pd.DataFrame:
    """The pairs (``l``, ``r``, records by ``label``) with the mentions shown for both (``left``, ``right``).

    A record is shown by its first row about the person himself.
    """
    order = np.lexsort((np.arange(len(table)), table["role"].ne("subject").to_numpy(), label))
    shown = order[np.unique(label[order], return_index=True)[1]] if len(table) else order
    return pairs.assign(
        left=shown[pairs["l"].to_numpy(dtype=np.int64)], right=shown[pairs["r"].to_numpy(dtype=np.int64)]
    )


def lifted_to(pairs: pd.DataFrame, label: np.ndarray) -> pd.DataFrame:
    """The pairs of what the ends of the given pairs belong to."""
    return pd.DataFrame({side: label[pairs[side].to_numpy(dtype=np.int64)] for side in ("l", "r")})


def _ends(pairs: pd.DataFrame) -> np.ndarray:
    return np.sort(pairs[["l", "r"]].to_numpy(dtype=np.int64), axis=1)
