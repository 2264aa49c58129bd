"""What validating one submission led to: counts per rule, who failed what, the decision, and the two parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from palayesh import accounting
from palayesh.distinct import is_among
from palayesh.findings import Finding, Severity
from palayesh.validation.rules import RULE_COULD_NOT_RUN, Parameters, Rule, Suite

Decision = Literal["accepted", "refused"]

RULE_COLUMNS = {
    "code": "str",
    "severity": "str",
    "column": "str",
    "checked": "Int64",
    "failed": "Int64",
    "share": "Float64",
    "ran": "boolean",
    "sentence_fa": "str",
    "sentence_en": "str",
    "mend_fa": "str",
    "mend_en": "str",
}
FAILURE_COLUMNS = {
    "record_id": "str",
    "sheet": "str",
    "row": "Int64",
    "member": "str",
    "column": "str",
    "code": "str",
    "severity": "str",
    "sentence_fa": "str",
    "sentence_en": "str",
    "mend_fa": "str",
    "mend_en": "str",
}
POSITION_COLUMNS = ("sheet", "row", "member")


@dataclass(frozen=True)
class Reason:
    """Why a submission is refused, and the way out, in both languages."""

    code: str
    sentence_fa: str
    sentence_en: str
    mend_fa: str
    mend_en: str


@dataclass(frozen=True)
class RuleResult:
    """One rule's result with everything but counts and failing record ids already forgotten.

    ``holds`` is absent when the rule could not run; ``error`` is then the type of what it raised, never its text.
    """

    rule: Rule
    checked: int
    failing_ids: tuple[str, ...]
    holds: bool | None
    error: str = ""
    measured: float | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of validating one submission. Holds codes, counts and positions; never a value that somebody typed."""

    rules: pd.DataFrame
    """One row per rule, in the suite's order: ``RULE_COLUMNS``."""
    failures: pd.DataFrame
    """One row per record and rule (or per list and rule: then without record_id): ``FAILURE_COLUMNS``."""
    decision: Decision
    reasons: tuple[Reason, ...]

    @property
    def findings(self) -> list[Finding]:
        """One finding per failed rule, gravest first, then in the suite's order."""
        order = {severity.value: place for place, severity in enumerate(Severity)}
        failed = self.rules[self.rules["failed"].gt(0) | ~self.rules["ran"]]
        rank = failed["severity"].map(order)
        return [
            Finding(
                code=str(row["code"]),
                severity=Severity(row["severity"]),
                count=int(row["failed"]),
                sentence_fa=str(row["sentence_fa"]),
                sentence_en=str(row["sentence_en"]),
                column=None if pd.isna(row["column"]) else str(row["column"]),
            )
            for row in failed.loc[rank.sort_values(kind="stable").index].to_dict("records")
        ]


@dataclass(frozen=True)
class Split:
    """The submission in two parts that together are the whole."""

    accepted: pd.DataFrame
    set_aside: pd.DataFrame


def _severity_in_force(result: RuleResult, parameters: Parameters) -> Severity:
    """The rule's own severity; highest when it could not run; a confirmed rule about the list only warns."""
    if result.holds is None:
        return Severity.REJECT_SUBMISSION
    is_confirmed = result.rule.code in parameters.confirmed and not result.failing_ids
    return Severity.WARN if is_confirmed else result.rule.severity


def _sentences(result: RuleResult) -> tuple[str, str, str, str]:
    rule = result.rule
    if result.holds is None:
        return (
            f"قاعدهٔ «{rule.fa}» اجرا نشد ({result.error})؛ چیزی که بررسی نشده، پذیرفته نیست.",
            f"The rule “{rule.en}” could not run ({result.error}); what was not checked has not passed.",
            "به راهبر سامانه خبر دهید؛ پس از رفع مشکل، همین فهرست دوباره بررسی می‌شود.",
            "Tell the system's keeper; once mended, the same list is checked again.",
        )
    return rule.fa, rule.en, rule.mend_fa, rule.mend_en


def _typed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    return frame.reindex(columns=list(columns)).astype(dict(columns)).reset_index(drop=True)


def _rules_frame(results: Sequence[RuleResult], parameters: Parameters) -> pd.DataFrame:
    rows = []
    for result in results:
        failed = len(result.failing_ids) or int(result.holds is not True)
        share = len(result.failing_ids) / result.checked if result.checked else None
        sentence_fa, sentence_en, mend_fa, mend_en = _sentences(result)
        rows.append(
            {
                "code": result.rule.code,
                "severity": _severity_in_force(result, parameters).value,
                "column": result.rule.column,
                "checked": result.checked,
                "failed": failed,
                "share": share if result.measured is None else result.measured,
                "ran": result.holds is not None,
                "sentence_fa": sentence_fa,
                "sentence_en": sentence_en,
                "mend_fa": mend_fa,
                "mend_en": mend_en,
            }
        )
    return _typed(pd.DataFrame(rows), RULE_COLUMNS)


def _failures_frame(results: Sequence[RuleResult], records: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    parts = []
    for result in results:
        if result.holds is True:
            continue
        sentence_fa, sentence_en, mend_fa, mend_en = _sentences(result)
        parts.append(
            pd.DataFrame(
                {
                    "record_id": pd.Series(result.failing_ids or (pd.NA,), dtype="str"),
                    "column": result.rule.column,
                    "code": RULE_COULD_NOT_RUN if result.holds is None else result.rule.code,
                    "severity": _severity_in_force(result, parameters).value,
                    "sentence_fa": sentence_fa,
                    "sentence_en": sentence_en,
                    "mend_fa": mend_fa,
                    "mend_en": mend_en,
                }
            )
        )
    if not parts:
        return _typed(pd.DataFrame(), FAILURE_COLUMNS)
    failures = pd.concat(parts, ignore_index=True)
    places = records.drop_duplicates("record_id").set_index("record_id")[list(POSITION_COLUMNS)]
    return _typed(failures.join(places, on="record_id"), FAILURE_COLUMNS)


def _problems_as_failures(problems: pd.DataFrame | None, records: pd.DataFrame) -> pd.DataFrame:
    """What the reader noticed, in the shape of failures; the member is known from the record."""
    if problems is None or problems.empty:
        return _typed(pd.DataFrame(), FAILURE_COLUMNS)
    unknown = sorted(set(problems["severity"].astype("str")) - {severity.value for severity in Severity})
    if unknown:
        raise ValueError(f"problems of the reader have unknown severities: {', '.join(unknown)}")
    failures = problems.reindex(columns=list(FAILURE_COLUMNS))
    text = [name for name, kind in FAILURE_COLUMNS.items() if kind == "str"]
    failures[text] = failures[text].astype("str").replace("", pd.NA)
    if "record_id" in records:
        member = records.drop_duplicates("record_id").set_index("record_id")["member"]
        failures["member"] = failures["member"].fillna(failures["record_id"].map(member))
    return _typed(failures, FAILURE_COLUMNS)


def _problems_as_rules(failures: pd.DataFrame, checked: int) -> pd.DataFrame:
    """One row per code that the reader reported, with the gravest severity it was given."""
    rows = []
    for code, group in failures.groupby("code", sort=True):
        gravest = next(severity.value for severity in Severity if group["severity"].eq(severity.value).any())
        first = group.iloc[0]
        failed = len(group)
        rows.append(
            {
                **{name: first[name] for name in ("sentence_fa", "sentence_en", "mend_fa", "mend_en")},
                "code": code,
                "severity": gravest,
                "column": first["column"] if group["column"].nunique(dropna=False) == 1 else None,
                "checked": checked,
                "failed": failed,
                "share": failed / checked if checked else None,
                "ran": True,
            }
        )
    return _typed(pd.DataFrame(rows), RULE_COLUMNS)


def _merged(
    rules: pd.DataFrame, failures: pd.DataFrame, read_rules: pd.DataFrame, read: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One line per code and one failure per code and record, where a rule and the reader noticed the same.

    The reader's sentence is kept: it names the cell.
    """
    pair = [failures["code"], failures["record_id"].fillna("")]
    read_pairs = pd.MultiIndex.from_arrays([read["code"], read["record_id"].fillna("")])
    only_ours = failures[~pd.MultiIndex.from_arrays(pair).isin(read_pairs)]
    together = pd.concat([part for part in (only_ours, read) if not part.empty] or [failures], ignore_index=True)
    is_shared = rules["code"].isin(read["code"])
    counts = together["code"].value_counts()
    rules = rules.assign(failed=rules["failed"].where(~is_shared, rules["code"].map(counts)).astype("Int64"))
    new_rules = read_rules[~read_rules["code"].isin(rules["code"])]
    lines = pd.concat([part for part in (rules, new_rules) if not part.empty], ignore_index=True)
    return _typed(lines, RULE_COLUMNS), _typed(together, FAILURE_COLUMNS)


def reasons_of(failures: pd.DataFrame) -> tuple[Reason, ...]:
    grave = failures[failures["severity"].eq(Severity.REJECT_SUBMISSION.value)]
    grave = grave.drop_duplicates(["code", "sentence_en"])
    names = ("code", "sentence_fa", "sentence_en", "mend_fa", "mend_en")
    return tuple(
        Reason(**{name: "" if pd.isna(row[name]) else str(row[name]) for name in names})
        for row in grave.to_dict("records")
    )


EMPTY_LIST = Rule(
    type="expect_record_count_to_be_between",
    severity=Severity.REJECT_SUBMISSION,
    code="empty_list",
    fa="فهرست هیچ رکوردی ندارد.",
    en="The list has no record.",
    mend_fa="فهرست ماه را دوباره بفرستید؛ اگر این ماه واقعاً کسی در فهرست نیست، کتباً تأیید کنید.",
    mend_en="Send the month's list again; if truly nobody is on it this month, confirm so in writing.",
)


def conclude(
    results: Iterable[RuleResult],
    records: pd.DataFrame,
    *,
    suite: Suite,
    parameters: Parameters,
    problems: pd.DataFrame | None = None,
) -> Outcome:
    """Every rule of the suite has a line in the outcome; any failure of the highest severity refuses the submission.

    A rule without a result counts as one that could not run. An empty table is refused whatever the rules say.
    ``problems`` are what the reader noticed: ``record_id, sheet, row, column, code, severity, sentence_fa,
    sentence_en`` and, if it knows them, ``member, mend_fa, mend_en``.
    """
    by_code = {result.rule.code: result for result in results}
    complete = [
        by_code.get(rule.code, RuleResult(rule=rule, checked=0, failing_ids=(), holds=None, error="NoResult"))
        for rule in suite.rules
    ]
    if records.empty:
        complete.append(RuleResult(rule=EMPTY_LIST, checked=0, failing_ids=(), holds=False))
    read = _problems_as_failures(problems, records)
    rules, failures = _merged(
        _rules_frame(complete, parameters),
        _failures_frame(complete, records, parameters),
        _problems_as_rules(read, len(records)),
        read,
    )
    reasons = reasons_of(failures)
    return Outcome(rules=rules, failures=failures, decision="refused" if reasons else "accepted", reasons=reasons)


def agency_key(records: pd.DataFrame, key: Sequence[str]) -> pd.Series:
    """The record's own key inside its agency and list, the same next month; absent where a part of it is absent.

    The members of a wide row share the row's key, so the member is added to it.
    """
    text = pd.Series("", index=records.index, dtype="str")
    for place, column in enumerate(key):
        text = text + ("/" if place else "") + records[column].astype("str")
    member = records["member"].fillna("")
    text = text + member.where(member.eq(""), "/" + member)
    return text.astype("str") if key else pd.Series(pd.NA, index=records.index, dtype="str")


def split(standardised: pd.DataFrame, outcome: Outcome, *, key: Sequence[str] = ()) -> Split:
    """Part the records into accepted and set aside, losing none; each set-aside one carries its ``reason_codes``.

    Of a refused submission nothing is accepted: every record waits, with the submission's reasons beside its own.
    ``accepted`` gains ``agency_key`` from the declaration's ``key`` columns. Raises BrokenAccount if rows are lost, or
    if a record that failed is not in the table.
    """
    if standardised["record_id"].duplicated().any():
        raise accounting.BrokenAccount("two records have the same record_id")
    failures = outcome.failures
    own = failures[failures["record_id"].notna() & failures["severity"].ne(Severity.WARN.value)]
    astray = int((~is_among(own["record_id"], standardised["record_id"])).sum())
    if astray:
        raise accounting.BrokenAccount(f"{astray} failures belong to records that are not in the table")
    codes = own[["record_id", "code"]].drop_duplicates().groupby("record_id")["code"].agg(";".join)
    reasons = standardised["record_id"].map(codes).astype("str")
    failing = reasons.notna()
    if outcome.decision == "refused":
        whole = ";".join(dict.fromkeys(reason.code for reason in outcome.reasons))
        reasons = reasons.where(failing, whole)
        failing = pd.Series(True, index=standardised.index)
    parts = accounting.set_aside(standardised, failing)
    return Split(
        accepted=parts.kept.assign(agency_key=agency_key(parts.kept, key)),
        set_aside=parts.set_aside.assign(reason_codes=reasons[failing]),
    )
