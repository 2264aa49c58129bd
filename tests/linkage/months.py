"""Synthetic months (`benchmarks.months`) linked with the installation's model."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from benchmarks.months import EXPECTATIONS, NO_JUDGEMENTS, NO_LEDGER, Month, vocabularies, written_months
from palayesh.adapters.linkage_model import load_linkage_model
from palayesh.linkage import LinkageModel, LinkageSettings, Linked


@cache
def model() -> LinkageModel:
    return load_linkage_model(EXPECTATIONS)


def linkage_settings(month: str = "1404-02", **changes: object) -> LinkageSettings:
    return LinkageSettings(
        model=model().model_copy(update=changes), month=month, neighbours=vocabularies()["county"].neighbours, threads=2
    )


def written_month(folder: Path, *, seed: int, persons: int, mess: float = 1.0) -> Month:
    return written_months(folder, seed=seed, persons=persons, mess=mess)[0]


def linked_month(month: Month) -> Linked:
    return month.linked(linkage_settings())


__all__ = ["NO_JUDGEMENTS", "NO_LEDGER", "Month", "linkage_settings", "linked_month", "model", "written_month"]
