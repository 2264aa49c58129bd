"""`palayesh link`: lists alone, kept for later lists, and later lists against what was kept."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.persian_lists import persian_lists
from flows.linking import link_files
from palayesh.findings import Refusal

pytestmark = pytest.mark.xdist_group("increment")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a list, its linkage (``out.csv``) and the prepared registry."""
    folder = tmp_path_factory.mktemp("linking")
    lists = persian_lists(1200, 61).drop(columns=["person_id", "household_id", "damage", "relation"])
    lists.iloc[:1100].to_csv(folder / "lists.csv", index=False)
    lists.iloc[1100:].drop(columns="list").to_csv(folder / "later.csv", index=False)
    link_files(
        [folder / "lists.csv"],
        folder / "out.csv",
        record_id="record_id",
        mapping=[],
        calendar="jalali",
        lang="en",
        prepare=folder / "prepared",
    )
    return folder


def against(kept: Path, registry: Path) -> pd.DataFrame:
    link_files(
        [kept / "later.csv"],
        kept / "found.csv",
        record_id="record_id",
        mapping=[],
        calendar="jalali",
        lang="en",
        against=registry,
    )
    return pd.read_csv(kept / "found.csv")


def test_later_lists_are_linked_to_the_persons_that_are_known(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = against(kept, kept / "prepared")
    known = pd.read_csv(kept / "out.csv")
    assert list(found.columns) == ["record_id", "person_id", "household_id", "match_probability"]
    assert 0.3 < found["person_id"].isin(known["person_id"]).mean() < 0.9
    assert "100 records" in capsys.readouterr().out


def test_what_was_not_prepared_is_refused_in_one_line(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="--prepare"):
        against(kept, tmp_path)


@pytest.mark.parametrize("wrong", [{"engine": "hadoop"}, {"against": Path("a"), "prepare": Path("b")}])
def test_what_cannot_be_asked_is_refused(kept: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        link_files(
            [kept / "lists.csv"],
            kept / "no.csv",
            record_id="record_id",
            mapping=[],
            calendar="jalali",
            lang="en",
            **wrong,
        )  # type: ignore[arg-type]
    assert not (kept / "no.csv").exists()


def link(folder: Path, *files: str, mapping: tuple[str, ...] = ()) -> None:
    link_files(
        [folder / name for name in files],
        folder / "who.csv",
        record_id="record_id",
        mapping=list(mapping),
        calendar="jalali",
        lang="en",
    )


def test_lists_with_headings_of_their_own_are_mapped_where_they_have_them(kept: Path, tmp_path: Path) -> None:
    lists = pd.read_csv(kept / "lists.csv", dtype=str).drop(columns="list")
    lists.iloc[:600].to_csv(tmp_path / "ours.csv", index=False)
    lists.iloc[600:].rename(columns={"first_name": "given"}).to_csv(tmp_path / "theirs.csv", index=False)
    link(tmp_path, "ours.csv", "theirs.csv", mapping=("first_name=given",))
    with_headings = pd.read_csv(tmp_path / "who.csv")
    lists.iloc[600:].to_csv(tmp_path / "theirs.csv", index=False)
    link(tmp_path, "ours.csv", "theirs.csv")
    pd.testing.assert_frame_equal(with_headings, pd.read_csv(tmp_path / "who.csv"))


@pytest.mark.parametrize(("mapping", "named"), [("first_name=givn", "«givn»"), ("firstname=first_name", "«firstname»")])
def test_a_mapping_that_leads_nowhere_is_named(kept: Path, mapping: str, named: str) -> None:
    with pytest.raises(Refusal, match=named):
        link(kept, "lists.csv", mapping=(mapping,))


def test_a_repeated_id_is_named_with_its_file_and_place(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("record_id,first_name\n1,رضا\n2,علی\n1,حسن\n", encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        link(tmp_path, "a.csv")
    assert "a.csv, record 3" in refused.value.sentence_en


def test_ids_that_two_files_have_in_common_are_told_apart_by_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = persian_lists(200, 62).drop(columns=["person_id", "household_id", "damage", "relation", "list"])
    people["record_id"] = range(len(people))
    (tmp_path / "elsewhere").mkdir()
    for name in ("a.csv", "b.csv", "elsewhere/a.csv"):
        people.to_csv(tmp_path / name, index=False)
    told = {"record_id": "record_id", "mapping": [], "calendar": "jalali", "lang": "en"}
    link_files([tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "out.csv", **told)
    found = pd.read_csv(tmp_path / "out.csv")
    assert found["record_id"].tolist() == [f"{name}:{place}" for name in ("a.csv", "b.csv") for place in people.index]
    of_a, of_b = found["person_id"].iloc[: len(people)], found["person_id"].iloc[len(people) :]
    assert (of_a.to_numpy() == of_b.to_numpy()).mean() > 0.9
    assert f"{len(people)} record ids are in more than one file" in " ".join(capsys.readouterr().err.split())
    link_files([tmp_path / "a.csv", tmp_path / "elsewhere" / "a.csv"], tmp_path / "out.csv", **told)
    assert pd.read_csv(tmp_path / "out.csv")["record_id"].is_unique, "two files of one name"


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"\0" * 100)
    with pytest.raises(Refusal, match=r"a\.parquet"):
        link(tmp_path, "a.parquet")
