"""Mending in the console: from the cause to the mended list and back, and nothing lost or done twice on the way."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from console import validating
from console.failures import PAGE, page_token
from palayesh.adapters import audit_store, spreadsheets
from palayesh.adapters.audit_store import AuditStore
from palayesh.adapters.registry import Registry
from palayesh.corrections.causes import Cause
from palayesh.findings import Refusal
from tasks import corrections, headings, installation, receive, reviewing, validate
from tests.web import lists, world
from tests.web.browsing import click, press, press_place
from tests.web.conftest import ON_BOTH, Browser, hidden

Visit = Callable[[str], Browser]
CASELOAD = "relief_committee/caseload"
DAYS = "service_start_unreadable"


def cause_of(code: str, agency: str = "relief_committee") -> Cause:
    return next(one for one in corrections.causes(world.MONTH, agency=agency) if one.code == code)


def set_aside(registry: Registry) -> int:
    return next(s for s in registry.submissions(world.MONTH) if s.list_key == CASELOAD).set_aside_count


def validated(list_key: str = CASELOAD) -> validating.Progress:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        found = validating.progress(list_key, world.MONTH)
        if found is not None and found.state != "running":
            return found
        time.sleep(0.1)
    raise AssertionError("the list was not validated again")


def acts(registry: Registry) -> list[str]:
    return [entry.action for entry in AuditStore(registry).entries(limit=200)][::-1]


def previewed(browser: Browser, cause: Cause, mend: str = "exchange_day_and_month", value: str = "") -> str:
    answer = browser.post(f"/failures/{cause.cause_id}/preview", mend=mend, value=value)
    assert answer.status_code == 200
    return answer.text


def apply(browser: Browser, cause: Cause, page: str, **more: str) -> Any:
    fields = {name: hidden(page, name) for name in ("mend", "value", "token", "request")}
    return browser.post(f"/failures/{cause.cause_id}/mend", **{**fields, "note": "seen on paper", **more})


@ON_BOTH
def test_causes_are_named_with_what_waits_and_what_is_proposed(visit: Visit) -> None:
    page = visit("steward").get("/failures").text
    cause = cause_of(DAYS)
    row = page[page.index(f"/failures/{cause.cause_id}") - 300 :][:900]
    assert "Day and month are exchanged" in row
    assert ">10<" in row
    assert "exchange day and month" in row
    assert cause.cause_id in visit("steward").get("/?kind=cause").text


@ON_BOTH
def test_a_group_is_previewed_mended_and_taken_back(visit: Visit, registry: Registry) -> None:
    browser, cause, before = visit("steward"), cause_of(DAYS), set_aside(registry)
    page = previewed(browser, cause)
    assert page.count('<tr><td class="count"><a href="/records/') == 10
    assert "Apply to all 10" in page
    assert len(corrections.decisions()) == 0, "a preview writes nothing"

    assert apply(browser, cause, page, note="").status_code == 422
    done = apply(browser, cause, page)
    assert done.status_code == 303
    group = done.headers["location"].partition("?")[0]
    found = validated()
    assert (found.state, found.set_aside_before, found.set_aside) == ("done", before, before - 10)
    shown = browser.get(done.headers["location"]).text
    assert f"Set aside went from {before} to {before - 10}." in shown
    assert "seen on paper" in shown
    assert browser.get(f"/failures/{cause.cause_id}").status_code == 404, "nothing waits any more"

    # The form again: the same decision, once.
    assert apply(browser, cause, page).headers["location"].partition("?")[0] == group
    assert corrections.decisions()["group_id"].nunique() == 1

    would = browser.get(f"{group}/undo").text
    assert "Take all 10 back" in would
    undone = browser.post(f"{group}/undo", note="a mistake", request=hidden(would, "request"))
    assert undone.status_code == 303
    assert validated().set_aside == before
    assert cause_of(DAYS).count == 10
    assert acts(registry)[-2:] == ["mend_applied", "correction_undone"]
    assert browser.get(f"{group}/undo").status_code == 409, "taken back once"


@ON_BOTH
def test_who_is_second_sees_who_was_first(visit: Visit, registry: Registry) -> None:
    first, second, cause = visit("steward"), visit("colleague"), cause_of(DAYS)
    pages = [previewed(browser, cause) for browser in (first, second)]
    assert apply(first, cause, pages[0]).status_code == 303
    late = apply(second, cause, pages[1], note="mine")
    assert late.status_code == 409
    for said in ("Somebody else was quicker", "Zahra", "seen on paper", "exchange day and month", "mine"):
        assert said in late.text
    assert corrections.decisions()["decided_by"].unique().tolist() == ["zahra"]
    validated()
    # The cause is gone by now; who comes later still is not told that there is no such page.
    fields = {name: hidden(pages[1], name) for name in ("mend", "value", "token", "list")}
    later = second.post(f"/failures/{cause.cause_id}/mend", **fields, note="mine", request="later")
    assert later.status_code == 409
    assert "Zahra" in later.text


@ON_BOTH
def test_a_double_press_is_one_decision(visit: Visit, registry: Registry) -> None:
    browser, cause = visit("steward"), cause_of(DAYS)
    page = previewed(browser, cause)
    answers: list[Any] = []
    begin = threading.Barrier(4)

    def press() -> None:
        begin.wait()
        answers.append(apply(browser, cause, page))

    threads = [threading.Thread(target=press) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert corrections.decisions()["group_id"].nunique() == 1
    assert acts(registry).count("mend_applied") == 1
    validated()


def test_a_word_is_given_to_a_whole_group(visit: Visit) -> None:
    browser, cause = visit("steward"), cause_of("status_unknown")
    assert browser.post(f"/failures/{cause.cause_id}/preview", mend="set_value", value="").status_code == 422
    page = previewed(browser, cause, "set_value", "فعال")
    assert "Apply to all 4" in page
    assert apply(browser, cause, page).status_code == 303
    assert corrections.decisions()["new_raw"].unique().tolist() == ["فعال"]
    validated()


def test_one_value_is_corrected_and_nothing_typed_is_lost(visit: Visit, registry: Registry) -> None:
    browser, cause, before = visit("steward"), cause_of("relation_missing"), set_aside(registry)
    record = str(corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].iloc[0])
    path = f"/records/{record}"
    page = browser.get(path).text
    for said in ("Row 7", "The relation is empty.", "H7", "CSV", "Last month"):
        assert said in page, said
    assert re.search(r"نسبت.*?</tr>", page, re.DOTALL)
    version, request = hidden(page, "version"), hidden(page[page.index("/correct") :], "request")

    typed = {"column": "relation", "value": "همسر &lt;", "version": version, "request": request}
    refused = browser.post(f"{path}/correct", **typed)
    assert refused.status_code == 422
    assert "همسر &amp;lt;" in refused.text
    stale = browser.post(f"{path}/correct", **{**typed, "version": "old", "note": "phoned"})
    assert stale.status_code == 409
    assert "همسر" in stale.text and "phoned" in stale.text
    assert browser.post(f"{path}/correct", **{**typed, "value": "", "note": "n"}).status_code == 422
    assert len(corrections.decisions()) == 0

    kept = browser.post(f"{path}/correct", **{**typed, "value": "همسر", "note": "phoned"})
    assert kept.status_code == 303
    again = browser.post(f"{path}/correct", **{**typed, "value": "همسر", "note": "phoned"})
    assert again.status_code == 303
    assert len(corrections.decisions()) == 1
    assert validated().set_aside == before - 1
    page = browser.get(kept.headers["location"]).text
    assert "accepted" in page and "corrected to" in page and "The list was validated again" in page
    entry = AuditStore(registry).entries(limit=1)[0]
    assert (entry.actor, entry.action) == ("zahra", "value_corrected")
    assert "همسر" not in f"{entry.object}{entry.reason}{entry.detail}"


@ON_BOTH
def test_chosen_records_are_accepted_or_sent_back(visit: Visit, registry: Registry) -> None:
    browser, cause = visit("steward"), cause_of("status_unknown")
    path = f"/failures/{cause.cause_id}"
    page = browser.get(path).text
    sent = {"token": hidden(page, "token"), "start": "0", "request": hidden(page, "request")}
    assert browser.post(f"{path}/rule", **sent, choice="accept", note="known to us").status_code == 422, "none ticked"
    assert browser.post(f"{path}/rule", **sent, choice="accept", choose="0").status_code == 422, "no reason"
    done = browser.post(f"{path}/rule", **sent, choice="accept", choose="0", note="known to us")
    assert done.status_code == 303
    validated()
    assert (cause_of("status_unknown").count, cause_of("status_unknown").accepted_count) == (3, 1)
    stale = browser.post(f"{path}/rule", **{**sent, "request": "x"}, choice="send_back", choose="1", note="ask them")
    assert stale.status_code == 409
    page = browser.get(path).text
    sent = {"token": hidden(page, "token"), "start": "0", "request": hidden(page, "request")}
    sent["whole"] = hidden(page, "whole")
    done = browser.post(f"{path}/rule", **sent, choice="send_back", which="all", note="ask them")
    assert done.status_code == 303
    validated()
    assert len(corrections.return_list(world.MONTH)) == 3
    assert acts(registry)[-2:] == ["records_accepted", "records_sent_back"]


def test_a_contradiction_is_shown_and_one_is_kept(visit: Visit, registry: Registry, tmp_path: Path) -> None:
    browser, cause = visit("steward"), cause_of("status_unknown")
    record = str(corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].iloc[0])
    context = corrections.record_in_context(record)
    said = {"by": "zahra", "at": world.NOW, "reason": "seen on paper"}
    corrections.correct_value(record, "status", "فعال", version=context.version, **said)
    rows = lists.caseload()
    rows[context.row - 2][lists.CASELOAD.index("وضعیت پرونده")] = "راکد"
    path = lists.written(tmp_path / "again.csv", [lists.CASELOAD, *rows])
    receive.receive_file(path, month=world.MONTH, agency="relief_committee", received_on=lists.DAY)
    receive.arrange(world.MONTH, "relief_committee")
    validate.validate_agency.fn(world.MONTH, "relief_committee")
    (question,) = corrections.questions(world.MONTH)
    page = browser.get("/questions").text
    for text in ("فعال", "راکد", "seen on paper", lists.WORD):
        assert text in page
    assert "Contradictions between" in browser.get("/").text
    address = f"/questions/{question.correction_id}/{question.record_id}"
    assert browser.post(address, keep="agency", request="q").status_code == 422
    assert browser.post(address, keep="agency", note="they know", request="q").status_code == 303
    validated()
    assert corrections.questions(world.MONTH) == []
    late = visit("colleague").post(address, keep="correction", note="no", request="r")
    assert late.status_code == 409
    assert acts(registry).count("question_answered") == 1


def test_a_new_heading_is_confirmed_and_the_list_goes_on(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    held = next(s for s in registry.submissions(world.MONTH) if s.state == "held")
    page = browser.get(f"/files/{held.id}").text
    assert "تاریخ انجام بررسی" in page and "تاریخ بررسی" in page
    (question,) = [one for one in headings.held_file(held.id).questions if one.typed]
    assert question.column == "screening_date"
    done = browser.post(f"/files/{held.id}/heading", heading=hidden(page, "heading"), column="screening_date")
    assert done.status_code == 303
    assert registry.submission(held.id).state == "validated"
    page = browser.get(done.headers["location"]).text
    assert "the list goes on" in page and "Confirmed headings" in page
    again = browser.post(f"/files/{held.id}/heading", heading=question.typed, column="screening_date")
    assert again.status_code == 303, "a second press finds it done"
    assert len(registry.confirmed_headings()) == 1
    browser.post(f"/files/{held.id}/heading/withdraw", heading=question.typed)
    assert registry.submission(held.id).state == "held"
    assert [act for act in acts(registry) if act.startswith("heading")] == ["heading_confirmed", "heading_withdrawn"]


def mended(content: bytes) -> tuple[bytes, list[int]]:
    """The workbook with three cells put right and one changed that is not open, and the rows of all four."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    column = next(cell.column for cell in sheet[1] if cell.value == "وضعیت پرونده")
    named = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value == lists.WORD]
    assert len(named) == 4
    for row in named[:3]:
        sheet.cell(row, column).value = "فعال"
    other = next(cell.column for cell in sheet[1] if cell.value == "نام خانوادگی")
    sheet.cell(named[3], other).value = "دیگری"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), named


def hand_in(who: Browser, where: str, content: bytes) -> Any:
    return who.client.post(
        f"/workbooks/{where}/return", data={"csrf": who.csrf}, files={"workbook": ("back.xlsx", content)}
    )


@ON_BOTH
def test_the_excel_round_trip(visit: Visit, registry: Registry, tmp_path: Path) -> None:
    browser, before = visit("steward"), set_aside(registry)
    assert browser.post(f"/workbooks/{CASELOAD}/export").status_code == 422, "no reason"
    sent = browser.post(f"/workbooks/{CASELOAD}/export", note="mend in the office")
    assert sent.status_code == 200
    assert "spreadsheetml" in sent.headers["content-type"]
    book, named = mended(sent.content)

    stranger = visit("other")
    assert hand_in(stranger, CASELOAD, book).status_code == 404
    wrong = hand_in(stranger, "behzisti/caseload", book)
    assert wrong.status_code == 422 and "another list" in wrong.text
    assert stranger.post(f"/workbooks/{CASELOAD}/export", note="curious").status_code == 404
    assert len(corrections.decisions()) == 0

    taken = hand_in(browser, CASELOAD, book)
    assert taken.status_code == 200
    assert f"Row {named[3]}: a cell was changed that was not open for mending" in taken.text
    assert validated().set_aside == before - 3
    decision = corrections.decisions()
    assert (len(decision), decision["group_id"].nunique()) == (3, 1)
    again = hand_in(browser, CASELOAD, book)
    assert "No cell was changed" in again.text
    assert hand_in(browser, CASELOAD, b"no workbook").status_code == 422
    assert hand_in(browser, CASELOAD, b"").status_code == 422
    assert hand_in(browser, CASELOAD, b"x" * 20_100_000).status_code == 413
    assert len(corrections.decisions()) == 3
    kept = [(e.action, e.object, e.reason) for e in AuditStore(registry).entries(limit=50) if "workbook" in e.action]
    assert kept[-1] == ("workbook_exported", CASELOAD, "mend in the office")
    assert [action for action, *_ in kept].count("workbook_returned") == 1
    assert not list((installation.settings.current().var).glob("tmp*")), "no copy is left behind"


def test_while_a_run_holds_the_month_the_decision_waits_for_it(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks import correction_log

    monkeypatch.setattr(correction_log, "PATIENCE_SECONDS", 0.2)
    browser, cause = visit("steward"), cause_of(DAYS)
    page = previewed(browser, cause)
    with registry.month_lock(world.MONTH):
        began = time.monotonic()
        done = apply(browser, cause, page)
        assert done.status_code == 303
        assert time.monotonic() - began < 10
        assert validated().state == "waits"
    assert "the next run of the month" in browser.get(done.headers["location"]).text


def test_a_session_that_ended_keeps_what_was_typed(visit: Visit, registry: Registry) -> None:
    browser, cause = visit("steward"), cause_of("relation_missing")
    record = str(corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].iloc[0])
    page = browser.get(f"/records/{record}").text
    fields = {
        "column": "relation",
        "value": "همسر",
        "note": "phoned",
        "version": hidden(page, "version"),
        "request": "k",
    }
    browser.post("/sign-out")
    browser.get("/sign-in")
    ended = browser.post(f"/records/{record}/correct", **fields)
    assert ended.status_code == 401
    assert "همسر" in ended.text
    assert len(corrections.decisions()) == 0


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_group_is_mended_and_taken_back_by_keyboard_alone(screen: Callable[..., Any], registry: Registry) -> None:
    page, cause, before = screen("steward"), cause_of(DAYS), set_aside(registry)
    page.goto("/?kind=cause")
    link = page.locator(f".queue a[href*='{cause.cause_id}']")
    for _ in range(60):
        page.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    press(page, "Enter", until=re.compile(f"/failures/{cause.cause_id}"))
    press(page, "s", until=re.compile("/preview"))
    assert page.locator("table.sheet tbody tr").count() == 10
    # What a Persian layout sends for the key on which Latin keyboards have S.
    press_place(page, "KeyS", "س", 83, until=re.compile(r"/corrections/\w{32}"))
    page.wait_for_selector("text=The list was validated again", timeout=90_000)
    assert f"Set aside went from {before} to {before - 10}." in page.inner_text("main")
    press(page, "z", until=re.compile("/undo"))
    assert "What would change" in page.inner_text("main")
    press(page, "z", until=re.compile("said=undone"))
    page.wait_for_selector("text=The list was validated again", timeout=90_000)
    assert set_aside(registry) == before
    assert cause_of(DAYS).count == 10
    # One record: the next one, its reason, Enter.
    page.goto(f"/failures/{cause_of('status_unknown').cause_id}")
    press(page, "j", until=re.compile("/records/"))
    page.keyboard.press("b")
    page.keyboard.type("ask them")
    press(page, "Enter", until=re.compile("said=recorded"))
    assert corrections.decisions()["action"].tolist()[-1] == "send_back"
    validated()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_mending_works_without_script(screen: Callable[..., Any], registry: Registry) -> None:
    page, cause = screen(java_script_enabled=False), cause_of("status_unknown")
    page.goto("/sign-in")
    page.fill("#name", "zahra")
    page.fill("#password", world.PASSWORD)
    click(page, ".door .card button")
    page.goto(f"/failures/{cause.cause_id}")
    page.check("input[name=mend][value=set_value]")
    page.select_option("#value", "فعال")
    click(page, "button:has-text('Preview')")
    click(page, "button:has-text('Apply to all 4')")
    validated()
    assert corrections.decisions()["new_raw"].tolist() == ["فعال"] * 4


def broken_seal(values: dict[str, Any]) -> str:
    raise RuntimeError("the audit log cannot be written")


@ON_BOTH
def test_a_decision_without_its_audit_entry_is_not_kept(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, cause = visit("steward"), cause_of(DAYS)
    page = previewed(browser, cause)
    held = next(s.id for s in registry.submissions(world.MONTH) if s.state == "held")
    question = headings.held_file(held).questions[0]
    book = browser.post(f"/workbooks/{CASELOAD}/export", note="mend").content
    before = len(acts(registry))
    monkeypatch.setattr(audit_store, "seal", broken_seal)
    assert apply(browser, cause, page).status_code == 500
    confirmed = browser.post(f"/files/{held}/heading", heading=question.heading, column=str(question.column))
    assert confirmed.status_code == 500
    assert hand_in(browser, CASELOAD, mended(book)[0]).status_code == 500
    monkeypatch.undo()
    assert len(corrections.decisions()) == 0
    assert len(registry.confirmed_headings()) == 0
    assert len(acts(registry)) == before
    # The same forms again, once the log can be written: decided, and in both logs.
    assert apply(browser, cause, page).status_code == 303
    entry = AuditStore(registry).entries(limit=1)[0]
    assert entry.action == "mend_applied"
    assert entry.object == corrections.decisions()["group_id"].iloc[0]
    assert entry.detail == {"mend": "exchange_day_and_month", "cause": cause.cause_id, "list": CASELOAD, "entries": 10}
    validated()


def test_what_was_seen_before_another_decided_is_not_sent_back(visit: Visit, registry: Registry) -> None:
    cause = cause_of(DAYS)
    rows = corrections.cause_records(world.MONTH, cause.cause_id)
    seen = dict(zip(rows["record_id"], rows["version"], strict=True))
    first = str(rows["record_id"].iloc[0])
    said = {"by": "zahra", "at": world.NOW, "reason": "seen on paper", "validate_now": False}
    corrections.correct_value(first, "last_name", "کریمیان", version=seen[first], **said)
    with pytest.raises(Refusal, match="changed_meanwhile"):
        corrections.send_back(list(seen), code=cause.code, versions=seen, **said)
    assert corrections.decisions()["action"].tolist() == ["correct"]


@ON_BOTH
def test_all_of_a_cause_are_sent_back_only_as_they_were_seen(visit: Visit, registry: Registry) -> None:
    browser, cause = visit("steward"), cause_of(DAYS)
    page = browser.get(f"/failures/{cause.cause_id}").text
    rows = corrections.cause_records(world.MONTH, cause.cause_id)
    record, version = str(rows["record_id"].iloc[-1]), str(rows["version"].iloc[-1])
    corrections.correct_value(
        record, "last_name", "کریمیان", by="reza", at=world.NOW, reason="x", version=version, validate_now=False
    )
    form = page[page.index('id="rule"') :]
    fields = {name: hidden(form, name) for name in ("request", "list", "whole", "start")}
    # The page's own records may look the same where the one that changed stands on a later page.
    token = page_token(corrections.cause_records(world.MONTH, cause.cause_id).iloc[:PAGE].reset_index(drop=True))
    late = browser.post(
        f"/failures/{cause.cause_id}/rule", **fields, token=token, which="all", choice="send_back", note="ask them"
    )
    assert late.status_code == 409
    assert "Reza" in late.text
    assert corrections.decisions()["action"].tolist() == ["correct"]


def test_nothing_of_a_returned_workbook_has_a_name_on_the_disk(
    visit: Visit, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visit("steward")
    book, _ = mended(browser.post(f"/workbooks/{CASELOAD}/export", note="mend").content)
    before = {path for path in var.rglob("*") if path.is_file()}
    during: list[set[Path]] = []
    real = spreadsheets.read_file

    def looked(path: Path, **more: Any) -> Any:
        during.append({one for one in var.rglob("*") if one.is_file()} - before)
        return real(path, **more)

    monkeypatch.setattr(spreadsheets, "read_file", looked)
    assert hand_in(browser, CASELOAD, book).status_code == 200
    assert during == [set()], "a kill at this moment would leave a file with numbers in it"
    validated()


@ON_BOTH
def test_what_was_sent_back_is_marked_as_answered_and_comes_back(visit: Visit, registry: Registry) -> None:
    browser, cause = visit("steward"), cause_of("status_unknown")
    records = corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].tolist()
    said = {"by": "zahra", "at": world.NOW, "reason": "which status?", "validate_now": False}
    corrections.send_back(records, code=cause.code, **said)
    corrections.validate_again(world.MONTH, "relief_committee")
    page = browser.get("/returns").text
    assert "4 wait for their agency" in page
    assert "which status?" in page
    ids = re.findall(r'name="choose" value="(\d+)"', page)
    assert len(ids) == 4
    request = hidden(page[page.index('id="answered-1"') :], "request")
    where = f"/returns/{CASELOAD}"
    assert browser.post(where, note="by telephone").status_code == 422, "none ticked"
    assert browser.post(where, choose=ids[0]).status_code == 422, "no reason"
    assert visit("other").post(where, choose=ids[0], note="not mine").status_code == 404
    for _ in range(2):  # the form twice: one decision
        assert browser.post(where, choose=ids[:2], note="by telephone", request=request).status_code == 303
    validated()
    assert corrections.decisions()["action"].tolist() == ["send_back"] * 4 + ["answered"] * 2
    assert cause_of("status_unknown").count == 2, "they wait for a decision again"
    assert "2 wait for their agency, 2 answered" in browser.get("/returns").text
    late = browser.post(where, choose=ids[:1], note="again")
    assert late.status_code == 409
    assert acts(registry)[-1] == "return_answered"


@ON_BOTH
def test_one_list_is_validated_anew_and_the_rest_of_the_month_left_alone(
    visit: Visit, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visit("steward")
    page = browser.get("/month").text
    assert "compared with each other" in page or "comparing all lists with each other" in page
    asked: list[str] = []
    real = validate.validate_submission
    monkeypatch.setattr(validate, "validate_submission", lambda one: asked.append(one.list_key) or real(one))
    runs = len(registry.runs(world.MONTH))
    assert browser.post(f"/month/lists/{CASELOAD}", month=world.MONTH).status_code == 303
    assert validated().state == "done"
    assert asked == [CASELOAD]
    assert len(registry.runs(world.MONTH)) == runs
    assert acts(registry)[-1] == "list_validated"
    assert browser.post("/month/lists/behzisti/caseload", month=world.MONTH).status_code == 404
    with registry.month_lock(world.MONTH):
        browser.post(f"/month/lists/{CASELOAD}", month=world.MONTH)
        assert "data-look-again" in browser.get("/month").text
    assert validated().state == "done", "it waits for the run that holds the month"


def test_one_key_leads_from_cause_to_cause(visit: Visit) -> None:
    browser = visit("steward")
    waiting = [
        one for one in corrections.causes(world.MONTH, agency="relief_committee") if one.severity == "set_aside_record"
    ]
    seen, after = [], ""
    for _ in waiting:
        where = browser.get(f"/failures/next?after={after}").headers["location"]
        after = where.rpartition("/")[2]
        seen.append(after)
    assert seen == [one.cause_id for one in waiting]
    assert browser.get(f"/failures/next?after={after}").headers["location"] == "/failures", "there the list begins anew"
    assert browser.get("/failures/next?after=C0").headers["location"].endswith(seen[0]), "dealt with meanwhile"


# -- a large mend ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ten_need_two(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = reviewing.policy().model_copy(update={"second_person_mended_records": 10})
    monkeypatch.setattr(reviewing, "policy", lambda: policy)


@ON_BOTH
@pytest.mark.usefixtures("ten_need_two")
def test_a_large_mend_changes_nothing_until_a_second_person_confirms_it(visit: Visit, registry: Registry) -> None:
    first, second, before, cause = visit("steward"), visit("colleague"), set_aside(registry), cause_of(DAYS)
    page = previewed(first, cause)
    assert "Propose for all 10 records" in page
    proposed = apply(first, cause, page)
    group = proposed.headers["location"].partition("?")[0]
    assert "said=proposed" in proposed.headers["location"]
    assert validated().set_aside == before, "the records stay set aside"
    assert cause_of(DAYS).count == 10
    assert [one.count for one in corrections.proposals(world.MONTH)] == [10]
    assert f'href="{group}"' in second.get(f"/failures/{cause.cause_id}").text
    assert f'href="{group}"' in second.get("/failures").text

    own = first.get(group).text
    assert "waits for a colleague" in own
    assert f"{group}/confirm" not in own
    assert first.post(f"{group}/confirm", note="myself", request="c0").status_code == 422, "the proposer cannot confirm"
    assert second.post(f"{group}/confirm", note="", request="c1").status_code == 422
    assert visit("other").post(f"{group}/confirm", note="not mine", request="c2").status_code == 404
    assert set(corrections.decisions()["action"]) == {"propose"}

    asked = second.get(group).text
    assert "Zahra proposes this mend for 10 records" in asked
    done = second.post(f"{group}/confirm", note="seen as well", request="c3")
    assert done.status_code == 303
    assert validated().set_aside == before - 10
    assert second.post(f"{group}/confirm", note="again", request="c4").status_code == 409, "once"
    assert corrections.proposals(world.MONTH) == []
    log = corrections.decisions()
    assert log[log["action"].eq("correct")]["decided_by"].unique().tolist() == ["reza"]
    assert log["action"].value_counts().to_dict() == {"propose": 10, "correct": 10}
    assert acts(registry)[-1] == "mend_confirmed"

    # Taking the confirmation back leaves the proposal, and taking that back leaves nothing.
    confirmed = done.headers["location"].partition("?")[0]
    assert first.post(f"{confirmed}/undo", note="not so", request="u1").status_code == 303
    assert validated().set_aside == before
    assert [one.group_id for one in corrections.proposals(world.MONTH)] == [group.rpartition("/")[2]]
    assert first.post(f"{group}/undo", note="never mind", request="u2").status_code == 303
    assert corrections.proposals(world.MONTH) == []
    assert second.post(f"{group}/confirm", note="too late", request="c5").status_code == 409
    assert set_aside(registry) == before


@ON_BOTH
@pytest.mark.usefixtures("ten_need_two")
def test_a_proposal_whose_record_changed_is_not_confirmed(visit: Visit, registry: Registry) -> None:
    first, second, cause = visit("steward"), visit("colleague"), cause_of(DAYS)
    group = apply(first, cause, previewed(first, cause)).headers["location"].partition("?")[0]
    record = str(corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].iloc[0])
    view = corrections.record_in_context(record)
    corrections.correct_value(
        record, str(cause.column), "1402/01/01", by="maryam", at=world.NOW, reason="a call", version=view.version
    )
    answer = second.post(f"{group}/confirm", note="yes", request="c1")
    assert answer.status_code == 409
    assert "correct" not in set(corrections.decisions().query("decided_by == 'reza'")["action"])


@ON_BOTH
@pytest.mark.usefixtures("ten_need_two")
def test_of_two_who_confirm_at_once_one_does(visit: Visit, registry: Registry) -> None:
    first, second, third, cause = visit("steward"), visit("colleague"), visit("chief"), cause_of(DAYS)
    group = apply(first, cause, previewed(first, cause)).headers["location"].partition("?")[0]
    answers: list[int] = []

    def press(browser: Browser, request: str) -> None:
        answers.append(browser.post(f"{group}/confirm", note="yes", request=request).status_code)

    threads = [threading.Thread(target=press, args=one) for one in ((second, "c1"), (third, "c2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409]
    assert corrections.decisions()["action"].value_counts().to_dict() == {"propose": 10, "correct": 10}


def test_a_small_mend_needs_one_person(visit: Visit) -> None:
    browser, cause = visit("steward"), cause_of(DAYS)
    assert "said=recorded" in apply(browser, cause, previewed(browser, cause)).headers["location"]
    assert set(corrections.decisions()["action"]) == {"correct"}
