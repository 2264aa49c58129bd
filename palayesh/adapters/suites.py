"""Suites of rules: read whole or refused, and run with Great Expectations in memory.

Great Expectations drops an expectation whose type it does not know and goes on (style.md T1), lets an empty table pass,
puts values into its results (T2), and quotes them in logs when a rule raises. Hence: types are looked up before a suite
is built and counted after; results are reduced to counts and record ids at once; its logger is silenced; whatever
raised counts as failed at the highest severity, and of the exception only the type's name is kept.

Great Expectations is imported inside the functions, because the import takes seconds.
"""

from __future__ import annotations

import functools
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml
from pydantic import ValidationError

from palayesh.adapters.files import read_yaml
from palayesh.findings import Severity
from palayesh.validation.outcome import Outcome, RuleResult, conclude
from palayesh.validation.rules import Parameters, Rule, Suite, unknown_parameters

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

GX_SEVERITY = {
    Severity.REJECT_SUBMISSION: "critical",
    Severity.SET_ASIDE_RECORD: "warning",
    Severity.WARN: "info",
}
CODE = "code"
_EXCEPTION = re.compile(r"^(?:[a-z_]+\.)*([A-Z][A-Za-z]*(?:Error|Exception))\b", re.ASCII | re.MULTILINE)


class BrokenSuite(ValueError):
    """A suite file cannot be used as it stands; the message names the file and what to change."""


@functools.cache
def great_expectations() -> Any:
    """Great Expectations with our types registered, its statistics off and its logger silent."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations

    from palayesh.adapters import expectation_types

    # A rule that raises is logged with the values it met; the logger would carry people out.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    assert expectation_types.RECORD_KEY == "record_id"
    return great_expectations


def suite_path(expectations: Path, list_key: str) -> Path:
    """Where the suite of a list is: ``agencies/<agency>/suite.<list>.yml``."""
    agency, _, name = list_key.partition("/")
    return expectations / "agencies" / agency / f"suite.{name}.yml"


def suite_paths(expectations: Path) -> Iterator[Path]:
    """Every suite file of every agency, in order of name."""
    yield from sorted((expectations / "agencies").glob("*/suite.*.yml"))


def read_suite(path: Path) -> Suite:
    """The rules of a suite file, each complete, and every type and argument known to Great Expectations.

    Raises BrokenSuite, naming the file, for anything that would otherwise be dropped or misread.
    """
    try:
        entries = read_yaml(path)
    except yaml.YAMLError as error:
        raise BrokenSuite(f"{path}: is not readable YAML ({type(error).__name__})") from error
    if not isinstance(entries, list) or not entries:
        raise BrokenSuite(f"{path}: holds no list of rules; an empty suite would let everything pass")
    name = f"{path.parent.name}/{path.name.removeprefix('suite.').removesuffix('.yml')}"
    try:
        suite = Suite(name=name, rules=tuple(Rule.model_validate(entry) for entry in entries))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise BrokenSuite(f"{path}: {wrong}") from None
    for rule in suite.rules:
        if unknown := unknown_parameters(rule):
            raise BrokenSuite(f"{path}: {rule.code} asks for parameters that no run is given: {', '.join(unknown)}")
    try:
        built(suite)
    except BrokenSuite as error:
        raise BrokenSuite(f"{path}: {error}") from None
    return suite


def built(suite: Suite) -> gx.ExpectationSuite:
    """The suite as Great Expectations holds it, with as many expectations as it has rules."""
    library = great_expectations()
    from great_expectations.compatibility.pydantic import ValidationError as ArgumentError
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.registry import get_expectation_impl

    expectations = []
    for rule in suite.rules:
        try:
            expectation = get_expectation_impl(rule.type)
        except ExpectationNotFoundError:
            raise BrokenSuite(
                f"rule {rule.code}: there is no expectation type «{rule.type}»; is it misspelled?"
            ) from None
        severity = FailureSeverity(GX_SEVERITY[rule.severity])
        try:
            expectations.append(expectation(**rule.kwargs, severity=severity, meta={CODE: rule.code}))
        except ArgumentError as error:
            wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
            raise BrokenSuite(f"rule {rule.code} ({rule.type}): {wrong}") from None
    suite_built = library.ExpectationSuite(name=suite.name, expectations=expectations)
    kept = {expectation.meta[CODE] for expectation in suite_built.expectations}
    if lost := [rule.code for rule in suite.rules if rule.code not in kept]:
        raise BrokenSuite(f"Great Expectations did not accept: {', '.join(lost)}")
    return suite_built


def _error_type(result: ExpectationValidationResult) -> str:
    """The name of what a rule raised, or ``""``.

    Only names of exception types are picked out: the text may quote a cell.
    """
    info: dict[str, Any] = result.exception_info or {}
    infos = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, dict)]
    raised = [part for part in infos if part.get("raised_exception")]
    if not raised:
        return ""
    names = [name for part in raised for name in _EXCEPTION.findall(str(part.get("exception_traceback")))]
    return names[0] if names else "Exception"


def _reduce(result: ExpectationValidationResult, rule: Rule) -> RuleResult:
    """A result with nothing left in it but counts and failing record ids."""
    if error := _error_type(result):
        return RuleResult(rule=rule, checked=0, failing_ids=(), holds=None, error=error)
    found = result.result
    failing = [
        item["record_id"] if isinstance(item, dict) else item for item in found.get("unexpected_index_list") or []
    ]
    observed = found.get("observed_value")
    return RuleResult(
        rule=rule,
        checked=int(found.get("element_count") or 0),
        failing_ids=tuple(failing),
        holds=bool(result.success),
        measured=float(observed) if isinstance(observed, float) else None,
    )


def validate(
    standardised: pd.DataFrame,
    suite: Suite,
    *,
    parameters: Parameters,
    problems: pd.DataFrame | None = None,
) -> Outcome:
    """Every rule of the suite was run on the submission, or is reported as one that could not run.

    Runs in an ephemeral context; nothing is stored. ``problems`` are what the reader noticed (``outcome.conclude``).
    """
    library = great_expectations()
    from great_expectations.validator.v1_validator import Validator

    results: list[RuleResult] = []
    if not standardised.empty:
        rules = {rule.code: rule for rule in suite.rules}
        context = library.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        definition = (
            context.data_sources.add_pandas("submission")
            .add_dataframe_asset("records")
            .add_batch_definition_whole_dataframe("all")
        )
        # What Batch.validate does, without the batch: it takes a digest of the whole table, and validating another.
        validator = Validator(
            definition,
            batch_parameters={"dataframe": standardised},
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": ["record_id"],
                "partial_unexpected_count": 0,
                "return_unexpected_index_query": False,
            },
        )
        found = validator.validate_expectation_suite(built(suite), expectation_parameters=dict(parameters.as_mapping()))
        # Its type allows a result without the expectation that it is of; a suite's results always have it.
        results = [_reduce(result, rules[result.expectation_config.meta[CODE]]) for result in found.results]  # type: ignore[union-attr]
    return conclude(results, standardised, suite=suite, parameters=parameters, problems=problems)
