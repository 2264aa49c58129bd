"""The other reports of the sample month, made of the same invented counts as the governorate's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pandas as pd

from palayesh.adapters.rules import load_policies
from palayesh.adapters.templates import load_settings, load_strings
from palayesh.coverage.public_release import publish_public
from palayesh.coverage.publication import publish
from palayesh.language import Language
from palayesh.reports.agency import AgencyFacts, build_agency
from palayesh.reports.inputs import ReportInputs
from palayesh.reports.parts import EditionReport
from palayesh.reports.public import PublicSummary, build_public
from palayesh.reports.run_sheet import RunFacts, build_run_sheet
from palayesh.reports.sections import SectionedReport
from tests.golden.sample_report import EXPECTATIONS, MONTH, coverage_cells, figures, lists, sample_inputs

__all__ = ["EDITIONS", "MONTH"]


def inputs_of(kind: str, lang: Language) -> ReportInputs:
    """The sample month with the words and settings of one report."""
    return replace(sample_inputs(lang), strings=load_strings(kind, lang), settings=load_settings(kind))


@cache
def public_counts() -> pd.DataFrame:
    """What everybody may read of the sample month."""
    policies, inputs = load_policies(EXPECTATIONS), sample_inputs()
    cells = coverage_cells().drop(columns="state")
    published = publish(figures(), cells, inputs.overlap, inputs.waiting, policies.figures, policies.disclosure)
    return publish_public(published.figures, published.cells, policies.figures, policies.disclosure)


def public_summary(lang: Language = "fa") -> PublicSummary:
    """The public page of the sample month."""
    before = public_counts().assign(
        value=lambda counts: counts["value"].where(counts["value"] < 100, counts["value"] + 15)
    )
    base = load_policies(EXPECTATIONS).disclosure.public.base
    return build_public(inputs_of("public", lang), public_counts(), before, base=base)


def rules_of() -> pd.DataFrame:
    """Rules that failed: one of a new kind, one worse, one the same, one without a month before, one mended."""
    told = [
        ("prisons/custody", "birth_date_unreadable", 44, 4105, 0, True, "0;0;0;0;0;0"),
        ("prisons/relief_referral", "national_id_invalid", 530, 9418, 412, False, "401;388;420;407;399;412"),
        ("behzisti/caseload", "national_id_invalid", 204, 2210, 204, False, "211;201;;199;207;204"),
        ("behzisti/caseload", "county_unknown", 30, 2210, None, False, ";;;;;"),
        ("behzisti/caseload", "service_start_missing", 2, 2210, 5, False, "9;8;7;7;6;5"),
        ("association/caseload", "county_unknown", 0, 741, 4, False, "4;4;4;4;4;4"),
    ]
    words = pd.DataFrame(
        [
            ("birth_date_unreadable", "تاریخ تولد خوانا نیست.", "The birth date cannot be read.",
             "سال را چهاررقمی بنویسید.", "Write the year with four digits."),
            ("national_id_invalid", "کد ملی درست نیست.", "The national number is not valid.",
             "ده رقم را با کارت ملی بسنجید.", "Compare all ten digits with the card."),
            ("county_unknown", "شهرستان شناخته نیست.", "The county is not known.",
             "نام شهرستان را کامل بنویسید.", "Write the county's full name."),
            ("service_start_missing", "آغاز خدمت خالی است.", "The start of service is empty.", "آن را بنویسید.", "Fill it in."),
        ],
        columns=["code", "sentence_fa", "sentence_en", "mend_fa", "mend_en"],
    )  # fmt: skip
    return frame("list_key code failed checked before is_new earlier", *told).merge(words, on="code")


def run_facts() -> RunFacts:
    """A run with something to say in every section: drift, a new kind of failure, an old pair, an undone ruling."""
    arrived = lists()
    whole = ["files", "received", "accepted", "set_aside", "repaired"]
    counted = arrived.rename(columns={"file_count": "files"})[["list_key", "state", *whole]]
    before = [1_150, 9_402, 4_088, 2_190, 6_874, 551, None, 260, 44]
    headings = [
        ("behzisti/caseload", 1, 0, 0, 0),
        ("relief_committee/screening", 0, 1, 2, 0),
        ("ngo_mehr/caseload", 0, 0, 0, 3),
    ]
    return RunFacts(
        steps=frame("step count before", ("mentions", 25_748, 25_101), ("persons", 15_872, 15_790), ("households", 4_023, 4_010),
                    ("review_pairs", 212, 240), ("eligible", 1_051, 1_080), ("not_eligible", 2_140, 2_140), ("needs_information", 2_680, None)),
        lists=counted.assign(before=pd.array(before, dtype="Int64")),
        changes=frame("title_fa title_en from", ("سن پایان پوشش فرزند", "Age at which a child leaves", "2025-04-21")).astype(
            {"from": "datetime64[s]"}
        ),
        headings=frame("list_key new gone renamed asked", *headings),
        failures=rules_of(),
        review=frame("kind open new oldest", ("uncertain", 171, 64, "1403-11"), ("constraint", 38, 38, "1404-02"), ("changed", 3, 0, "1404-01")),
        links=frame("tier mentions", ("exact", 17_904), ("probabilistic", 3_122), ("single", 4_722)),
        scores=frame("band pairs", *enumerate((2, 9, 14, 22, 31, 38, 41, 29, 17, 9))),
        checks=frame("kind asked same unsure kappa", ("reference", 64, 61, 1, 0.87), ("repeat", 12, 11, 1, 0.8), ("sampled", 58, 56, 1, None)),
        decisions=frame("log kind count", ("judgements", "different", 61), ("judgements", "same", 88), ("judgements", "unsure", 6),
                        ("judgements", "undone", 2), ("corrections", "correct", 19), ("corrections", "send_back", 4)),
        disclosure=frame("table printed hidden", ("figures", 39, 3), ("cells", 244, 21), ("overlap", 4, 1), ("waiting", 6, 0), ("public", 61, 0)),
        outbox=frame("month state count", ("1404-01", "accepted", 7), ("1404-01", "uncertain", 1)),
        versions=frame("name version", ("code", "0.1.0"), ("rules", "5f0c1d2e3a4b"), ("templates", "77aa01bc93de"), ("inputs", "a3f9c2d1e07b"),
                       ("pandas", "3.1.1"), ("splink", "5.0.0"), ("weasyprint", "70.0"), ("prefect", "3.8.8")),
        counts={"pairs_per_hour": 118, "is_measured": True, "ids_merged": 12, "ids_split": 1, "audit_count": 3_412,
                "audit_head": "4be0" * 16, "audit_broken_at": None, "public_exposed": 0,
                "rules_changed": True, "references": 40, "keep_months": 24, "months_overdue": 2, "oldest_overdue": "1402-01"},
    )  # fmt: skip


def frame(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    """A small table; whole numbers that may be absent stay whole."""
    return pd.DataFrame(list(rows), columns=columns.split()).convert_dtypes()


def run_sheet(lang: Language = "fa") -> SectionedReport:
    """The stewards' run sheet of the sample month."""
    return build_run_sheet(inputs_of("run_sheet", lang), run_facts())


def agency_facts(agency: str = "behzisti") -> AgencyFacts:
    """What the report of one agency is made of: every kind of work, a heading of its own, a parameter that changed."""
    other = "relief_committee" if agency != "relief_committee" else "behzisti"
    rows = [
        ("uncovered", f"u0{agency}", "0803", "2024-03-02", None, "behzisti_female_headed", "", "", None),
        ("uncovered", f"u1{agency}", "0808", "2025-01-11", None, "behzisti_female_headed", "", "", None),
        ("order", f"H0{agency}", "0801", "2024-06-01", "2025-06-02", "", f"{agency}/caseload", "", None),
        ("conflict", f"o0{agency}", "0802", "2025-02-01", None, other, "", "", None),
        (
            "sent_back",
            f"{agency}/caseload/0123456789ab/1/44",
            "",
            "2025-05-20",
            None,
            "county_unknown",
            f"{agency}/caseload",
            "لیست",
            44,
        ),
        (
            "set_aside",
            f"{agency}/caseload/0123456789ab/1/71",
            "",
            "2025-05-13",
            None,
            "service_start_missing",
            f"{agency}/caseload",
            "لیست",
            71,
        ),
    ]
    actions = frame("kind case_no county since due detail list_key sheet row", *rows).assign(agency=agency)
    actions = actions.astype({"since": "datetime64[s]", "due": "datetime64[s]"})
    told = rules_of()
    decided = [
        ("linked_exact", 1_604),
        ("linked_single", 330),
        ("ids_merged", 4),
        ("screened_eligible", 388),
        ("ruled_send_back", 1),
    ]
    changes = frame("title_fa title_en from", ("سن پایان پوشش فرزند", "Age at which a child leaves", "2025-04-21"))
    return AgencyFacts(
        agency=agency,
        actions=actions,
        failures=told[told["list_key"].str.startswith(f"{agency}/")].reset_index(drop=True),
        repeats=frame("list_key repeats", (f"{agency}/caseload", 6)),
        headings=frame("list_key column usual typed", (f"{agency}/caseload", "national_id", "کد ملی", "شماره ملی")),
        decided=frame("what count", *decided).assign(agency=agency),
        changes=changes.assign(agency=agency).astype({"from": "datetime64[s]"}),
        programmes={"behzisti_female_headed": {"fa": "زنان سرپرست خانوار", "en": "Women who head a household"}},
        counts={"console": "https://palayesh.ostan.example", "rules_changed": True, "base": 5},
    )  # fmt: skip


def agency_report(lang: Language = "fa") -> SectionedReport:
    """The report of one agency's head for the sample month."""
    return build_agency(inputs_of("agency", lang), agency_facts())


EDITIONS: dict[str, Callable[[Language], EditionReport]] = {
    "public": public_summary,
    "run_sheet": run_sheet,
    "agency": agency_report,
}
