"""Every word of the console is said in both languages, and every word that a page asks for is there."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

from markupsafe import Markup

from console.evidence import reason_of
from console.wording import Wording, strings
from palayesh.adapters.linkage_model import load_linkage_model
from palayesh.adapters.models import ReviewPair

CONSOLE = Path(__file__).resolve().parents[2] / "console"


def test_every_word_is_said_in_both_languages() -> None:
    for key, (persian, english) in strings().items():
        assert set(re.findall(r"{(\w+)}", persian)) == set(re.findall(r"{(\w+)}", english)), key
        assert re.search("[آ-ی]", persian) or persian == english or persian == "English", key
        assert persian == english or not re.search("[آ-ی]", english), key


def test_every_word_that_a_page_asks_for_is_there() -> None:
    asked = set()
    for page in CONSOLE.rglob("*.j2"):
        asked |= set(re.findall(r"\bt\('([a-z_0-9]+)'(?! ~)", page.read_text(encoding="utf-8")))
    assert len(asked) > 150
    assert asked - set(strings()) == set()


def test_numbers_and_days_are_the_languages() -> None:
    persian, english = Wording("fa"), Wording("en")
    assert persian("n_records", count=1412) == "۱٬۴۱۲ ردیف"
    assert english("n_records", count=1412) == "1,412 records"
    day = dt.date(2025, 4, 27)
    assert persian.day(day) == "۱۴۰۴/۰۲/۰۷"
    assert english.day(day) == "7 Ordibehesht 1404"
    assert persian.day("1370") == "۱۳۷۰"
    assert persian.day(None) == "–"


def test_values_are_escaped() -> None:
    assert Wording("en")("looked_at_by", name="<b>") == "&lt;b&gt; is reviewing this pair now."


def test_evidence_is_said_in_english_as_well() -> None:
    evidence = {
        "first": {"level": "two_letters"},
        "father": {"level": "same"},
        "number": {"level": "different"},
        "sex": {"level": "new"},
    }
    pair = ReviewPair(reason="نام پدر یکی است.", evidence=json.dumps(evidence))
    said = reason_of(pair, Wording("en"))
    assert said == "Agree: father&#39;s name. Near: given name (two letters differ). Differ: national number."
    assert Markup(said).unescape().startswith("Agree: father's name")
    assert reason_of(pair, Wording("fa")) == "نام پدر یکی است."
    assert reason_of(ReviewPair(reason="", evidence="{}"), Wording("en")) == "Are these two records one person?"


def test_every_field_and_level_of_the_model_has_its_words() -> None:
    model = load_linkage_model(Path(__file__).resolve().parents[2] / "expectations")
    for field, comparison in model.comparisons.items():
        assert f"evidence_{field}" in strings(), field
        assert [level for level in comparison.levels if f"level_{level}" not in strings()] == [], field


MANY = {"mend_waits", "propose_for_all", "confirm_mend_about", "second_person_needed", "was_proposed"}
"""Said only of as many records as need a second person."""


def test_english_tells_one_from_many() -> None:
    counted = {key for key, (_, english) in strings().items() if re.search(r"\{count\} [a-z]+s\b", english)}
    assert {key for key in counted - MANY if f"{key}_one" not in strings()} == set()
    assert Wording("en")("for_n_of_them", count=1) == "for 1 record"
    assert Wording("en")("in_causes", count=1) == "of 1 cause"
