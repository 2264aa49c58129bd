"""Codes, counties and provinces; and declarations that are refused with one readable line."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from palayesh.adapters.declarations import load_agencies, load_agency, load_vocabularies
from palayesh.findings import Refusal
from palayesh.vocabulary import Vocabulary, code_column

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
FIXED_VALUES = {
    "sex": {"male", "female"},
    "relation": {"prisoner", "head", "spouse", "child", "father", "mother", "sibling", "grandchild", "other"},
    "imprisoned_members": {"husband", "wife", "both"},
    "support_type": {"continuous", "case_by_case"},
    "case_status": {"active", "dormant", "temporary_exit", "closed", "under_review"},
    "screening_result": {"eligible", "not_eligible", "under_review", "no_show"},
    "release_status": {"in_custody", "on_leave", "electronic_tag", "released"},
    "legal_status": {"accused", "convicted"},
    "marital_status": {"married", "single", "divorced", "widowed"},
    "opinion": {"confirmed", "rejected"},
}


@pytest.fixture(scope="module")
def vocabularies() -> dict[str, Vocabulary]:
    return load_vocabularies(EXPECTATIONS / "vocabularies")


def values_of(vocabulary: Vocabulary, *texts: str) -> list[str | None]:
    return [vocabulary.value_of(text) for text in texts]


@pytest.mark.parametrize("name", sorted(FIXED_VALUES))
def test_the_contracts_values_are_exactly_these(vocabularies, name):
    assert vocabularies[name].known_values == FIXED_VALUES[name]


def test_causes_care_services_and_aid_have_their_files(vocabularies):
    assert {"breadwinner_imprisoned", "other", "old_age", "illness"} <= vocabularies["coverage_cause"].known_values
    assert {"care_type", "service_type", "aid_type", "prison"} <= set(vocabularies)


def test_every_heading_and_value_of_the_lists_is_known(vocabularies):
    met = {
        "sex": "زن مرد مؤنث مذکر دختر پسر خانم آقا",
        "relation": "همسر زوجه زوج فرزند پسر دختر پدر مادر خواهر برادر نوه سایر سرپرست",
        "case_status": "فعال راکد قطع",
        "support_type": "مستمر موردی",
        "legal_status": "متهم محکوم",
        "marital_status": "متاهل متأهل مجرد مطلقه بیوه",
        "opinion": "تایید تأیید رد",
        "service_type": "مستمری موردی امدادبگیر شبه‌خانواده مشاوره",
    }
    for name, words in met.items():
        assert None not in values_of(vocabularies[name], *words.split()), name
    assert values_of(vocabularies["relation"], "خود زندانی", "همسر") == ["prisoner", "spouse"]
    assert values_of(vocabularies["imprisoned_members"], "مرد", "همسر", "هر دو") == ["husband", "wife", "both"]
    assert vocabularies["coverage_cause"].value_of("زندانی بودن سرپرست") == "breadwinner_imprisoned"
    assert vocabularies["release_status"].value_of("مرخصي") == "on_leave"
    assert vocabularies["screening_result"].value_of("فاقد شرايط") == "not_eligible"


def test_there_are_25_counties_and_31_provinces(vocabularies):
    assert len(vocabularies["county"].known_values - {"outside"}) == 25
    assert len(vocabularies["province"].known_values - {"abroad"}) == 31


def test_every_county_borders_one_that_borders_it_too(vocabularies):
    neighbours = vocabularies["county"].neighbours
    assert all(neighbours[code] for code in vocabularies["county"].known_values - {"outside"})
    assert neighbours["outside"] == []
    assert "0817" in neighbours["0824"], "Gonbaki was cut out of Rigan"
    assert "0815" in neighbours["0825"], "Jazmurian was cut out of Rudbar-e Jonub"
    assert all(code in neighbours[other] for code, others in neighbours.items() for other in others)


@pytest.mark.parametrize(
    ("neighbours", "said"),
    [
        ({"a": ["b"], "b": []}, "«a» names «b» as its neighbour, «b» does not name «a»"),
        ({"a": ["a"], "b": []}, "the neighbour «a» of «a» is no other value of this vocabulary"),
        ({"a": ["c"], "b": []}, "the neighbour «c» of «a» is no other value of this vocabulary"),
    ],
)
def test_a_one_sided_neighbourhood_is_refused_in_one_line(tmp_path, neighbours, said):
    values = [{"value": value, "fa": value, "en": value, "neighbours": near} for value, near in neighbours.items()]
    declared = {"title": {"fa": "x", "en": "x"}, "source": "x", "values": values}
    (tmp_path / "county.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        load_vocabularies(tmp_path)
    assert said in refused.value.sentence_en
    assert "county.yml" in refused.value.sentence_en
    assert "\n" not in refused.value.sentence_en


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("كرمان", "0808"),
        ("شهرستان کرمان", "0808"),
        ("شهر بابک", "0807"),
        ("شهر‌بابک", "0807"),
        ("شهرستان شهربابك", "0807"),
        ("قلعه گنج", "0816"),
        ("ارزوئیه", "0823"),
        ("ارزوییه", "0823"),
        ("ارزونیه", "0823"),
        ("رودبارجنوب", "0815"),
        ("عنبر آباد", "0812"),
        ("بم - بخش مرکزی", "0802"),
        ("استان کرمان - شهرستان بم", "0802"),
        ("0808", "0808"),
        ("زاهدان", "outside"),
        ("بندر عباس", "outside"),
        ("کرمانشاه", "outside"),
        ("استان فارس", "outside"),
        ("بم / رفسنجان", None),
        ("استان کرمان", None),
        ("ناکجاآباد", None),
    ],
)
def test_counties(vocabularies, text, code):
    assert vocabularies["county"].value_of(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("کرمان", "08"),
        ("استان هرمزگان", "22"),
        ("سیستان‌وبلوچستان", "11"),
        ("شیراز", "07"),
        ("افغانستان", "abroad"),
        ("x", None),
    ],
)
def test_provinces(vocabularies, text, code):
    assert vocabularies["province"].value_of(text) == code


def test_every_prison_stands_in_a_known_province_and_county(vocabularies):
    for prison in vocabularies["prison"].values:
        assert prison.province in vocabularies["province"].known_values
        assert (prison.county in vocabularies["county"].known_values) == (prison.province == "08")
    assert vocabularies["prison"].entry(vocabularies["prison"].value_of("ندامتگاه كرمان")).county == "0808"


def test_a_column_of_codes_is_ok_unknown_or_missing(vocabularies):
    texts = pd.Series(["زن", "1", "1.0", "۱", "3", "ندارد", "", None], dtype="str")
    table = code_column(texts, vocabularies["sex"], {"1": "male"})
    assert table["value"].fillna("").tolist() == ["female", "male", "male", "male", "", "", "", ""]
    assert table["status"].tolist() == ["ok", "ok", "ok", "ok", "unknown", "missing", "missing", "missing"]


def test_numbers_mean_nothing_unless_the_list_says_so(vocabularies):
    assert code_column(pd.Series(["1"]), vocabularies["sex"])["status"].tolist() == ["unknown"]


def test_own_values_must_exist(vocabularies):
    with pytest.raises(ValueError, match="has no value man"):
        code_column(pd.Series(["1"]), vocabularies["sex"], {"1": "man"})


def vocabulary_of(*values: dict) -> dict:
    return {"title": {"fa": "آ", "en": "A"}, "source": "test", "values": list(values)}


def test_a_spelling_with_two_meanings_is_refused():
    values = [{"value": "a", "fa": "يك", "en": "a"}, {"value": "b", "fa": "دو", "en": "b", "spellings": ["یک"]}]
    with pytest.raises(ValidationError, match="means both «a» and «b»"):
        Vocabulary.model_validate(vocabulary_of(*values))


def test_a_value_listed_twice_is_refused():
    with pytest.raises(ValidationError, match="listed twice"):
        Vocabulary.model_validate(vocabulary_of(*[{"value": "a", "fa": "یک", "en": "a"}] * 2))


SOURCE = """\
agency: {name}
title: {{fa: "دستگاه", en: "Agency"}}
steward: "steward@example.org"
counts_as_cover: true
lists:
  caseload:
    title: {{fa: "فهرست", en: "List"}}
    role: charity_support
    key: [member_no]
    expected_records: [1, 1_000]
    columns:
      member_no: {{heading: "شماره", type: identifier, required: true}}
      sex: {{heading: "جنسیت", type: code, vocabulary: {vocabulary}, values: {{"1": {value}}}}}
    mentions: [{{role: subject, sex: sex}}]
"""


@pytest.fixture
def declare(tmp_path):
    def write(text: str, name: str = "an_agency") -> Path:
        folder = tmp_path / "agencies" / name
        folder.mkdir(parents=True)
        (folder / "source.yml").write_text(text, encoding="utf-8")
        return folder / "source.yml"

    return write


def good(**changed: str) -> str:
    return SOURCE.format(**{"name": "an_agency", "vocabulary": "sex", "value": "male", **changed})


def test_an_agency_is_read_from_its_file_or_folder(declare):
    source = declare(good())
    assert load_agency(source) == load_agency(source.parent)
    assert load_agencies(source.parents[1])["an_agency"].lists["caseload"].expected_records == (1, 1000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (good().replace("steward:", "stewart:"), "did you mean «steward»"),
        (good().replace("role: charity_support", "rôle: charity_support"), "lists.caseload.role: this key is missing"),
        (good().replace("type: identifier", "type: identifer"), "lists.caseload.columns.member_no.type"),
        (good().replace("[member_no]", "[memberno]"), "names columns that it does not declare: memberno"),
        (good() + "    form_from: 1403-06-30\n", "line 15: write «1403-06-30» in quotes"),
        (good() + "    volume_tolerance: 0012345670\n", "write «0012345670» in quotes"),
        (good() + "    unused_headings: [no]\n", "write «no» in quotes"),
        (good() + "counts_as_cover: false\n", "the key «counts_as_cover» stands twice"),
        (good() + "  - x\n", "line 15"),
        ("", "is empty"),
        (good(name="another"), "must be the name of its folder, «an_agency»"),
    ],
)
def test_a_mistake_in_a_declaration_is_one_readable_line(declare, text, said):
    source = declare(text)
    with pytest.raises(Refusal) as refused:
        load_agency(source)
    assert said in refused.value.sentence_en
    assert "an_agency/source.yml" in refused.value.sentence_en
    assert "\n" not in refused.value.sentence_en + refused.value.sentence_fa
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"vocabulary": "sexx"}, "there is no vocabulary «sexx»; did you mean «sex»?"),
        ({"value": "mael"}, "the vocabulary «sex» has no value «mael»; did you mean «male»?"),
    ],
)
def test_agencies_name_only_what_the_vocabularies_know(declare, changed, said):
    agencies = declare(good(**changed)).parents[1]
    (agencies.parent / "vocabularies").mkdir()
    for name in ("sex.yml", "county.yml"):
        text = (EXPECTATIONS / "vocabularies" / name).read_text(encoding="utf-8")
        (agencies.parent / "vocabularies" / name).write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=r"source\.yml") as refused:
        load_agencies(agencies)
    assert said in refused.value.sentence_en


def test_a_folder_without_agencies_or_vocabularies_is_refused(tmp_path):
    with pytest.raises(Refusal, match="no agency is declared"):
        load_agencies(tmp_path)
    with pytest.raises(Refusal, match="no vocabulary is declared"):
        load_vocabularies(tmp_path)


def test_a_file_in_another_encoding_is_refused(declare):
    source = declare(good())
    source.write_bytes("agency: زن".encode("cp1256"))
    with pytest.raises(Refusal, match="is not UTF-8"):
        load_agency(source)


def test_the_agencies_of_this_installation_are_well_declared():
    agencies = load_agencies(EXPECTATIONS / "agencies")
    assert agencies and not any(name.startswith("_") for name in agencies)
