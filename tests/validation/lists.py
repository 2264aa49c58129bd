"""Small healthy standardised tables of every list, with synthetic people only (national numbers begin with 990)."""

from __future__ import annotations

import pandas as pd

AS_OF = "2025-05-21"

COLUMNS: dict[str, dict[str, str]] = {
    "prisons/behzisti_referral": {
        "household_ref": "identifier",
        "prisoner_national_id": "national_id",
        "prisoner_name": "full_name",
        "imprisoned_members": "code:husband",
        "first_name": "name",
        "last_name": "name",
        "father_name": "name",
        "national_id": "national_id",
        "birth_date": "birth_date",
        "sex": "code:male",
        "relation": "code:prisoner",
        "county": "code:0801",
        "mobile": "phone",
        "prison": "text",
        "prison_province": "code:08",
        "custody_start": "date",
        "letter_no": "identifier",
        "letter_date": "date",
    },
    "prisons/custody": {
        "prisoner_no": "identifier",
        "first_name": "name",
        "last_name": "name",
        "father_name": "name",
        "national_id": "national_id",
        "birth_date": "birth_date",
        "sex": "code:male",
        "prison": "text",
        "prison_province": "code:08",
        "custody_start": "date",
        "custody_end": "later_date",
        "legal_status": "code:convicted",
        "release_status": "code:in_custody",
        "marital_status": "code:married",
    },
    "behzisti/caseload": {
        "case_no": "identifier",
        "first_name": "name",
        "last_name": "name",
        "father_name": "name",
        "national_id": "national_id",
        "birth_date": "birth_date",
        "sex": "code:female",
        "relation": "code:head",
        "household_code": "identifier",
        "prisoner_name": "full_name",
        "prisoner_national_id": "national_id",
        "support_type": "code:continuous",
        "service_type": "code:pension",
        "service_start": "date",
        "service_end": "later_date",
        "judicial_order_no": "identifier",
        "judicial_order_date": "date",
        "care_type": "code:at_home",
        "screening_result": "code:eligible",
        "application_date": "date",
        "decile": "integer:2",
        "county": "code:0801",
    },
    "relief_committee/caseload": {
        "household_code": "identifier",
        "client_no": "identifier",
        "first_name": "name",
        "last_name": "name",
        "father_name": "name",
        "national_id": "national_id",
        "birth_date": "birth_date",
        "sex": "code:female",
        "relation": "code:head",
        "head_national_id": "national_id",
        "coverage_cause": "code:breadwinner_imprisoned",
        "status": "code:active",
        "support_type": "code:continuous",
        "service_start": "date",
        "service_end": "later_date",
        "decile": "integer:2",
        "prisoner_name": "full_name",
        "prisoner_national_id": "national_id",
        "prison_province": "code:08",
        "county": "code:0801",
    },
    "relief_committee/screening": {
        "household_code": "identifier",
        "head_name": "full_name",
        "head_national_id": "national_id",
        "screening_result": "code:eligible",
        "screening_date": "date",
        "decile": "integer:2",
        "social_worker_opinion": "code:confirmed",
        "reason": "text",
        "county": "code:0801",
    },
    "association/caseload": {
        "member_no": "identifier",
        "prisoner_name": "full_name",
        "father_name": "name",
        "prisoner_national_id": "national_id",
        "prison": "text",
        "head_name": "full_name",
        "head_national_id": "national_id",
        "household_size": "integer:4",
        "aid_type": "code:cash",
        "service_start": "date",
        "service_end": "later_date",
        "status": "code:active",
        "county": "code:0801",
    },
    "ngo_mehr/caseload": {
        "national_id": "national_id",
        "full_name": "full_name",
        "father_name": "name",
        "birth_date": "birth_date",
        "sex": "code:female",
        "relation": "code:head",
        "county": "code:0801",
        "prisoner_national_id": "national_id",
        "aid_type": "code:cash",
        "service_start": "date",
        "service_end": "later_date",
    },
}
COLUMNS["prisons/relief_referral"] = {
    name: kind for name, kind in COLUMNS["prisons/behzisti_referral"].items() if name != "imprisoned_members"
} | {"prisoner_no": "identifier"}
COLUMNS["association/applications"] = {
    **{name: kind for name, kind in COLUMNS["association/caseload"].items() if not name.startswith("service_")},
    "application_date": "date",
}
COLUMNS["_template/caseload"] = COLUMNS["ngo_mehr/caseload"]

FATHERS = ("حسن", "حسین", "رضا", "علی", "محمود")
GIVEN = ("زهرا", "علی", "مریم", "رضا", "فاطمه", "حسین", "ناهید")
SURNAMES = ("کرمانی", "بردسیری", "زرندی", "بمی", "سیرجانی", "رفسنجانی", "جیرفتی", "بافتی", "راوری", "انارى")


def national_number(serial: int) -> str:
    """A made-up number with a right check digit, beginning with 990."""
    nine = f"990{serial:06d}"
    remainder = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return nine + str(remainder if remainder < 2 else 11 - remainder)


def healthy(list_key: str, count: int = 24) -> pd.DataFrame:
    """A standardised table of one list in which every rule finds something to look at, and nothing to blame."""
    rows = range(count)
    table: dict[str, object] = {
        "record_id": [f"{list_key}/0123456789ab/1/{row + 2}" for row in rows],
        "list_key": list_key,
        "sheet": "فهرست",
        "row": pd.Series([row + 2 for row in rows], dtype="Int64"),
        "member": "",
        "is_hidden": pd.Series([False for _ in rows], dtype="boolean"),
    }
    for place, (column, kind) in enumerate(COLUMNS[list_key].items()):
        status, values = "ok", pd.Series([f"متن {column} {row}" for row in rows], dtype="str")
        if kind == "national_id":
            status = "valid"
            values = pd.Series([national_number(1000 * place + row + 1) for row in rows], dtype="str")
        elif kind in ("date", "birth_date", "later_date"):
            day = {"date": "2025-05-01", "birth_date": "1990-03-21", "later_date": "2025-09-01"}[kind]
            values = pd.Series([day for _ in rows]).astype("datetime64[s]")
            table[f"{column}_year"] = pd.Series([1404 if kind != "birth_date" else 1369 for _ in rows], dtype="Int64")
        elif kind.startswith("integer"):
            values = pd.Series([int(kind.partition(":")[2]) for _ in rows], dtype="Int64")
        elif kind.startswith("code"):
            values = pd.Series([kind.partition(":")[2] for _ in rows], dtype="str")
        elif kind == "phone":
            values = pd.Series([f"0913{row:07d}" for row in rows], dtype="str")
        elif kind == "identifier":
            values = pd.Series([f"{place}{row:05d}" for row in rows], dtype="str")
        elif column == "first_name":
            values = pd.Series([GIVEN[row % len(GIVEN)] for row in rows], dtype="str")
        elif column == "last_name":
            values = pd.Series([SURNAMES[row % len(SURNAMES)] for row in rows], dtype="str")
        elif column == "father_name":
            values = pd.Series([FATHERS[row % len(FATHERS)] for row in rows], dtype="str")
        elif kind == "full_name":
            values = pd.Series(
                [f"{GIVEN[row % len(GIVEN)]} {SURNAMES[row % len(SURNAMES)]} {row}" for row in rows], dtype="str"
            )
        table[column] = values
        table[f"{column}_raw"] = values.astype("str")
        table[f"{column}_status"] = pd.Series([status for _ in rows], dtype="str")
    return pd.DataFrame(table)


def empty_cell(records: pd.DataFrame, row: int, column: str) -> None:
    """Nothing stands in the cell any more."""
    records.loc[row, column] = pd.NaT if records[column].dtype.kind == "M" else pd.NA
    records.loc[row, f"{column}_raw"] = pd.NA
    records.loc[row, f"{column}_status"] = "missing"


def spoil(records: pd.DataFrame, row: int, column: str, status: str) -> None:
    """The cell has the status, and no value where the contract says it has none."""
    if status == "missing":
        empty_cell(records, row, column)
        return
    if status in ("invalid", "unknown", "partial") or (status == "suspect" and records[column].dtype.kind == "M"):
        records.loc[row, column] = pd.NaT if records[column].dtype.kind == "M" else pd.NA
    records.loc[row, f"{column}_status"] = status
