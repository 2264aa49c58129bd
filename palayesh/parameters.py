"""Numbers and lists that a decree sets: each value with the day from which it holds and its reference."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from palayesh.declaration import Title

PROGRAMME_WITH_CEILING = "association_family"
"""The programme whose ``capacity`` bounds its beneficiaries; ``waiting_list_order`` says who is next."""


class NotInForce(ValueError):
    """A parameter has no value on the day asked for; ``has_ended`` tells an ended rule from a day before the first."""

    def __init__(self, sentence: str, *, has_ended: bool) -> None:
        super().__init__(sentence)
        self.has_ended = has_ended


class _Reviewed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DatedValue(_Reviewed):
    """A value, the (Gregorian) day from which it holds until the next one, and where it is written. Null = ended."""

    from_: dt.date = Field(alias="from")
    value: Any
    reference: str = Field(min_length=1)


class Parameter(_Reviewed):
    """A number, date or list that may change by decree; the values are in the order of their dates."""

    title: Title
    unit: str
    values: list[DatedValue] = Field(min_length=1)

    @field_validator("values")
    @classmethod
    def _stand_in_order(cls, values: list[DatedValue]) -> list[DatedValue]:
        days = [dated.from_ for dated in values]
        if days != sorted(set(days)):
            raise ValueError("the values must stand in the order of their dates, each date once")
        return values

    def version_on(self, day: dt.date) -> DatedValue:
        """The dated value in force on ``day``. Raises NotInForce before the first date and after the end."""
        started = [dated for dated in self.values if dated.from_ <= day]
        if not started:
            first = self.values[0].from_
            raise NotInForce(f"«{self.title.en}» has no value on {day}: it begins on {first}.", has_ended=False)
        if started[-1].value is None:
            end = started[-1].from_
            raise NotInForce(f"«{self.title.en}» has no value on {day}: it ended on {end}.", has_ended=True)
        return started[-1]

    def on(self, day: dt.date) -> Any:
        """The value in force on ``day``. Raises NotInForce before the first date and after the end."""
        return self.version_on(day).value

    def with_value(self, value: Any) -> Parameter:
        """The same parameter as if ``value`` had always held; for asking «what if», never for a month's figures."""
        first = self.values[0].from_
        return self.model_copy(
            update={"values": [DatedValue.model_validate({"from": first, "value": value, "reference": "what if"})]}
        )


class Criterion(_Reviewed):
    """One condition of a programme in words: what it asks, and the question to send when the answer is unknown."""

    fa: str
    en: str
    question_fa: str
    question_en: str


class Programme(_Reviewed):
    """What the law and the agency's practice say about one programme; its logic is in ``palayesh.eligibility``."""

    programme: str
    title: Title
    support_role: str
    """Role of the list on which people who receive it stand; the agency of that list runs the programme."""
    unit: str
    legal_basis: list[str] = Field(min_length=1)
    last_checked_on: dt.date
    criteria: dict[str, Criterion]
    parameters: dict[str, Parameter] = Field(default_factory=dict)

    def in_force_on(self, day: dt.date) -> dict[str, DatedValue]:
        """Every parameter's dated value on ``day``. Raises NotInForce if one has none."""
        return {name: parameter.version_on(day) for name, parameter in self.parameters.items()}

    def with_parameter(self, name: str, value: Any) -> Programme:
        """The same programme with another value of one parameter. Raises KeyError for a name it does not have."""
        changed = {**self.parameters, name: self.parameters[name].with_value(value)}
        return self.model_copy(update={"parameters": changed})


class ServiceSelector(_Reviewed):
    """Which active services one side of an overlap rule speaks of; what is absent is not asked."""

    role: str
    kind: str | None = None
    is_judicial_order: bool | None = None
    cause: str | None = None


class OverlapRule(_Reviewed):
    """Two services at once, and what that is called."""

    pair: str
    """The two agencies in alphabetical order joined by ``+``, as the figures' part names them."""
    first: ServiceSelector
    second: ServiceSelector
    same: str
    """``person``: one person has both; ``household``: the household has; ``household_other_person``: two persons."""
    longer_than: str | None = None
    """A parameter in months: the rule speaks only after both have lasted longer than that."""
    result: str
    title: Title
    reference: str

    @model_validator(mode="after")
    def _uses_known_words(self) -> OverlapRule:
        if self.same not in {"person", "household", "household_other_person"}:
            raise ValueError(f"overlap rule {self.pair}: «same» is person, household or household_other_person")
        if self.result not in {"conflict", "notice"}:
            raise ValueError(f"overlap rule {self.pair}: «result» is conflict or notice; the rest is shown by itself")
        return self


class OverlapPolicy(_Reviewed):
    """The matrix of double cover as data: rules in order; what no rule names is shown and not counted."""

    title: Title
    legal_basis: list[str]
    last_checked_on: dt.date
    parameters: dict[str, Parameter]
    rules: list[OverlapRule]

    @model_validator(mode="after")
    def _names_its_own_parameters(self) -> OverlapPolicy:
        unknown = sorted({r.longer_than for r in self.rules if r.longer_than} - set(self.parameters))
        if unknown:
            raise ValueError(f"rules name parameters that the policy does not have: {', '.join(unknown)}")
        return self


class FigurePart(_Reviewed):
    """A part of a figure; its unit is the figure's own unless it says otherwise."""

    title: Title
    unit: str | None = None
    counts_people: bool = True
    """False for days and places: they are printed however small they are."""


class FigureDefinition(_Reviewed):
    """What a headline figure means, in which unit, and from which lists it comes."""

    title: Title
    unit: str
    definition: Title
    sources: list[str] = Field(min_length=1)
    """Roles of the lists it is computed from."""
    needs: list[str] = Field(default_factory=list)
    """Roles without which nothing can be said: the value is then absent, never 0."""
    parts: dict[str, FigurePart] = Field(default_factory=dict)
    sum_of: list[str] = Field(default_factory=list)
    """Parts that add up to the value: what one of them hides, the others must not give back."""
    counts_people: bool = True
    """False for a ceiling, free places or days: they are never suppressed."""

    @model_validator(mode="after")
    def _adds_up_its_own_parts(self) -> FigureDefinition:
        if set(self.sum_of) - set(self.parts):
            raise ValueError("sum_of names a part that the figure does not have")
        if set(self.needs) - set(self.sources):
            raise ValueError("needs names a list that is not among the sources")
        return self


class PublicPolicy(_Reviewed):
    """What everybody may read, and how coarsely."""

    base: int = Field(ge=2)
    """Every count that is printed is rounded to a multiple of this, half up."""
    sensitive_threshold: int = Field(ge=2)
    """Sensitive counts from 1 up to, and not including, this number are hidden."""
    sensitive: list[str] = Field(default_factory=list)
    by_county: list[str] = Field(min_length=1)
    """Measures of the coverage cells told by county, the first being the whole of which the others are parts."""
    figures: list[str] = Field(default_factory=list)
    """Figures told of the province alone."""


class DisclosurePolicy(_Reviewed):
    """How small counts are kept from readers."""

    threshold: int = Field(ge=2)
    """Counts from 1 up to, and not including, this number are hidden."""
    protected_width: int = Field(ge=1)
    """The least distance between the smallest and the greatest value a reader can derive for a hidden count."""
    public: PublicPolicy
    last_checked_on: dt.date
    reference: str

    @model_validator(mode="after")
    def _can_be_kept(self) -> DisclosurePolicy:
        if self.protected_width > self.threshold // 2 - 1:
            raise ValueError("protected_width must be at most threshold / 2 - 1, or a small count has no room to vary")
        return self


class CoveragePolicies(_Reviewed):
    """Everything the coverage stage takes from ``expectations/``."""

    overlap: OverlapPolicy
    figures: dict[str, FigureDefinition]
    disclosure: DisclosurePolicy
    capacity: Parameter
    waiting_list_order: Parameter
    programme_roles: dict[str, str]
    """For every programme the role of the support list on which its beneficiaries stand."""
