"""Judgements are secured: a second person for large merges, and pairs asked again that show how stewards agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from palayesh.adapters import settings
from palayesh.adapters.audit_store import AuditStore
from palayesh.adapters.linkage_model import load_review_policy
from palayesh.adapters.registry import Registry
from palayesh.review.access import Role, Visitor
from palayesh.review.policy import ReviewPolicy, agreement, is_check_due
from tasks import checks, installation, reviewing
from tests.web import world
from tests.web.conftest import Browser, first_pair, hidden, judge

Visit = Callable[[str], Browser]
PLAIN = {"check_share": 0.0, "own_pair_after_days": 7, "second_person_records": 12, "second_person_mended_records": 500,
         "sampled_joins": 0, "usual_pairs_per_hour": 150}  # fmt: skip


def with_policy(monkeypatch: pytest.MonkeyPatch, **values: float) -> None:
    policy = ReviewPolicy(**{**PLAIN, **values})  # type: ignore[arg-type]
    monkeypatch.setattr(reviewing, "policy", lambda: policy)


def judgements(registry: Registry) -> list[tuple[str, str]]:
    log = registry.judgements()
    return list(zip(log["decided_by"], log["judgement"], strict=True))


def test_the_installed_policy_is_read_and_changes_no_month() -> None:
    root = settings.current().expectations
    assert load_review_policy(root).check_share <= 0.05
    assert installation.rules_digest() == installation.rules_digest()
    assert "review" not in {path.parent.name for path in root.rglob("*.yml") if "sample" in path.parts}


def test_the_share_of_checks_does_not_change_the_rules_of_a_month(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(settings.current().expectations, tmp_path / "expectations")
    settings.override(expectations=tmp_path / "expectations")
    before = installation.rules_digest()
    policy = tmp_path / "expectations" / "review" / "queue.yml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("0.04", "0.10"), encoding="utf-8")
    assert installation.rules_digest() == before
    assert reviewing.policy().check_share == 0.10


def test_a_large_merge_holds_when_a_second_person_says_so_too(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_policy(monkeypatch, second_person_records=2)
    first, second = visit("steward"), visit("colleague")
    pair = first_pair(first)
    pair_id = pair.rpartition("/")[2]
    assert "makes one person of 2 records" in first.get(pair).text
    onward = judge(first, pair, "same", note="the same signature")
    assert onward.status_code == 303
    assert "waits for a second person" in first.get(onward.headers["location"]).text
    assert judgements(registry) == [("zahra", "proposed")]
    assert reviewing.store().pair(world.RUN, pair_id, agency=None).is_open  # type: ignore[union-attr]
    # The first is not asked again, and cannot be the second.
    assert pair_id not in first.get("/pairs").text
    assert judge(first, pair, "same").status_code == 409
    page = second.get(pair).text
    assert "Zahra said on" in page
    assert "the same signature" in page
    assert judge(second, pair, "same").status_code == 303
    assert judgements(registry) == [("zahra", "proposed"), ("reza", "same")]
    assert not reviewing.store().pair(world.RUN, pair_id, agency=None).is_open  # type: ignore[union-attr]


def test_a_second_person_may_say_otherwise_and_a_proposal_can_be_taken_back(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_policy(monkeypatch, second_person_records=2)
    first, second = visit("steward"), visit("colleague")
    pair = first_pair(first)
    judge(first, pair, "same")
    number = int(registry.judgements()["id"].iloc[-1])
    assert first.get(f"/judgements/{number}/undo").status_code == 200
    assert first.post(f"/judgements/{number}/undo", request="u1", reason="a slip").status_code == 303
    judge(first, pair, "same")
    judge(second, pair, "different")
    assert [what for _, what in judgements(registry)] == ["proposed", "withdrawn", "proposed", "different"]


def test_a_small_merge_needs_one_person(visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    with_policy(monkeypatch, second_person_records=3)
    browser = visit("steward")
    judge(browser, first_pair(browser), "same")
    assert judgements(registry) == [("zahra", "same")]


def test_records_tied_by_judgements_count_as_well(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_policy(monkeypatch, second_person_records=3)
    chief = Visitor("maryam", "", Role.CHIEF, None, "t", {}, {})
    queue = reviewing.store().queue(world.RUN, agency=None, steward="maryam", limit=2)
    views = [reviewing.view_pair(chief, world.RUN, pair.pair_id, now=None, shown=False) for pair in queue]
    assert [view.joined for view in views if view] == [2, 2]
    with registry.writing.begin() as connection:
        # A judgement of another month ties a record of the first pair to one of the second.
        connection.execute(
            text(
                "insert into judgements (decided_at, decided_by, judgement, identity_key_l, identity_key_r, pair_id, follows) "
                "values (:at, 'naser', 'same', :one, :other, 'x', 0)"
            ),
            {"at": world.NOW.isoformat(), "one": queue[0].identity_key_l, "other": queue[1].identity_key_l},
        )
    tied = reviewing.view_pair(chief, world.RUN, queue[0].pair_id, now=None, shown=False)
    assert tied is not None
    assert tied.joined == 3
    assert tied.needs_second("maryam")


def asked_again(registry: Registry) -> list[tuple[str, str, str | None]]:
    with registry.engine.connect() as connection:
        rows = connection.execute(text("select steward, pair_id, answer from review_checks order by id"))
        return [tuple(row) for row in rows]


def test_a_pair_is_asked_again_as_if_it_were_new_and_changes_nothing(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_policy(monkeypatch)
    first, second = visit("steward"), visit("colleague")
    for _ in range(3):
        judge(first, first_pair(first), "same", note="zahra's own reason")
    log = judgements(registry)
    with_policy(monkeypatch, check_share=0.25)
    monkeypatch.setattr(checks, "is_check_due", lambda steward, answered, share: True)
    pair = first_pair(second)
    pair_id = pair.rpartition("/")[2]
    assert asked_again(registry) == [("reza", pair_id, None)]
    shown = second.get(pair).text
    for told in ("zahra", "own reason", "asked again", "Reference pair"):
        assert told not in shown, "he cannot tell it from the others"
    # A page that is passed over does not come back at once.
    assert first_pair(second) != pair
    sent = {name: hidden(shown, name) for name in ("follows", "evidence")}
    request = hidden(shown[shown.index('class="decide"') :], "request")
    answers = [second.post(f"{pair}/judge", judgement="different", note="", request=request, **sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert judgements(registry) == log, "the month's log is as it was"
    assert asked_again(registry)[0] == ("reza", pair_id, "different")
    told = second.get(answers[0].headers["location"]).text
    assert "had been judged before and was asked again" in told
    # Only he is told, and a chief sees how he agrees.
    number = answers[0].headers["location"].rpartition("checked=")[2]
    assert "asked again" not in first.get(f"{first_pair(first)}?checked={number}").text
    page = visit("chief").get("/agreement").text
    assert "Reza" in page
    assert "0 of 1" in page
    assert f"/pairs/{pair_id}" in page
    assert [entry.action for entry in AuditStore(registry).entries(limit=5)].count("check_answered") == 1


def test_a_reference_pair_is_asked_first(visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    with_policy(monkeypatch)
    chief, steward = visit("chief"), visit("steward")
    judge(steward, first_pair(steward), "same")
    queue = reviewing.store().queue(world.RUN, agency="relief_committee", steward="maryam", limit=1)
    pair = f"/pairs/{queue[0].pair_id}"
    judge(chief, pair, "different")
    assert "Make it a reference pair" in chief.get(pair).text
    assert "Make it a reference pair" not in steward.get(pair).text
    assert chief.post(f"{pair}/reference", mark="on").status_code == 303
    with_policy(monkeypatch, check_share=0.25)
    monkeypatch.setattr(checks, "is_check_due", lambda steward, answered, share: True)
    colleague = visit("colleague")
    assert first_pair(colleague) == pair
    onward = judge(colleague, pair, "different")
    assert "Your answer is the same" in colleague.get(onward.headers["location"]).text
    assert chief.post(f"{pair}/reference", mark="off").status_code == 303
    assert checks.store().reference_count() == 0


def test_only_pairs_of_the_own_agency_are_asked_again(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_policy(monkeypatch)
    steward = visit("steward")
    judge(steward, first_pair(steward), "same")
    monkeypatch.setattr(checks, "is_check_due", lambda steward, answered, share: True)
    first_pair(visit("other"))
    assert asked_again(registry) == []


@pytest.mark.parametrize("answers", [0, 5, 2000])
def test_the_lot_falls_on_the_share(answers: int) -> None:
    fell = sum(is_check_due("zahra", number, 0.04) for number in range(answers))
    assert fell == sum(is_check_due("zahra", number, 0.04) for number in range(answers)), (
        "the same whenever it is asked"
    )
    assert abs(fell - 0.04 * answers) <= max(2, 0.02 * answers)
    assert not any(is_check_due("zahra", number, 0.0) for number in range(answers))


def test_kappa_is_agreement_beyond_chance() -> None:
    # Fifty pairs, the textbook example: 20 and 15 agreed, 5 and 10 not; chance alone would agree in half.
    answers = [("same", "same")] * 20 + [("same", "different")] * 5 + [("different", "same")] * 10
    found = agreement(answers + [("different", "different")] * 15)
    assert found.kappa == pytest.approx(0.4)
    assert (found.count, found.same_answer, found.unsure) == (50, 35, 0)
    assert agreement([]).kappa is None
    assert agreement([("same", "same")] * 3).kappa is None, "where only one answer occurs chance explains all of it"
    assert agreement([("same", "unsure")]).unsure == 1


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_candidates_on_both_databases(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else ""
    settings.override(var=tmp_path / "var", lang="en", database_url=url)
    registry = installation.registry()
    world.make_month(registry)
    zahra, reza = (Visitor(name, "", Role.STEWARD, "relief_committee", "t", {}, {}) for name in ("zahra", "reza"))
    pairs = reviewing.store().queue(world.RUN, agency="relief_committee", steward="zahra", limit=3)
    for number, pair in enumerate(pairs):
        view = reviewing.view_pair(zahra, world.RUN, pair.pair_id, now=None, shown=False)
        assert view is not None
        reviewing.judge(zahra, view, "same", reason="", follows=0, request_id=f"r{number}", now=world.NOW)
    week = world.NOW - dt.timedelta(days=7)
    store = checks.store()
    assert {c.pair_id for c in store.candidates(world.RUN, steward="reza", agency=None, own_before=week)} == {
        pair.pair_id for pair in pairs
    }
    assert store.candidates(world.RUN, steward="zahra", agency=None, own_before=week) == []
    later = world.NOW + dt.timedelta(minutes=1)
    assert len(store.candidates(world.RUN, steward="zahra", agency=None, own_before=later)) == 3
    assert store.candidates(world.RUN, steward="reza", agency="behzisti", own_before=week) == []
    chosen = store.candidates(world.RUN, steward="reza", agency=None, own_before=week)[0]
    assert store.ask("reza", 0, chosen, now=world.NOW)
    assert not store.ask("reza", 0, chosen, now=world.NOW), "one question at one place"
    check = store.open_check("reza", chosen.pair_id)
    assert check is not None
    for _ in range(2):
        checks.answer(reza, check, "same", note="", request_id="c1", now=world.NOW)
    assert [one.answer for one in store.answers()] == ["same"]
    assert store.answered("reza") == 1
