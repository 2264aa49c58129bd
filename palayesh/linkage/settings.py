"""What linkage is told: the trained model (data, with its date and error rates) and the month."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Level(_Declared):
    """How often a level of agreement is met: ``m`` among pairs of one person, ``u`` among pairs of strangers."""

    m: float = Field(gt=0, lt=1)
    u: float = Field(gt=0, lt=1)
    fa: str
    """What the level says, for the reviewer's sentence."""

    @property
    def weight(self) -> float:
        """log2(m / u)."""
        return math.log2(self.m / self.u)


class Comparison(_Declared):
    """One compared field. ``person`` evidence can tell brothers apart; ``family`` evidence is shared by a household."""

    evidence: Literal["person", "family"]
    fa: str
    levels: dict[str, Level]


class Calibration(_Declared):
    """When and on what the weights were estimated, and the error rates measured there."""

    date: str
    data: str
    records: int
    precision: float
    recall: float


class LinkageModel(_Declared):
    """The fixed model, ``expectations/linkage/model.yml``. It changes only by a new calibration."""

    version: str
    calibration: Calibration
    pairs_per_record: float = Field(gt=0)
    """Pairs of one person per record compared; the prior follows from it and the number of records."""
    family_prior: float = Field(gt=0, lt=1)
    """Probability that two records of one family with the same given name or number key are one person."""
    accept_probability: float = Field(gt=0.5, lt=1)
    review_probability: float = Field(gt=0, lt=1)
    review_share: float = Field(ge=0, le=1)
    """Most pairs put to people, as a share of the mentions."""
    nobody_probability: float = Field(gt=0, lt=1)
    """Probability that a prisoner named on the custody list is named on no other, and the reverse."""
    largest_block: int = Field(gt=1)
    """A phone or relative shared by more records than this says nothing, and is not used."""
    largest_household: int = Field(gt=1)
    """Households are not joined past this many members; what would be joined is left apart."""
    comparisons: dict[str, Comparison]

    @model_validator(mode="after")
    def _bars_are_in_order(self) -> LinkageModel:
        if self.review_probability >= self.accept_probability:
            raise ValueError("review_probability must lie below accept_probability")
        return self


class LinkageSettings(_Declared):
    """What `link` needs beside the tables. ``month`` (``1404-02``) is part of new ids; ``threads`` never changes a result."""

    model: LinkageModel
    month: str = Field(default="1400-01", pattern=r"^1[34]\d{2}-(0[1-9]|1[0-2])$")
    threads: int | None = None
