"""A mistake in a rules file is told in one readable line that names the file and the place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from palayesh.adapters.rules import load_policies, load_programmes
from palayesh.findings import Refusal

EXPECTATIONS = Path(__file__).parents[3] / "expectations"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    for folder in ("programmes", "coverage"):
        shutil.copytree(EXPECTATIONS / folder, tmp_path / folder)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


PROGRAMME = "programmes/relief_committee_household.yml"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (PROGRAMME, "support_role:", "suport_role:", "support_role: Field required"),
        (PROGRAMME, "        value: 3\n", "", "values.0.value: Field required"),
        (PROGRAMME, '"2011-03-21"', '"soon"', "from"),
        (PROGRAMME, "unit: household", "unit: [household", "line 5"),
        (PROGRAMME, "programme: relief_committee_household", "programme: relief", "must be named relief.yml"),
        ("programmes/association_family.yml", "  capacity:", "  capcity:", "«capacity» is missing"),
        ("coverage/overlap_policy.yml", "same: person", "same: people", "«same» is person"),
        ("coverage/overlap_policy.yml", "longer_than: bridging_months", "longer_than: months", "months"),
        ("coverage/figures.yml", "sum_of: [husband,", "sum_of: [man,", "sum_of names a part"),
        ("coverage/figures.yml", "needs: [behzisti_referral]", "needs: [custody]", "not among the sources"),
        ("coverage/disclosure.yml", "protected_width: 3", "protected_width: 4", "at most threshold / 2 - 1"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(rules: Path, file: str, old: str, new: str, told: str) -> None:
    change(rules / file, old, new)
    with pytest.raises(Refusal) as refusal:
        load_policies(rules)
    sentence = refusal.value.sentence_en
    assert told in sentence
    assert file.split("/")[1] in sentence
    assert "\n" not in sentence


def test_values_out_of_order_are_refused(rules: Path) -> None:
    change(rules / "programmes/behzisti_female_headed.yml", '"2011-03-21"', '"2023-03-21"')
    with pytest.raises(Refusal, match="order of their dates"):
        load_programmes(rules)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no programme file"):
        load_programmes(tmp_path)
