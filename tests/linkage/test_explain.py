"""The waterfall of a pair: every step is told, the steps end at the probability, and no text is inside the SVG."""

from __future__ import annotations

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palayesh.adapters import templates
from palayesh.linkage.explain import chart, waterfall
from tests.linkage.months import model

EVIDENCE = {
    "first": {"level": "one_letter", "weight": 6.0},
    "last": {"level": "same", "weight": 7.2},
    "birth": {"level": "same_day", "weight": 14.3},
    "number": {"level": "different", "weight": -2.7},
    "county": {"level": "same", "weight": 3.7},
    "phones": {"level": "different", "weight": -2.5},
}


def rendered(lang: str) -> str:
    found = waterfall(json.dumps(EVIDENCE), prior=1e-4, match_probability=0.87, model=model(), lang=lang)
    page = templates.environment().from_string(
        "{% from '_shared/waterfall.html.j2' import waterfall, waterfall_style %}"
        "<style>{{ waterfall_style() }}</style>{{ waterfall(chart, t) }}"
    )
    return page.render(chart=chart(found, lang=lang), t=templates.load_strings("_shared", lang)["waterfall"])


def test_steps_run_from_the_prior_to_the_probability() -> None:
    found = waterfall(json.dumps(EVIDENCE), prior=1e-4, match_probability=0.87, model=model())
    assert [step.field for step in found.steps] == [
        "prior", "first", "last", "birth", "number", "county", "phones", "family", "result",
    ]  # fmt: skip
    for before, after in zip(found.steps, found.steps[1:-1], strict=False):
        assert after.before == before.after
    assert found.steps[0].weight == pytest.approx(math.log2(1e-4 / (1 - 1e-4)))
    assert found.steps[-1].after == pytest.approx(math.log2(0.87 / 0.13))
    assert found.steps[1].title == "نام"
    assert found.steps[1].words == "یک حرف فرق دارد"
    assert [step.direction for step in found.steps[1:5]] == ["for", "for", "for", "against"]


def test_what_is_missing_has_no_step_and_a_sum_that_is_the_result_needs_no_caution() -> None:
    evidence = {"first": {"level": "same", "weight": 6.0}}
    found = waterfall(json.dumps(evidence), prior=0.5, match_probability=64 / 65, model=model())
    assert [step.field for step in found.steps] == ["prior", "first", "result"]


def test_evidence_that_the_model_does_not_know_is_refused() -> None:
    for evidence in ({"shoe": {"level": "same", "weight": 1}}, {"sex": {"level": "perhaps", "weight": 1}}):
        with pytest.raises(ValueError, match="does not know"):
            waterfall(json.dumps(evidence), prior=0.1, match_probability=0.5, model=model())
    with pytest.raises(ValueError, match="prior"):
        waterfall("{}", prior=0, match_probability=0.5, model=model())


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_chart_is_labelled_by_html_and_holds_no_text_in_its_svg(lang: str) -> None:
    page = rendered(lang)
    assert page.count("<svg") == 9
    assert not re.search(r"<(text|foreignObject)", page)
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        assert not re.sub(r"<[^>]*>", "", svg).strip()
    words = ["یک حرف فرق دارد", "۸۷٫۰٪", "+۱۴٫۳", "−۲٫۷"] if lang == "fa" else ["one letter", "87.0%", "+14.3", "−2.7"]
    for word in words:
        assert word in page
    if lang == "en":
        assert not re.search("[آ-ی]", page)


def test_persian_grows_from_right_to_left() -> None:
    found = waterfall(json.dumps(EVIDENCE), prior=1e-4, match_probability=0.87, model=model())
    persian, english = chart(found, lang="fa"), chart(found, lang="en")
    assert float(persian.zero) == pytest.approx(100 - float(english.zero), abs=0.011)
    assert float(persian.bars[1].joint) < float(persian.bars[0].joint)
    assert float(english.bars[1].joint) > float(english.bars[0].joint)


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        field: st.tuples(st.sampled_from(list(comparison.levels)), st.floats(-40, 40).map(lambda bits: round(bits, 1)))
        for field, comparison in model().comparisons.items()
    },
)


@given(FIELDS, st.floats(1e-12, 0.5), st.floats(0, 1))
def test_every_waterfall_stays_on_the_page_and_ends_where_it_says(
    fields: dict[str, tuple[str, float]], prior: float, probability: float
) -> None:
    evidence = json.dumps({field: {"level": level, "weight": weight} for field, (level, weight) in fields.items()})
    found = waterfall(evidence, prior=prior, match_probability=probability, model=model())
    total = sum(step.weight for step in found.steps[:-1])
    assert total == pytest.approx(found.steps[-1].after, abs=0.051)
    for bar in chart(found).bars:
        assert float(bar.x) >= 0
        assert float(bar.x) + float(bar.width) <= 100.01
