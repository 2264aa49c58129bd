"""Judgements: an append-only log in which nothing is lost, nothing is done twice, and everything can be taken back."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from palayesh.adapters import settings
from palayesh.adapters.audit_store import Act, AuditStore
from palayesh.adapters.console_models import ReviewCard
from palayesh.adapters.models import ReviewPair
from palayesh.adapters.registry import Registry
from palayesh.adapters.review_store import Contradicts, Kept, NewJudgement, Overtaken, ReviewStore
from palayesh.linkage.ids import pair_id_of
from palayesh.review import standing
from tasks import installation, reviewing
from tests.web import world
from tests.web.conftest import Browser, first_pair, hidden, judge

Visit = Callable[[str], Browser]
NOW = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
ACT = Act(NOW, "zahra", "steward", "judged_same", "p")


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> ReviewStore:
    """A month on each database."""
    settings.override(var=tmp_path / "var", lang="en", database_url=database_url)
    registry = installation.registry()
    world.make_month(registry)
    return ReviewStore(registry)


def new_judgement(
    pair: ReviewPair, judgement: str, request: str, *, follows: int = 0, by: str = "zahra", **more: object
) -> NewJudgement:
    return NewJudgement(
        pair_id=pair.pair_id, identity_key_l=pair.identity_key_l, identity_key_r=pair.identity_key_r, judgement=judgement,
        decided_by=by, request_id=request, follows=follows, evidence_sha256=pair.evidence_sha256, run_id=pair.run_id, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def queue(store: ReviewStore, steward: str = "zahra", agency: str | None = None, **more: object) -> list[ReviewPair]:
    return store.queue(world.RUN, agency=agency, steward=steward, limit=100, **more)  # type: ignore[arg-type]


def test_the_queue_is_ordered_by_effect_and_paged_without_gaps(store: ReviewStore) -> None:
    every = queue(store)
    assert [p.priority for p in every] == sorted((p.priority for p in every), reverse=True)
    paged: list[str] = []
    after = None
    while page := store.queue(world.RUN, agency=None, steward="zahra", after=after, limit=5):
        paged += [p.pair_id for p in page]
        from palayesh.adapters.review_store import Place

        after = Place.parse(str(Place(page[-1].priority, page[-1].pair_id)))
    assert paged == [p.pair_id for p in every]
    assert len(paged) == 12


def test_a_judgement_is_kept_and_reaches_the_next_run(store: ReviewStore) -> None:
    pair = queue(store)[0]
    answer = store.judge(new_judgement(pair, "same", "one"), ACT)
    assert isinstance(answer, Kept)
    assert not answer.repeated
    assert pair.pair_id not in {p.pair_id for p in queue(store)}
    log = store.registry.judgements()
    given = standing.standing(log)
    assert given[["identity_key_l", "identity_key_r", "judgement"]].to_numpy().tolist() == [
        [pair.identity_key_l, pair.identity_key_r, "same"]
    ]
    assert [e.action for e in AuditStore(store.registry).entries(limit=1)] == ["judged_same"]


def test_the_same_request_is_one_judgement(store: ReviewStore) -> None:
    pair = queue(store)[0]
    first, second = (store.judge(new_judgement(pair, "same", "one"), ACT) for _ in range(2))
    assert isinstance(first, Kept) and isinstance(second, Kept)
    assert second.repeated
    assert first.entry.id == second.entry.id
    assert len(store.log(pair.pair_id)) == 1


def test_of_a_hundred_at_once_one_is_kept_and_every_other_is_told(store: ReviewStore) -> None:
    pair = queue(store)[0]
    answers: list[object] = []
    begin = threading.Barrier(20)

    def decide(number: int) -> None:
        begin.wait()
        for step in range(5):
            request = f"r{number}.{step}"
            answers.append(
                store.judge(new_judgement(pair, ("same", "different")[number % 2], request, by=f"s{number}"), ACT)
            )

    threads = [threading.Thread(target=decide, args=(n,)) for n in range(20)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    kept = [a for a in answers if isinstance(a, Kept)]
    told = [a for a in answers if isinstance(a, Overtaken)]
    assert (len(kept), len(told)) == (1, 99)
    assert {a.entry.id for a in told} == {kept[0].entry.id}
    assert len(store.log(pair.pair_id)) == 1
    chain = AuditStore(store.registry).check()
    assert chain.broken_at is None


def test_the_log_refuses_changes(store: ReviewStore) -> None:
    store.judge(new_judgement(queue(store)[0], "same", "one"), ACT)
    for statement in (
        "update judgements set judgement = 'different'",
        "delete from judgements",
        "update audit_entries set actor = 'nobody'",
        "delete from audit_entries",
    ):
        with pytest.raises(DBAPIError), store.registry.writing.begin() as connection:
            connection.execute(text(statement))


def test_a_changed_audit_entry_is_found(store: ReviewStore) -> None:
    for number, pair in enumerate(queue(store)[:3]):
        store.judge(new_judgement(pair, "same", str(number)), ACT)
    audit = AuditStore(store.registry)
    whole = audit.check()
    assert whole.broken_at is None
    with store.registry.writing.begin() as connection:  # whoever owns the database can drop its guard
        if connection.dialect.name == "postgresql":
            connection.execute(text("drop trigger audit_entries_append_only on audit_entries"))
        else:
            connection.execute(text("drop trigger audit_entries_no_update"))
        connection.execute(text("update audit_entries set actor = 'nobody' where id = 2"))
    assert audit.check().broken_at == 2


def test_unsure_goes_to_somebody_else(store: ReviewStore) -> None:
    pair = queue(store)[0]
    store.judge(new_judgement(pair, "unsure", "one", reason="the father's name is missing"), ACT)
    assert pair.pair_id not in {p.pair_id for p in queue(store, "zahra")}
    for_colleague = {p.pair_id: p for p in queue(store, "reza")}
    assert for_colleague[pair.pair_id].unsure_by == "|zahra|"
    assert store.counts(world.RUN, agency=None, steward="reza")["unsure"] == 1
    entry = store.log(pair.pair_id)[-1]
    store.judge(new_judgement(pair, "unsure", "two", follows=entry.id, by="reza", reason="no"), ACT)
    assert pair.pair_id not in {p.pair_id for p in queue(store, "reza")}
    assert pair.pair_id in {p.pair_id for p in queue(store, "maryam")}
    log = store.registry.judgements()
    assert (standing.standing(log)["judgement"] == "unsure").all()


def test_judgements_that_contradict_are_refused(store: ReviewStore) -> None:
    one, two, three = queue(store)[:3]

    def between(left: ReviewPair, right: ReviewPair, judgement: str, request: str) -> object:
        keys = (left.identity_key_l, right.identity_key_l)
        new = NewJudgement(pair_id_of(*keys), *keys, judgement, "zahra", request, 0)
        return store.judge(new, ACT)

    assert isinstance(between(one, two, "same", "a"), Kept)
    assert isinstance(between(two, three, "same", "b"), Kept)
    refused = between(one, three, "different", "c")
    assert isinstance(refused, Contradicts)
    assert len(store.registry.judgements()) == 2


def test_settling_a_run_reads_the_log(store: ReviewStore) -> None:
    pair = queue(store)[0]
    store.judge(new_judgement(pair, "different", "one"), ACT)
    with store.registry.writing.begin() as connection:  # as a run that was computed meanwhile would have it
        connection.execute(update(ReviewPair).where(ReviewPair.pair_id == pair.pair_id).values(is_open=True))
    store.settle(world.RUN)
    assert pair.pair_id not in {p.pair_id for p in queue(store)}


def test_two_look_at_one_pair(store: ReviewStore) -> None:
    pair = queue(store)[0]
    assert store.look_at(pair.pair_id, steward="zahra", now=NOW) is None
    seen = store.look_at(pair.pair_id, steward="reza", now=NOW)
    assert seen is not None and seen.locked_by == "zahra"
    assert store.next_pair(world.RUN, agency=None, steward="reza", now=NOW) != pair.pair_id
    later = NOW + dt.timedelta(minutes=4)
    assert store.look_at(pair.pair_id, steward="reza", now=later) is None


# -- what a judgement stands on --------------------------------------------------------------------------------------------


def log_of(*entries: tuple[str, str, str, str]) -> pd.DataFrame:
    rows = [
        {
            "id": n,
            "identity_key_l": a,
            "identity_key_r": b,
            "judgement": j,
            "evidence_sha256": e,
            "pair_id": a + b,
            "evidence": {},
        }
        for n, (a, b, j, e) in enumerate(entries, start=1)
    ]
    return pd.DataFrame(rows)


def test_the_last_entry_of_a_pair_stands_in_either_order() -> None:
    log = log_of(
        ("a", "b", "same", ""), ("b", "a", "different", ""), ("c", "d", "same", ""), ("c", "d", "withdrawn", "")
    )
    assert standing.standing(log)[["id", "judgement"]].to_numpy().tolist() == [[2, "different"]]


def test_a_judgement_is_asked_again_when_what_was_seen_is_gone() -> None:
    one, two, other = "1" * 16, "2" * 16, "3" * 16
    log = log_of(("a", "b", "different", one + two))
    keys = pd.DataFrame({"mention_id": ["m", "n", "o"], "identity_key": ["a", "b", "b"]})

    def asked(*digests: str) -> list[str]:
        said = pd.Series(list(digests), index=["m", "n", "o"])
        return standing.asked_again(log, keys, said)["pair_id"].tolist()

    assert asked(one, two, other) == []
    assert asked(one, other, two) == [], "another record still says it"
    assert asked(one, other, other) == ["ab"]
    assert asked(other, two, two) == ["ab"]
    gone = keys[keys["identity_key"] == "a"]
    assert standing.asked_again(log, gone, pd.Series([other], index=["m"])).empty, "nobody of that key this month"


# -- at the console --------------------------------------------------------------------------------------------------------


def test_a_key_decides_and_shows_the_next_pair(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    answer = judge(browser, pair, "same")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/pairs/")
    assert pair not in answer.headers["location"]
    page = browser.get(answer.headers["location"]).text
    assert "Kept:" in page
    assert "90%" in page, "the machine's opinion of the pair before, after one's own"


def test_the_opinion_is_hidden_until_the_first_judgement(visit: Visit) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    page = browser.get(pair).text
    assert "waterfall" not in page and "90" not in page.split('class="comparison"')[0].split("<main")[1]
    judge(browser, pair, "different")
    assert "waterfall" in browser.get(pair).text
    other = first_pair(browser)
    browser.post("/preferences", blind="off")
    assert "waterfall" in browser.get(other).text


def test_a_join_asked_by_lot_is_judged_without_seeing_that_it_is_one(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    address = first_pair(browser)
    pair_id = address.rpartition("/")[2]
    with registry.writing.begin() as connection:
        connection.execute(update(ReviewPair).where(ReviewPair.pair_id == pair_id).values(kind="sampled"))
        pair = connection.execute(select(ReviewPair.__table__).where(ReviewPair.pair_id == pair_id)).one()
        side = select(ReviewCard.person_id, ReviewCard.household_id).where(ReviewCard.mention_id == pair.mention_id_l)
        person, household = connection.execute(side).one()
        connection.execute(
            update(ReviewCard)
            .where(ReviewCard.mention_id == pair.mention_id_r)
            .values(person_id=person, household_id=household)
        )
    asked = browser.get(address).text
    assert 'class="family"' in asked, "the others of the family are there"
    assert f"/persons/{person}" not in asked, "one person with both records would be the machine's opinion"
    assert judge(browser, address, "different").status_code == 303
    assert f"/persons/{person}" in browser.get(address).text


def test_unsure_needs_its_reason(visit: Visit) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    assert judge(browser, pair, "unsure").status_code == 422
    assert judge(browser, pair, "unsure", note="no father's name").status_code == 303
    colleague = visit("colleague")
    assert "no father&#39;s name" in colleague.get(pair).text
    again = judge(browser, pair, "same")
    assert again.status_code == 409
    assert "with a colleague" in again.text


def test_a_colleague_was_quicker(visit: Visit) -> None:
    browser, colleague = visit("steward"), visit("colleague")
    pair = first_pair(browser)
    page = browser.get(pair).text
    form = page[page.index('class="decide"') :]
    assert "is reviewing this pair now" in colleague.get(pair).text
    assert judge(colleague, pair, "different", note="two cousins").status_code == 303
    answer = browser.post(
        f"{pair}/judge",
        judgement="same",
        note="mine",
        follows="0",
        evidence=hidden(page, "evidence"),
        request=hidden(form, "request"),
    )
    assert answer.status_code == 409
    for told in ("A colleague was quicker", "Reza", "Different", "two cousins", "mine"):
        assert told in answer.text
    assert [e.decided_by for e in reviewing.store().log(pair.rpartition("/")[2])] == ["reza"]


def test_changed_evidence_is_not_ruled_on_unseen(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    answer = judge(browser, pair, "same", evidence="f" * 32)
    assert answer.status_code == 409
    assert "evidence changed" in answer.text
    assert reviewing.store().log(pair.rpartition("/")[2]) == []


def test_taking_back_shows_first_what_changes(visit: Visit) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    judge(browser, pair, "same")
    number = reviewing.store().log(pair.rpartition("/")[2])[-1].id
    page = browser.get(f"/judgements/{number}/undo").text
    assert "open again" in page
    assert "in no report yet" in page
    request = hidden(page[page.index("<dl") :], "request")
    for _ in range(2):  # a double press
        assert browser.post(f"/judgements/{number}/undo", request=request, reason="slip").status_code == 303
    log = reviewing.store().log(pair.rpartition("/")[2])
    assert [(e.judgement, e.withdraws) for e in log] == [("same", None), ("withdrawn", number)]
    assert first_pair(browser) == pair
    assert standing.standing(reviewing.store().registry.judgements()).empty


def test_an_undo_restores_what_held_before(visit: Visit) -> None:
    browser, colleague = visit("steward"), visit("colleague")
    pair = first_pair(browser)
    key = pair.rpartition("/")[2]
    judge(browser, pair, "unsure", note="?")
    judge(colleague, pair, "different")
    number = reviewing.store().log(key)[-1].id
    page = colleague.get(f"/judgements/{number}/undo").text
    assert "«unsure» holds" in page
    colleague.post(f"/judgements/{number}/undo", request="u1")
    assert first_pair(browser) != pair, "it is still with somebody else than who was unsure"
    assert key in colleague.get("/pairs").text


def test_bulk_has_brakes(visit: Visit, registry: Registry) -> None:
    browser = visit("chief")
    pattern = f"{1:016x}"
    page = browser.get(f"/causes/{pattern}").text
    form = page[page.index('<form class="card"') :]
    import re

    pairs = re.findall(r'name="pair" value="(\w+)"', form)
    assert len(pairs) == 3
    assert page.count('class="comparison"') == 3
    request = hidden(form, "request")
    sent = {"pair": pairs, "judgement": "same", "request": request}
    assert browser.post(f"/causes/{pattern}", **sent, note="x").status_code == 422, "not looked"
    assert browser.post(f"/causes/{pattern}", **sent, looked="yes").status_code == 422, "no reason"
    judge(browser, f"/pairs/{pairs[0]}", "different")
    done = browser.post(f"/causes/{pattern}", **sent, looked="yes", note="one slip in the number")
    assert "2 pairs judged" in done.text
    assert pairs[0] in done.text, "the pair that changed is left out and named"
    again = browser.post(f"/causes/{pattern}", **sent, looked="yes", note="one slip in the number")
    assert len(registry.judgements()) == 3, again.status_code
    number = reviewing.store().log(pairs[1])[-1].id
    assert "2 judgements" in browser.get(f"/judgements/{number}/undo").text
    browser.post(f"/judgements/{number}/undo", request="undo-all")
    assert standing.standing(registry.judgements())["judgement"].tolist() == ["different"]


def test_one_record_is_split_out(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    pair = reviewing.store().pair(world.RUN, first_pair(browser).rpartition("/")[2], agency=None)
    assert pair is not None
    page = browser.get(f"/persons/{pair.person_id_r}").text
    mention = pair.mention_id_r
    fields = {"mention": mention, "request": "split-1"}
    assert browser.post(f"/persons/{pair.person_id_r}/split", **fields, reason="").status_code == 422
    assert browser.post(f"/persons/{pair.person_id_r}/split", **fields, reason="his brother").status_code == 303
    log = registry.judgements()
    assert log["judgement"].tolist() == ["different"]
    assert pair.identity_key_r in (log["identity_key_l"][0], log["identity_key_r"][0])
    assert "Split this one out" in page


def test_a_case_closes_when_both_are_final(visit: Visit, registry: Registry) -> None:
    steward, other = visit("steward"), visit("other")
    case = re.search(r"/cases/\w+", steward.get("/cases").text)
    assert case is not None
    path = case[0]
    page = steward.get(path).text
    request = hidden(page[page.index("<fieldset") - 400 :], "request")
    for _ in range(2):
        assert (
            steward.post(path, agency="relief_committee", action="keeps", follows="0", request=request).status_code
            == 303
        )
    assert steward.post(path, agency="behzisti", action="ends", follows="1", request="x").status_code == 404, (
        "not his agency"
    )
    assert other.post(path, agency="behzisti", action="keeps", follows="0", request="y").status_code == 409, "overtaken"
    assert other.post(path, agency="behzisti", action="keeps", follows="1", request="z").status_code == 303
    assert "both say it is theirs" in steward.get("/cases").text
    assert other.post(path, agency="behzisti", action="ends", follows="2", request="w").status_code == 303
    assert ">closed<" in steward.get(path).text


def test_a_family_is_taken_into_cover(visit: Visit) -> None:
    steward = visit("steward")
    page = steward.get("/uncovered").text
    number = re.search(r"/families/uncovered/(\w+)", page)
    assert number is not None
    assert "12 months" in page
    answer = steward.post(f"/families/uncovered/{number[1]}", action="taken", follows="0", request="f1")
    assert answer.status_code == 303
    assert "taken into cover" in steward.get("/uncovered").text


@pytest.mark.parametrize("follows", ["7", "999999999999"])
def test_a_form_made_by_hand_that_follows_nothing_is_refused_in_a_sentence(visit: Visit, follows: str) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    refused = judge(browser, pair, "same", follows=follows)
    assert refused.status_code == 409
    assert "load the page again" in refused.text
    number = re.search(r"/families/uncovered/(\w+)", browser.get("/uncovered").text)
    assert number is not None
    case = browser.post(f"/families/uncovered/{number[1]}", action="taken", follows=follows, request="f2")
    assert case.status_code == 409
    assert "load the page again" in case.text
    assert judge(browser, pair, "same").status_code == 303
