"""FEBRL as our columns. Skipped where its data is not installed (see benchmarks/febrl.py)."""

import pytest

from benchmarks import febrl as data


@pytest.mark.skipif(not data.is_there(), reason=data.HOW_TO_GET)
def test_febrl_has_its_sizes() -> None:
    sizes = {number: (len(frame := data.febrl(number)), frame["person_id"].nunique()) for number in data.FILES}
    assert sizes == {1: (1000, 500), 2: (5000, 4000), 3: (5000, 2000), 4: (10000, 5000)}
    four = data.febrl(4, with_numbers=False)
    assert four["external_id"].isna().all()
    assert four["list"].value_counts().to_dict() == {"4a": 5000, "4b": 5000}
    assert four.loc[four["list"] == "4b", "damage"].str.contains("changed|missing").mean() > 0.9


def test_what_is_not_there_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="pip install --no-deps"):
        data.febrl(1)
