"""How good a linkage is against the truth: pairs found and pairs missed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Accuracy:
    """Shares between 0 and 1 over pairs of mentions."""

    precision: float
    recall: float
    f1: float


def _pairs(*labels: pd.Series) -> int:
    sizes = pd.concat([label.reset_index(drop=True) for label in labels], axis="columns").value_counts()
    return int((sizes * (sizes - 1) // 2).sum())


def pairwise_accuracy(found: pd.Series, truth: pd.Series) -> Accuracy:
    """Precision, recall and F1 of the pairs that ``found`` puts together, against those of ``truth`` (same order of rows).

    With nothing found, precision is 1; with nothing to find, recall is 1.
    """
    both, said, true = _pairs(found, truth), _pairs(found), _pairs(truth)
    precision = both / said if said else 1.0
    recall = both / true if true else 1.0
    return Accuracy(precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0)
