"""Which decisions stand, and what they do to a list: spec by small tables, and properties of the log."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from palayesh.corrections.keys import record_keys, record_versions
from palayesh.corrections.standing import stand_on, standing_entries
from palayesh.declaration import ListDeclaration

DECLARED = ListDeclaration.model_validate(
    {
        "title": {"fa": "فهرست", "en": "List"},
        "role": "charity_support",
        "key": ["code"],
        "expected_records": [1, 100],
        "columns": {
            "code": {"heading": "کد", "type": "identifier"},
            "first_name": {"heading": "نام", "type": "name"},
            "decile": {"heading": "دهک", "type": "integer"},
        },
        "mentions": [{"role": "subject", "first_name": "first_name"}],
    }
)
MONTH = "1404-02"
LOG = ["id", "group_id", "action", "list_key", "month", "record_key", "mended_key", "record_id", "column", "old_raw", "new_raw",
       "code", "evidence", "mend", "undoes"]  # fmt: skip


def table(*rows: tuple[str | None, str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["code_raw", "first_name_raw", "decile_raw"]).astype("str")
    frame.insert(0, "record_id", [f"a/l/0/1/{n + 2}" for n in range(len(rows))])
    frame.insert(1, "member", "")
    return frame.assign(list_key="a/l", sheet="s", row=range(2, len(rows) + 2))


def entry(received: pd.DataFrame, place: int, column: str, new: str, **more: object) -> dict:
    old = received[f"{column}_raw"].iloc[place]
    return {
        "action": "correct", "list_key": "a/l", "month": MONTH, "column": column,
        "record_key": record_keys(received, DECLARED, column).iloc[place],
        "old_raw": "" if pd.isna(old) else old, "new_raw": new, **more,
    }  # fmt: skip


def log(*entries: dict) -> pd.DataFrame:
    frame = pd.DataFrame([{"id": n + 1, **e} for n, e in enumerate(entries)], columns=LOG)
    texts = [c for c in LOG if c not in ("id", "undoes")]
    return frame.astype(dict.fromkeys(texts, "str") | {"id": "Int64", "undoes": "Int64"})


def stand(received: pd.DataFrame, entries: pd.DataFrame, month: str = MONTH):
    return stand_on(received, standing_entries(entries), DECLARED, month=month, rule_columns={"r": ["decile"]})


BEFORE = table(("1", "علی", "12"), ("2", "رضا", "3"), (None, "زهرا", "12"))


def test_a_correction_stands_beside_the_raw_text() -> None:
    standing = stand(BEFORE, log(entry(BEFORE, 0, "decile", "2"), entry(BEFORE, 2, "decile", "1")))
    assert standing.records["decile_raw"].tolist() == ["2", "3", "1"]
    assert standing.records["corrected"].tolist() == ["decile", "", "decile"]
    assert BEFORE["decile_raw"].tolist() == ["12", "3", "12"]
    assert standing.states["state"].tolist() == ["applied", "applied"]


def test_order_of_rows_and_a_spreadsheets_spelling_do_not_matter() -> None:
    entries = log(entry(BEFORE, 0, "decile", "2"))
    saved_again = table((None, "زهرا", "12"), ("001.0", "علي", "۱۲.0"), ("2", "رضا", "3"))
    assert stand(saved_again, entries).records["decile_raw"].tolist() == ["12", "2", "3"]


def test_the_agencys_own_mend_settles_it_and_a_third_value_asks() -> None:
    entries = log(entry(BEFORE, 0, "decile", "2"))
    for now, state, text in (
        ("2", "settled", "2"),
        ("2.0", "settled", "2.0"),
        ("5", "question", "5"),
        (None, "question", None),
    ):
        standing = stand(table(("1", "علی", now)), entries)
        assert standing.states["state"].tolist() == [state]
        read = standing.records["decile_raw"].iloc[0]
        assert (None if pd.isna(read) else read) == text
    assert stand(table(("9", "علی", "12")), entries).states["state"].tolist() == ["absent"]


def test_in_a_later_month_only_what_is_stable_contradicts() -> None:
    decile, name = log(entry(BEFORE, 0, "decile", "2")), log(entry(BEFORE, 0, "first_name", "علیرضا"))
    assert stand(table(("1", "علی", "5")), decile, "1404-03").states["state"].tolist() == ["changed"]
    assert stand(table(("1", "حسن", "5")), name, "1404-03").states["state"].tolist() == ["question"]
    assert stand(table(("1", "علی", "12")), decile, "1404-03").records["decile_raw"].tolist() == ["2"]
    assert stand(table(("1", "علی", "12")), decile, "1404-01").records["decile_raw"].tolist() == ["12"]


def test_the_last_of_two_corrections_of_one_cell_holds() -> None:
    entries = log(entry(BEFORE, 0, "decile", "2"), entry(BEFORE, 0, "decile", "4"))
    assert stand(BEFORE, entries).records["decile_raw"].iloc[0] == "4"
    # The agency mends it to what the steward no longer means: that is a third value.
    assert stand(table(("1", "علی", "2")), entries).states["state"].tolist() == ["question"]


def test_a_keyless_record_keeps_its_key_when_that_cell_is_mended() -> None:
    entries = log(entry(BEFORE, 2, "decile", "1"))
    assert stand(table((None, "زهرا", "1")), entries).states["state"].tolist() == ["settled"]
    assert stand(table((None, "زهره", "12")), entries).states["state"].tolist() == ["absent"]


def test_a_mended_key_is_found_under_its_new_name() -> None:
    mended = BEFORE.assign(code_raw=["7", "2", None]).astype({"code_raw": "str"})
    new_key = record_keys(mended, DECLARED).iloc[0]
    entries = log(entry(BEFORE, 0, "code", "7", mended_key=new_key), entry(BEFORE, 0, "decile", "2"))
    sent_again = table(("7", "علی", "12"))
    standing = stand(sent_again, entries)
    assert standing.states["state"].tolist() == ["settled", "applied"]
    assert standing.records["decile_raw"].tolist() == ["2"]


cells = st.sampled_from(["", "1", "2", "12", "علی"])
actions = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["first_name", "decile"]), cells), max_size=6)


@settings(deadline=None, max_examples=60)
@given(actions, st.data())
def test_undoing_everything_restores_everything(made: list[tuple[int, str, str]], data: st.DataObject) -> None:
    entries = [entry(BEFORE, *one) for one in made]
    count = len(entries)
    order = data.draw(st.permutations(range(count)))
    undoing = [{**entries[n], "action": "undo", "undoes": n + 1} for n in order]
    standing = stand(BEFORE, log(*entries, *undoing))
    pd.testing.assert_frame_equal(standing.records.drop(columns="corrected"), BEFORE)
    assert standing.states.empty and set(standing.records["corrected"]) == {""}
    # Undoing the undoing brings each back.
    redoing = [{**entries[n], "action": "undo", "undoes": count + 1 + place} for place, n in enumerate(order)]
    again = stand(BEFORE, log(*entries, *undoing, *redoing))
    pd.testing.assert_frame_equal(again.records, stand(BEFORE, log(*entries)).records)


@settings(deadline=None, max_examples=60)
@given(actions)
def test_no_record_is_lost_and_only_corrected_cells_change(made: list[tuple[int, str, str]]) -> None:
    standing = stand(BEFORE, log(*[entry(BEFORE, *one) for one in made]))
    assert standing.records["record_id"].tolist() == BEFORE["record_id"].tolist()
    for name in ("code", "first_name", "decile"):
        same = standing.records[f"{name}_raw"].fillna("") == BEFORE[f"{name}_raw"].fillna("")
        named = standing.records["corrected"].str.split(";").map(lambda columns, name=name: name in columns)
        assert (same == ~named).all()


def test_a_version_changes_with_text_and_with_decisions() -> None:
    nothing = pd.Series("", index=BEFORE.index)
    versions = record_versions(BEFORE, nothing)
    assert versions.is_unique
    assert record_versions(BEFORE.assign(decile_raw="9"), nothing).ne(versions).all()
    assert record_versions(BEFORE, nothing + "1").ne(versions).all()
    assert record_versions(BEFORE.copy(), nothing).eq(versions).all()
