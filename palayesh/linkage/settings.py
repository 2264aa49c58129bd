"""What linkage is told: the calibrated weights (data, with its date and error rates) and the month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from palayesh.linkage.bars import ACCEPT_IN_A_MONTH, REVIEW
from palayesh.linkage.estimate import Weights
from palayesh.linkage.fields import FIELDS


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


COMPARED = ("first", "last", "father", "birth", "sex", "number", "prisoner", "prison", "custody", "county", "phones")
"""The fields by which records of a month are compared one by one; ``kin`` comes after them, when it is known who is whose relative."""
SITUATIONS = ("two_lists", "one_list", "one_family")
"""Where the two records of a pair stand, in the order of `estimate.situations`."""


class Level(_Declared):
    """How often a level of agreement is met among pairs of one person, of one family (two members of it) and of strangers."""

    person: float = Field(gt=0, lt=1)
    family: float = Field(gt=0, lt=1)
    strangers: float = Field(gt=0, lt=1)
    fa: str
    """What the level says, for the steward's sentence."""


class Comparison(_Declared):
    """One compared field."""

    fa: str
    levels: dict[str, Level]


class Pairs(_Declared):
    """How many pairs of one person, and of one family, there are: for each record, or, within one family, for each pair of strangers."""

    person: float = Field(gt=0)
    family: float = Field(gt=0)


class Calibration(_Declared):
    """When and on what the weights were estimated, and what was measured there."""

    date: str
    data: str
    records: int
    precision: float
    recall: float
    assumed_neighbouring: float = Field(gt=0, lt=1)
    """Of the pairs of one person, or of one family, with two counties, the share whose counties are neighbours. Assumed, not estimated: in
    synthetic months nobody moves, and a wrong county is drawn without regard to nearness."""


class LinkageModel(_Declared):
    """The weights of a month, ``expectations/linkage/model.yml``. They change only by a new calibration (docs/decisions/0006).
    The bars are not in the file (`bars`)."""

    version: str
    calibration: Calibration
    pairs: dict[Literal["two_lists", "one_list", "one_family"], Pairs]
    accept_probability: SkipJsonSchema[float] = ACCEPT_IN_A_MONTH
    review_probability: SkipJsonSchema[float] = REVIEW
    review_share: float = Field(ge=0, le=1)
    """Most pairs put to people, as a share of the mentions."""
    nobody_probability: float = Field(gt=0, lt=1)
    """Probability that a prisoner named on the custody list is named on no other, and the reverse."""
    largest_block: int = Field(gt=1)
    """A phone or relative shared by more records than this says nothing, and is not used."""
    largest_household: int = Field(gt=1)
    """Households are not joined past this many members; what would be joined is left apart."""
    comparisons: dict[str, Comparison]

    @model_validator(mode="before")
    @classmethod
    def _has_no_bars(cls, declared: Any) -> Any:
        if isinstance(declared, dict) and declared.keys() & {"accept_probability", "review_probability"}:
            raise ValueError("the bars are not the model's: they stand in palayesh/linkage/bars.py")
        return declared

    @model_validator(mode="after")
    def _compares_what_the_software_compares(self) -> LinkageModel:
        for field, comparison in self.comparisons.items():
            if field not in FIELDS or list(comparison.levels) != list(FIELDS[field].levels):
                raise ValueError(f"comparison {field}: other levels than the software's")
        if list(self.comparisons) != [*COMPARED, "kin"] or list(self.pairs) != list(SITUATIONS):
            raise ValueError(f"the model must compare {[*COMPARED, 'kin']} in {list(SITUATIONS)}")
        return self

    def weights(self, records: int, sizes: np.ndarray) -> Weights:
        """The weights for so many records; ``sizes``: pairs of records in each situation."""
        fields = list(self.comparisons)

        def logs(kind: str) -> list[np.ndarray]:
            # The closest level stands first in the file, and has the highest number.
            return [
                np.log([getattr(level, kind) for level in self.comparisons[field].levels.values()][::-1])
                for field in fields
            ]

        rate = np.array([[pairs.person, pairs.family] for pairs in self.pairs.values()])
        rate[:2] *= records / np.maximum(sizes[:2, None], 1.0)
        return Weights(fields, logs("strangers"), logs("person"), logs("family"), rate, (0.0, 0.0))

    def prior(self, records: int) -> float:
        """Probability that two random records are one person: falls as the lists grow, for each person has few records."""
        each = self.pairs["two_lists"].person + self.pairs["one_list"].person
        return min(0.5, 2.0 * each / max(records - 1, 1))


class LinkageSettings(_Declared):
    """What `link` needs beside the tables. ``month`` (``1404-02``) is part of new ids; ``threads`` never changes a result."""

    model: LinkageModel
    month: str = Field(default="1400-01", pattern=r"^1[34]\d{2}-(0[1-9]|1[0-2])$")
    neighbours: Mapping[str, Sequence[str]] = Field(default_factory=dict)
    """Of each county the counties that it borders, as the vocabulary of counties tells them; none: whether two counties are near is not known."""
    threads: int | None = None
    sampled_joins: int = Field(default=0, ge=0)
    """As many joins that nobody was asked about are put to people all the same, by lot: how they answer tells how sound the joins are."""
