"""Our own expectation types for Great Expectations: each hands a condition of ``palayesh.validation`` the whole table.

All are batch expectations over one metric that returns the failing ``record_id``s and counts. So no value that somebody
typed ever enters a Great Expectations result, whatever the result format. The name of a type is the snake_case of its
class. Importing this module registers the types; it imports Great Expectations, which takes seconds.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from palayesh.validation import conditions
from palayesh.validation.conditions import Verdict

Told = dict[str, str]
"""An argument that a run is told: ``{$PARAMETER: name}``; Great Expectations puts the value in its place."""

RECORD_KEY = "record_id"
VERDICT = "palayesh.verdict"


class PalayeshVerdict(TableMetricProvider):
    """The metric behind all our types: a condition, by its name, over the whole table."""

    metric_name = VERDICT
    value_keys = ("condition", "arguments")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> dict[str, Any]:
        records, _, _ = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        condition: Callable[..., Verdict] = getattr(conditions, metric_value_kwargs["condition"])
        verdict = condition(records, **metric_value_kwargs["arguments"])
        return {
            "checked": verdict.checked,
            "failing": records.loc[verdict.failing, RECORD_KEY].tolist(),
            "holds": verdict.holds,
            "share": verdict.share,
        }


class RecordsExpectation(BatchExpectation):
    """Base of our types: the class says which condition; its fields are the condition's arguments."""

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    @property
    @abstractmethod
    def condition(self) -> Callable[..., Verdict]:
        """The function of ``palayesh.validation.conditions`` that decides."""

    def _arguments(self) -> dict[str, Any]:
        own = set(type(self).__fields__) - set(BatchExpectation.__fields__)
        return {name: getattr(self, name) for name in sorted(own) if getattr(self, name) is not None}

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> ValidationDependencies:
        needed = super().get_validation_dependencies(execution_engine, runtime_configuration)
        needed.set_metric_configuration(
            VERDICT,
            MetricConfiguration(
                metric_name=VERDICT,
                metric_domain_kwargs={"batch_id": self.batch_id},
                metric_value_kwargs={"condition": self.condition.__name__, "arguments": self._arguments()},
            ),
        )
        return needed

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        verdict = metrics[VERDICT]
        return {
            "success": verdict["holds"],
            "result": {
                "element_count": verdict["checked"],
                "unexpected_count": len(verdict["failing"]),
                "unexpected_index_list": verdict["failing"],
                "observed_value": verdict["share"],
            },
        }


class ConditionalRecordsExpectation(RecordsExpectation):
    """Base of types that may speak of some records only: those whose ``when_column`` is given, or is in ``when_in``."""

    when_column: str | None = None
    when_in: list[str] | None = None
    when_missing: bool = False


class ExpectColumnValuesToBeGiven(ConditionalRecordsExpectation):
    """The cell is not empty."""

    column: str
    except_members: list[str] | None = None

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.values_are_given


class ExpectColumnValuesToBeNationalNumbers(RecordsExpectation):
    """The number's status is none of ``failing``, and a number called valid has a right check digit."""

    column: str
    failing: list[str]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.national_numbers_are_sound


class ExpectColumnValuesToNotBeMobileNumbers(RecordsExpectation):
    """No mobile number stands where a national number belongs."""

    column: str
    mobile_columns: list[str] | None = None

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.numbers_are_not_mobiles


class ExpectColumnValuesToBeSolarHijriDates(ConditionalRecordsExpectation):
    """What was typed could be read as a day of the Solar Hijri calendar (status none of ``failing``)."""

    column: str
    failing: list[str]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.statuses_are_not


class ExpectColumnValuesToBeInVocabulary(ConditionalRecordsExpectation):
    """The code or place is one we know."""

    column: str
    failing: list[str]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.statuses_are_not


class ExpectColumnValuesToBeUnderstood(ConditionalRecordsExpectation):
    """The status of a name, a phone or a whole number is none of ``failing``."""

    column: str
    failing: list[str]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.statuses_are_not


class ExpectColumnDatesToNotBeAfter(RecordsExpectation):
    """The day does not lie after ``as_of``."""

    column: str
    as_of: str | Told

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.dates_are_not_after


class ExpectColumnDatesToBeInOrder(RecordsExpectation):
    """``later`` does not lie before ``earlier``."""

    earlier: str
    later: str

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.dates_are_in_order


class ExpectColumnNumbersToBeBetween(RecordsExpectation):
    """The whole number lies between ``fewest`` and ``most``."""

    column: str
    fewest: int
    most: int

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.numbers_are_between


class ExpectValuesToBeGivenTogether(RecordsExpectation):
    """The columns are all given or all empty."""

    columns: list[str]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.values_are_given_together


class ExpectRecordsToIdentifySomeone(RecordsExpectation):
    """At least one group of columns is given in full, so the record says whom it is about."""

    columns: list[list[str]]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.records_identify_someone


class ExpectTextToBeReadable(RecordsExpectation):
    """No letter was lost (U+FFFD) before the file came."""

    columns: list[str]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.text_is_readable


class ExpectRowsToBeVisible(RecordsExpectation):
    """No row is hidden in the spreadsheet."""

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.rows_are_visible


class ExpectRecordsToNotBeRepeated(RecordsExpectation):
    """No later record says the same in all columns."""

    columns: list[str]
    needed: list[str] | None = None

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.records_are_not_repeated


class ExpectNationalNumbersToNameOnePerson(RecordsExpectation):
    """One national number stands beside one name only."""

    national_id: str
    columns: list[str]

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.numbers_name_one_person


class HouseholdsExpectation(RecordsExpectation):
    """Base of types about the one record of a household that has a certain relation."""

    family_columns: list[str]
    relation_column: str = "relation"
    may_be_absent: bool = False

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.households_have_one

    @property
    @abstractmethod
    def relation(self) -> str:
        """The relation that one record has."""

    def _arguments(self) -> dict[str, Any]:
        return {**super()._arguments(), "relation": self.relation}


class ExpectHouseholdsToHaveOnePrisoner(HouseholdsExpectation):
    """Each household has exactly one record with the relation ``prisoner``."""

    @property
    def relation(self) -> str:
        return "prisoner"


class ExpectHouseholdsToHaveOneHead(HouseholdsExpectation):
    """Each household has exactly one record with the relation ``head``."""

    @property
    def relation(self) -> str:
        return "head"


class ExpectRecordCountToBeBetween(RecordsExpectation):
    """The list has from ``fewest`` to ``most`` records, and at least one."""

    fewest: int | Told
    most: int | Told

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.count_is_between


class ExpectRecordCountNearRecentMonths(RecordsExpectation):
    """The number of records, with those of the list's other parts, is near the median of the months before."""

    recent_counts: list[int] | Told
    other_parts: int | Told
    tolerance: float | Told

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.count_is_near_recent_months


class ExpectShareOfSoundValuesToBeAtLeast(RecordsExpectation):
    """In every column the share of filled cells with a sound status is at least this."""

    columns: list[str]
    sound: list[str]
    at_least: float

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.share_is_sound


class ExpectNameColumnsToNotBeSwapped(RecordsExpectation):
    """The surname column does not hold given names."""

    first_name: str
    last_name: str
    father_name: str

    @property
    def condition(self) -> Callable[..., Verdict]:
        return conditions.names_are_not_swapped
