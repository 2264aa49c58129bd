"""What the console decides reaches the next run, and what the next run asks again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from palayesh.adapters import settings
from palayesh.adapters.audit_store import Act
from palayesh.adapters.models import ReviewPair
from palayesh.adapters.registry import Registry
from palayesh.adapters.review_store import Kept, NewJudgement, ReviewStore
from tasks import installation
from tasks import link as linking
from tests.linkage.people import CASELOAD, COMMITTEE, crowd, mention, number, table

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
NOW = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
PAIR = {"first_name": "سحر", "last_name": "طالقانی", "father_name": "بهمن", "sex": "female", "county": "0803"}


def month_of(*, second_born: dt.date = dt.date(1990, 5, 12)) -> pd.DataFrame:
    """A month in which one pair is uncertain: the same name twice, with other numbers."""
    return table(
        [
            *crowd(),
            mention(1, CASELOAD, **PAIR, national_id=number("990123450"), born=dt.date(1990, 5, 21), family="f1"),
            mention(2, COMMITTEE, **PAIR, national_id=number("990123451"), born=second_born, family="f2"),
        ]
    )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    settings.override(var=tmp_path / "var", lang="en", database_url="")
    return installation.registry()


def run(
    registry: Registry, mentions: pd.DataFrame, revision: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, ReviewPair]:
    """The link step of a run over these mentions; the pairs that it asks of the two under test."""
    records = pd.DataFrame({"record_id": mentions["record_id"], "sheet": "Sheet1", "row": 1})
    monkeypatch.setattr(linking, "accepted_records", lambda month, columns: {"all": records})
    monkeypatch.setattr(linking, "mentions_from", lambda accepted, agencies: mentions)
    run_id, _, _ = registry.begin_run(
        "1404-02",
        inputs_sha256=revision,
        rules_sha256="r",
        judgement_position=0,
        code_version="1",
        issued_on=dt.date(2025, 6, 1),
    )
    linking.link_month.fn(run_id)
    registry.finish_run(run_id)
    pairs = ReviewStore(registry).queue(run_id, agency=None, steward="nobody", limit=500)
    return {
        p.kind: p
        for p in pairs
        if {"#1", "#2"} & {"#" + p.mention_id_l.split("/")[4].split("#")[0]}
        and "/1/1#" in p.mention_id_l + p.mention_id_r
    }


def judge(registry: Registry, pair: ReviewPair, judgement: str, **more: Any) -> None:
    view_evidence = {"weights": pair.evidence, "match_probability": pair.match_probability, "reason": pair.reason}
    answer = ReviewStore(registry).judge(
        NewJudgement(
            pair.pair_id, pair.identity_key_l, pair.identity_key_r, judgement, "zahra", f"{judgement}{pair.run_id}",
            more.get("follows", 0), evidence=view_evidence, evidence_sha256=pair.evidence_sha256, run_id=pair.run_id,
        ),
        Act(NOW, "zahra", "steward", "judged", pair.pair_id),
    )  # fmt: skip
    assert isinstance(answer, Kept)


def persons(registry: Registry, revision: int) -> int:
    linked = registry.frame(f"1404-02.r{revision}", "linked_mentions")
    chosen = linked["mention_id"].str.contains("/1/[12]#")
    return int(linked.loc[chosen, "person_id"].nunique())


def test_a_judgement_reaches_the_next_run_and_is_asked_again_when_its_evidence_changes(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run(registry, month_of(), "a", monkeypatch)
    (pair,) = asked.values()
    assert persons(registry, 1) == 2
    assert {pair.agency_l, pair.agency_r} == {"behzisti", "relief_committee"}
    assert pair.effect >= 2
    assert pair.since_month == "1404-02"
    cards = ReviewStore(registry).cards(pair.run_id, mentions=[pair.mention_id_l, pair.mention_id_r])
    assert {card.card["father_name"] for card in cards} == {"بهمن"}

    judge(registry, pair, "unsure")
    (still,) = run(registry, month_of(), "b", monkeypatch).values()
    assert still.pair_id == pair.pair_id, "asked until somebody knows"
    assert still.unsure_by == "|zahra|"
    judge(registry, still, "same", follows=1)

    # The agency corrects the birth date: the judgement holds, and a person is asked whether it still should.
    again = run(registry, month_of(second_born=dt.date(1971, 2, 3)), "c", monkeypatch)
    assert list(again) == ["changed"]
    assert persons(registry, 3) == 1, "a batch does not overwrite a person's judgement"
    judge(registry, again["changed"], "different", follows=2)
    assert run(registry, month_of(second_born=dt.date(1971, 2, 3)), "d", monkeypatch) == {}
    assert persons(registry, 4) == 2
