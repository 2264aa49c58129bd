"""A month as the report receives it: invented counts, with every state that a number, a list or a county can be in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from palayesh.adapters.rules import load_policies
from palayesh.adapters.templates import load_settings, load_strings
from palayesh.declaration import Title
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.inputs import AgencyName, CountyName, Edition, ReportInputs, Revision, read_definitions
from palayesh.reports.revisions import Cause

HERE = Path(__file__).resolve().parent
EXPECTATIONS = HERE.parents[1] / "expectations"
THRESHOLD = 8
MONTH = ReportingMonth(1404, 2)

AGENCIES = (
    AgencyName("behzisti", Title(fa="بهزیستی", en="Behzisti"), True),
    AgencyName("relief_committee", Title(fa="کمیتهٔ امداد", en="Relief Committee"), True),
    AgencyName("association", Title(fa="انجمن حمایت زندانیان", en="Prisoners’ Support Association"), True),
    AgencyName("ngo_mehr", Title(fa="خیریهٔ مهر", en="Mehr Charity"), False),
    AgencyName("prisons", Title(fa="زندان‌های استان", en="Prisons of the province"), False, gives_support=False),
)

ROLES = {
    "prisons/behzisti_referral": "behzisti_referral",
    "prisons/relief_referral": "relief_referral",
    "prisons/custody": "custody",
    "behzisti/caseload": "behzisti_support",
    "relief_committee/caseload": "relief_support",
    "relief_committee/screening": "relief_review",
    "association/caseload": "association_support",
    "association/applications": "association_application",
    "ngo_mehr/caseload": "charity_support",
}

COUNTIES = {
    "0801": ("بافت", "Baft"), "0802": ("بم", "Bam"), "0803": ("جیرفت", "Jiroft"), "0804": ("رفسنجان", "Rafsanjan"),
    "0805": ("زرند", "Zarand"), "0806": ("سیرجان", "Sirjan"), "0807": ("شهربابک", "Shahr-e Babak"),
    "0808": ("کرمان", "Kerman"), "0809": ("کهنوج", "Kahnuj"), "0810": ("بردسیر", "Bardsir"), "0811": ("راور", "Ravar"),
    "0812": ("عنبرآباد", "Anbarabad"), "0813": ("منوجان", "Manujan"), "0814": ("کوهبنان", "Kuhbanan"),
    "0815": ("رودبار جنوب", "Rudbar-e Jonub"), "0816": ("قلعه‌گنج", "Qaleh Ganj"), "0817": ("ریگان", "Rigan"),
    "0818": ("رابر", "Rabor"), "0819": ("فهرج", "Fahraj"), "0820": ("انار", "Anar"), "0821": ("نرماشیر", "Narmashir"),
    "0822": ("فاریاب", "Faryab"), "0823": ("ارزوئیه", "Arzuiyeh"), "0824": ("گنبکی", "Gonbaki"),
    "0825": ("جازموریان", "Jazmurian"),
}  # fmt: skip

# county: covered, eligible_uncovered, needs_information, not_eligible; the true counts, before anything is hidden.
TRUE_COUNTS = {
    "0801": (41, 12, 9, 8), "0802": (148, 47, 31, 22), "0803": (139, 58, 24, 27), "0804": (161, 33, 19, 30),
    "0805": (72, 20, 11, 13), "0806": (173, 29, 26, 24), "0807": (43, 11, 8, 0), "0808": (612, 171, 96, 118),
    "0809": (52, 31, 14, 10), "0810": (48, 15, 10, 9), "0811": (24, 8, 0, 0), "0812": (61, 27, 12, 11),
    "0813": (27, 23, 9, 8), "0814": (10, 0, 0, 0), "0815": (44, 35, 13, 9), "0816": (33, 36, 11, 8),
    "0817": (37, 24, 10, 8), "0818": (19, 8, 5, 4), "0819": (31, 14, 8, 9), "0820": (28, 9, 8, 8),
    "0821": (36, 13, 9, 8), "0822": (17, 14, 3, 6), "0823": (0, 31, 9, 8), "0824": (12, 0, 0, 0),
    "0825": (9, 26, 8, 0), "unknown": (14, 9, 23, 8),
}  # fmt: skip
PARTS = ("covered", "eligible_uncovered", "needs_information", "not_eligible")
SHARES = {"behzisti": 0.21, "relief_committee": 0.62, "association": 0.30, "ngo_mehr": 0.09}
# True counts of 1 to 7 and, beside each, one more of its row and its column.
HIDDEN = {
    (measure, county) for measure in ("needs_information", "not_eligible") for county in ("0818", "0822")
}  # fmt: skip


def coverage_cells() -> pd.DataFrame:
    """The cells of the month as coverage hands them on: states decided, hidden values still there to be kept out."""
    rows: list[tuple[str, str, str, float, str]] = []
    for county, counts in TRUE_COUNTS.items():
        rows.append(("families_known", "", county, sum(counts), "shown"))
        for part, value in zip(PARTS, counts, strict=True):
            rows.append((part, "", county, value, "hidden" if (part, county) in HIDDEN else "shown"))
    # One county's only supporting list is held: its cover cannot be said.
    rows = [
        (m, a, c, float("nan"), "not_received") if c == "0825" and m == "covered" else (m, a, c, v, s)
        for m, a, c, v, s in rows
    ]
    for place, part in enumerate(PARTS):
        rows.append((part, "", "", sum(counts[place] for counts in TRUE_COUNTS.values()), "shown"))
    rows.append(("families_known", "", "", sum(map(sum, TRUE_COUNTS.values())), "shown"))
    for agency, share in SHARES.items():
        measure = "covered" if agency != "ngo_mehr" else "helped_by_charity"
        total = 0
        for county, counts in TRUE_COUNTS.items():
            value = round(counts[0] * share)
            total += value
            state = "hidden" if 0 < value < THRESHOLD else "shown"
            rows.append((measure, agency, county, value, state))
        rows.append((measure, agency, "", total, "shown"))
    rows += [
        ("newly_covered", "behzisti", "", 41, "shown"),
        ("newly_covered", "relief_committee", "", 63, "shown"),
        ("newly_covered", "association", "", 0, "shown"),
        ("newly_covered", "", "", 97, "shown"),
        ("eligible_uncovered", "behzisti", "", 388, "shown"),
        ("eligible_uncovered", "relief_committee", "", 451, "shown"),
        ("eligible_uncovered", "association", "", 212, "shown"),
        ("needs_information", "behzisti", "", 1204, "shown"),
        ("needs_information", "relief_committee", "", 530, "shown"),
        ("needs_information", "association", "", 946, "shown"),
        ("waiting", "association", "", 118, "shown"),
        ("covered_twice", "", "", 143, "shown"),
    ]
    return pd.DataFrame(rows, columns=["measure", "agency", "county", "value", "state"]).astype({"value": "float64"})


def figures(scale: float = 1.0) -> pd.DataFrame:
    """Headline figures of the month; another ``scale`` gives another month."""
    totals = {part: sum(counts[place] for counts in TRUE_COUNTS.values()) for place, part in enumerate(PARTS)}
    rows: list[tuple[str, str, float, str]] = [
        ("behzisti.referred_households", "", 252, "household"),
        ("behzisti.referred_households", "husband", 221, "household"),
        ("behzisti.referred_households", "wife", 28, "household"),
        ("behzisti.referred_households", "both", 3, "household"),
        ("behzisti.newly_covered_spouses", "", 37, "woman"),
        ("behzisti.children_by_judicial_order", "", 162, "child"),
        ("behzisti.continuous_support_spouses", "", 48, "woman"),
        ("behzisti.continuous_support_spouses", "on_referral_list", 19, "woman"),
        ("behzisti.continuous_support_spouses", "also_newly_covered", 0, "woman"),
        ("behzisti.days_to_first_service", "", 6.5, "day"),
        ("behzisti.days_to_first_service", "worst", 41, "day"),
        ("behzisti.days_to_first_service", "served", 83, "child"),
        ("behzisti.days_to_first_service", "without_service", 17, "child"),
        ("behzisti.days_to_first_service", "already_served", 112, "child"),
        ("relief_committee.members_prisoner_elsewhere", "", 3789, "person"),
        ("relief_committee.members_prisoner_elsewhere", "households", 961, "household"),
        ("relief_committee.referred_persons", "", 9000, "person"),
        ("relief_committee.referred_persons", "households", 2271, "household"),
        ("relief_committee.covered_referred_households", "", 452, "household"),
        ("relief_committee.covered_referred_households", "other_need", 58, "household"),
        ("relief_committee.entitled_uncovered_households", "", 63, "household"),
        ("relief_committee.entitled_uncovered_households", "identified", 0, "household"),
        ("relief_committee.entitled_uncovered_households", "not_identified", 63, "household"),
        ("association.covered_prisoners", "", 694, "prisoner"),
        ("association.covered_prisoners", "families", 681, "household"),
        ("association.covered_prisoners", "released", 11, "prisoner"),
        ("association.capacity", "", 1000, "prisoner"),
        ("association.free_places", "", 306, "prisoner"),
        ("association.free_places", "waiting", float("nan"), "prisoner"),
        ("association.free_places", "over_capacity", 0, "prisoner"),
        ("overlap.conflicts", "", 31, "household"),
        ("overlap.conflicts", "behzisti+relief_committee", 31, "household"),
        ("overlap.notices", "", 59, "household"),
        (
            "overlap.notices",
            "behzisti+relief_committee",
            6,
            "household",
        ),
        ("overlap.notices", "association+relief_committee", 53, "household"),
        ("coverage.families_known", "", sum(totals.values()), "household"),
        ("coverage.families_known", "released", 207, "household"),
        *((f"coverage.{part}", "", total, "household") for part, total in totals.items()),
    ]
    frame = pd.DataFrame(rows, columns=["key", "part", "value", "unit"]).astype({"value": "float64"})
    if scale != 1.0:
        fixed = frame["key"] == "association.capacity"
        frame["value"] = (frame["value"] * scale).round().where(~fixed, frame["value"])
    return frame


def lists() -> pd.DataFrame:
    """Nine expected lists: seven used (one of them late), one missing, one held."""
    titles = {
        "prisons/behzisti_referral": ("معرفی‌شدگان به بهزیستی", "Referrals to Behzisti"),
        "prisons/relief_referral": ("معرفی‌شدگان به کمیتهٔ امداد", "Referrals to the Relief Committee"),
        "prisons/custody": ("زندانیان", "Prisoners"),
        "behzisti/caseload": ("مددجویان بهزیستی", "Behzisti caseload"),
        "relief_committee/caseload": ("مددجویان کمیتهٔ امداد", "Relief Committee caseload"),
        "relief_committee/screening": ("بررسی‌های کمیتهٔ امداد", "Relief Committee reviews"),
        "association/caseload": ("زیر حمایت انجمن", "Association caseload"),
        "association/applications": ("متقاضیان انجمن", "Association applications"),
        "ngo_mehr/caseload": ("کمک‌گیرندگان خیریهٔ مهر", "Mehr Charity caseload"),
    }
    counted = [
        ("prisons/behzisti_referral", "received", 1, 1142, 1129, 13, 88),
        ("prisons/relief_referral", "received", 2, 9418, 9302, 116, 611),
        ("prisons/custody", "received", 1, 4105, 4098, 7, 49),
        ("behzisti/caseload", "received", 1, 2210, 2154, 56, 240),
        ("relief_committee/caseload", "late", 1, 6874, 6801, 73, 402),
        ("relief_committee/screening", "received", 1, 538, 531, 7, 0),
        ("association/caseload", "received", 1, 741, 733, 8, 64),
        ("association/applications", "missing", 0, None, None, None, None),
        ("ngo_mehr/caseload", "held", 1, None, None, None, None),
    ]
    rows = [(key, *titles[key], key.split("/")[0], *rest) for key, *rest in counted]
    counts = ["received", "accepted", "set_aside", "repaired"]
    names = ["list_key", "title_fa", "title_en", "agency", "state", "file_count", *counts]
    frame = pd.DataFrame(rows, columns=names)
    frame = frame.astype({"file_count": "Int64"} | dict.fromkeys(counts, "Int64"))
    days = [dt.date(2025, 5, day) for day in (11, 11, 12, 13, 21, 13, 14)]
    frame["received_on"] = pd.Series([*days, None, dt.date(2025, 5, 15)], dtype="object")
    return frame


def quality() -> pd.DataFrame:
    """Failed and checked records per list and dimension; custody has no service dates."""
    dimensions = ("set_aside", "national_id", "birth_date", "service_dates", "county", "duplicate")
    failed = {
        "prisons/behzisti_referral": (13, 41, 17, None, 6, 22),
        "prisons/relief_referral": (116, 530, 288, None, 95, 141),
        "prisons/custody": (7, 19, 44, None, None, 3),
        "behzisti/caseload": (56, 204, 61, 12, 30, 0),
        "relief_committee/caseload": (73, 118, 92, 40, 0, 57),
        "relief_committee/screening": (7, 2, None, None, 4, 1),
        "association/caseload": (8, 71, None, 25, 11, 5),
    }
    accepted = lists().set_index("list_key")["received"]
    rows = [
        (key, dimension, count, accepted[key])
        for key, counts in failed.items()
        for dimension, count in zip(dimensions, counts, strict=True)
        if count is not None
    ]
    frame = pd.DataFrame(rows, columns=["list_key", "dimension", "failed", "checked"])
    order = {name: place for place, name in enumerate(dimensions)}
    return frame.sort_values("dimension", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def history() -> pd.DataFrame:
    """Thirteen months before: one was never run, one has a hidden figure, one is beyond the usual variation."""
    now = figures().set_index(["key", "part"])["value"]
    now["coverage.covered_twice", ""] = 61.0
    wobble = (0.93, 0.95, 0.94, 0.97, 0.96, 1.12, 0.98, 0.97, None, 0.99, 1.01, 1.02, 1.04)
    rows = [
        (str(MONTH.plus(place - len(wobble))), key, round(now[key, ""] * share), "shown")
        for place, share in enumerate(wobble)
        if share is not None
        for key in load_settings().trend
        if (key, "") in now.index
    ]
    frame = pd.DataFrame(rows, columns=["month", "key", "value", "state"]).astype({"value": "float64"})
    hidden = frame["month"].eq(str(MONTH.plus(-3))) & frame["key"].eq("coverage.covered_twice")
    return frame.assign(state=frame["state"].mask(hidden, "hidden"))


def sample_inputs(lang: Language = "fa") -> ReportInputs:
    """The month of the golden report."""
    definitions = read_definitions(load_policies(EXPECTATIONS).figures, ROLES)
    cells = coverage_cells()
    uncovered = sum(counts[1] for counts in TRUE_COUNTS.values())
    waiting = [71, 164, 190, 148, 0]
    return ReportInputs(
        edition=Edition(
            month=MONTH,
            revision=2,
            status="revised",
            rules_version="rules-1404.02-5f0c",
            code_version="0.1.0",
            snapshot_id="a3f9c2d1e07b",
            numbers_hash="9d5e1f7c4b2a8e60d1c3f5a7b9e2d4c6f8a0b1c2d3e4f5061728394a5b6c7d8e",
            issued_on=dt.date(2025, 5, 25),
            next_issue_on=dt.date(2025, 6, 25),
        ),
        lang=lang,
        strings=load_strings("coverage", lang),
        settings=load_settings().model_copy(update={"contact": "034-32110000"}),
        threshold=THRESHOLD,
        agencies=AGENCIES,
        counties=tuple(CountyName(code, Title(fa=fa, en=en)) for code, (fa, en) in COUNTIES.items()),
        definitions=definitions,
        figures=figures(),
        previous_figures=figures(1.04),
        coverage_cells=cells,
        previous_coverage_cells=cells.assign(value=(cells["value"] * 1.25).round()),
        replaced_figures=figures().assign(
            value=lambda frame: frame["value"].where(frame["key"] != "coverage.covered", 1800.0)
        ),
        replaced_cells=cells,
        overlap=pd.DataFrame(
            [
                ("behzisti", "relief_committee", "conflict", 31),
                ("behzisti", "relief_committee", "notice", 6),
                ("association", "relief_committee", "notice", 53),
                ("behzisti", "relief_committee", "shown", 44),
                ("association", "relief_committee", "shown", 102),
            ],
            columns=["agency_a", "agency_b", "kind", "value"],
        ).astype({"value": "float64"}),
        waiting=pd.DataFrame(
            {
                "band": ["under_1", "1_to_3", "3_to_6", "6_to_12", "over_12", "unknown"],
                "value": [*map(float, waiting), float(uncovered - sum(waiting))],
            }
        ),
        lists=lists(),
        quality=quality(),
        history=history(),
        person_count=15_872,
        household_count=4_023,
        revisions=(
            Revision(2, dt.date(2025, 5, 25), (Cause("list_added", "relief_committee/caseload"), Cause("judgements"))),
            Revision(1, dt.date(2025, 5, 18), (Cause("first"),)),
        ),
    )
