"""Sessions, forms, headers, limits: what trust.md asks of a web application."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from console import clock, guard
from palayesh.adapters.registry import Registry
from palayesh.findings import Refusal
from palayesh.review.access import account_mistake, password_mistake
from tasks import stewards
from tests.web.conftest import PASSWORD, Browser, first_pair, hidden, judge

Visit = Callable[[str], Browser]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.timedelta], None]:
    real = clock.now

    def move(by: dt.timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + by)

    return move


def test_headers_of_every_answer(app: FastAPI, visit: Visit) -> None:
    for answer in (
        Browser(app).get("/sign-in"),
        visit("chief").get("/"),
        visit("chief").get("/nowhere"),
        visit("official").get("/audit"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_no_page_has_inline_script_or_style(visit: Visit) -> None:
    browser = visit("chief")
    for path in (
        "/",
        "/pairs",
        first_pair(browser),
        "/failures",
        "/cases",
        "/uncovered",
        "/month",
        "/audit",
        "/account",
        "/help",
    ):
        page = browser.get(path).text
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", page), path
        assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/console.js" defer>'], path


def test_the_cookie_is_out_of_reach(app: FastAPI) -> None:
    browser = Browser(app)
    browser.get("/sign-in")
    anonymous = browser.client.cookies["palayesh"]
    answer = browser.sign_in("chief")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert browser.client.cookies["palayesh"] != anonymous, "the token of before signing in must not live on"


def test_the_token_is_hashed_at_rest(visit: Visit, var: Path) -> None:
    browser = visit("chief")
    token = browser.client.cookies["palayesh"]
    kept = b"".join(path.read_bytes() for path in var.rglob("registry.sqlite*"))
    assert token.encode() not in kept
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$" in kept


def test_a_form_without_our_token_is_refused(visit: Visit, registry: Registry) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    browser.client.headers["sec-fetch-site"] = "cross-site"
    for csrf in ("", "0" * 64):
        assert browser.post(f"{pair}/judge", csrf=csrf, judgement="same", request="r", follows="0").status_code == 403
    with registry.engine.connect() as connection:
        assert connection.execute(text("select count(*) from judgements")).scalar_one() == 0


def test_a_session_ends_when_idle(visit: Visit, later: Callable[[dt.timedelta], None]) -> None:
    browser = visit("chief")
    later(dt.timedelta(minutes=14))
    assert browser.get("/").status_code == 200
    later(dt.timedelta(minutes=28))
    assert browser.get("/").status_code == 200, "use prolongs it"
    later(dt.timedelta(minutes=44))
    assert browser.get("/").status_code == 303


def test_a_session_ends_after_eight_hours(visit: Visit, later: Callable[[dt.timedelta], None]) -> None:
    browser = visit("chief")
    for minutes in range(10, 480, 10):
        later(dt.timedelta(minutes=minutes))
        assert browser.get("/help").status_code == 200
    later(dt.timedelta(minutes=481))
    assert browser.get("/help").status_code == 303


def test_signing_out_ends_the_session(visit: Visit) -> None:
    browser = visit("chief")
    token = browser.client.cookies["palayesh"]
    assert browser.post("/sign-out").status_code == 303
    browser.client.cookies.set("palayesh", token, domain="127.0.0.1", path="/")
    assert browser.get("/").status_code == 303


def test_a_closed_account_is_out_at_once(visit: Visit) -> None:
    browser = visit("steward")
    stewards.set_active("zahra", False, now=clock.now())
    assert browser.get("/").status_code == 303
    assert browser.sign_in("steward").status_code == 401


def test_tries_are_limited_and_names_not_told(app: FastAPI) -> None:
    browser = Browser(app)
    browser.get("/sign-in")
    wrong = [browser.post("/sign-in", name="zahra", password="x" * 20) for _ in range(5)]
    unknown = browser.post("/sign-in", name="nobody", password="x" * 20)
    clean = [re.sub(r'value="[^"]*"', "", answer.text) for answer in (wrong[0], unknown)]
    assert clean[0] == clean[1]
    answer = browser.sign_in("steward")
    assert answer.status_code == 401
    assert "fifteen minutes" in answer.text
    assert Browser(app).sign_in("chief").status_code == 303


def test_a_one_time_code_is_good_once(app: FastAPI, registry: Registry) -> None:
    uri = stewards.require_code("maryam", now=clock.now())
    totp = pyotp.parse_uri(uri)
    browser = Browser(app)
    assert "one-time code" in browser.sign_in("chief").text.lower()
    code = totp.at(clock.now())  # type: ignore[union-attr]
    assert browser.sign_in("chief", code=code).status_code == 303
    assert Browser(app).sign_in("chief", code=code).status_code == 401


def test_what_was_typed_survives_the_end_of_the_session(
    visit: Visit, later: Callable[[dt.timedelta], None], registry: Registry
) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    page = browser.get(pair).text
    form = page[page.index('class="decide"') :]
    sent = {
        "judgement": "unsure", "note": "نام پدر را نمی‌دانم", "follows": "0",
        "evidence": hidden(page, "evidence"), "request": hidden(form, "request"),
    }  # fmt: skip
    later(dt.timedelta(minutes=20))
    answer = browser.post(f"{pair}/judge", **sent)
    assert answer.status_code == 401
    assert "is kept" in answer.text
    resume = html.unescape(hidden(answer.text, "resume"))
    kept = {name: hidden(answer.text, name) for name in ("resume_path", "resume_owner")}
    again = browser.sign_in("steward", resume=resume, **kept)
    assert again.status_code == 200
    assert "نام پدر را نمی‌دانم" in again.text
    assert "Nothing is lost" in again.text
    with registry.engine.connect() as connection:
        assert connection.execute(text("select count(*) from judgements")).scalar_one() == 0
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', again.text))
    assert browser.post(f"{pair}/judge", **fields).status_code == 303
    with registry.engine.connect() as connection:
        kept = connection.execute(text("select judgement, reason, decided_by from judgements")).all()
    assert [tuple(row) for row in kept] == [("unsure", "نام پدر را نمی‌دانم", "zahra")]


def test_a_form_of_the_session_before_is_offered_again(visit: Visit) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    stale = browser.csrf
    browser.post("/sign-out")
    browser.sign_in("steward")
    answer = browser.post(f"{pair}/judge", csrf=stale, judgement="same", note="typed before", request="r", follows="0")
    assert answer.status_code == 200
    assert "typed before" in answer.text


def test_what_somebody_typed_is_not_offered_to_another_account(
    visit: Visit, later: Callable[[dt.timedelta], None], registry: Registry
) -> None:
    browser = visit("steward")
    pair = first_pair(browser)
    later(dt.timedelta(minutes=20))
    expired = browser.post(f"{pair}/judge", judgement="unsure", note="what zahra knows", follows="0", request="r")
    assert expired.status_code == 401
    kept = {name: html.unescape(hidden(expired.text, name)) for name in ("resume", "resume_path", "resume_owner")}
    assert "zahra" in expired.text
    other = browser.sign_in("colleague", **kept)
    assert other.status_code == 303
    assert "what zahra knows" not in other.text + browser.get(other.headers["location"]).text
    assert "another account" in browser.get(other.headers["location"]).text


def test_a_form_of_another_account_is_not_shown_to_the_one_signed_in(visit: Visit) -> None:
    browser = visit("steward")
    pair, stale = first_pair(browser), browser.csrf
    browser.post("/sign-out")
    browser.sign_in("colleague")
    answer = browser.post(f"{pair}/judge", csrf=stale, judgement="unsure", note="what zahra knows", request="r")
    assert answer.status_code == 403
    assert "what zahra knows" not in answer.text


def test_a_page_that_looks_again_by_itself_keeps_nobody_signed_in(
    visit: Visit, later: Callable[[dt.timedelta], None]
) -> None:
    browser = visit("chief")
    for minutes in range(2, 15, 2):
        later(dt.timedelta(minutes=minutes))
        assert browser.get("/month?look=again").status_code == 200
    later(dt.timedelta(minutes=16))
    assert browser.get("/month?look=again").status_code == 303, "nobody was there for a quarter of an hour"


def test_a_form_is_not_read_for_somebody_who_may_not_send_it(
    visit: Visit, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    official, stranger = visit("official"), Browser(app)
    read: list[str] = []

    async def noted(request: Any) -> dict[str, str]:
        read.append(request.url.path)
        return {}

    monkeypatch.setattr(guard, "_fields", noted)
    assert official.post("/workbooks/relief_committee/caseload/return", note="x").status_code == 403
    answer = stranger.client.post("/workbooks/relief_committee/caseload/return", files={"workbook": b"x" * 1000})
    assert answer.status_code == 401
    assert stranger.post("/month/run", note="x" * 200_000).status_code == 401
    assert read == []
    stranger.client.headers["sec-fetch-site"] = "cross-site"
    assert stranger.post("/month/run", note="x").status_code == 401
    assert read == []


def test_resuming_goes_nowhere_else(app: FastAPI) -> None:
    browser = Browser(app)
    browser.get("/sign-in")
    for path in ("//evil.example/x", "https://evil.example", "/\\evil"):
        answer = browser.post(
            "/sign-in", name="maryam", password=PASSWORD, resume_path=path, resume='{"note": "x"}', next=path
        )
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        browser.name = "maryam"
        browser.post("/sign-out")
        browser.name = ""
        browser.get("/sign-in")


def test_accounts_and_passwords() -> None:
    agencies = {"prisons"}
    assert account_mistake("zahra", "steward", "prisons", agencies) is None
    assert account_mistake("Zahra!", "steward", "prisons", agencies) == "bad_name"
    assert account_mistake("a%_b", "chief", None, agencies) == "bad_name"
    assert account_mistake("zahra", "boss", None, agencies) == "bad_role"
    assert account_mistake("zahra", "steward", None, agencies) == "agency_needed"
    assert account_mistake("zahra", "steward", "nobody", agencies) == "unknown_agency"
    assert account_mistake("zahra", "auditor", "prisons", agencies) == "no_agency_here"
    assert password_mistake("short", "zahra") == "too_short"
    assert password_mistake("a" * 20, "zahra") == "too_plain"
    assert password_mistake("my name is zahra", "zahra") == "too_plain"
    assert password_mistake("four words and more", "zahra") is None


def test_a_second_account_of_a_name_is_refused(registry: Registry) -> None:
    with pytest.raises(Refusal, match="taken"):
        stewards.add("zahra", title="", role="chief", agency=None, password=PASSWORD, now=clock.now())


def test_a_hostile_note_is_shown_as_text(visit: Visit) -> None:
    browser = visit("steward")
    judge(browser, first_pair(browser), "unsure", note="<script>alert(1)</script>{{7*7}}")
    page = browser.get("/judgements").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


def test_nothing_of_a_person_in_an_error(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tasks import work

    def choke(*_: object, **__: object) -> None:
        raise ValueError("9901234561 is not a number")

    browser = visit("chief")
    monkeypatch.setattr(work, "queue", choke)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "9901234561" not in answer.text + caplog.text
    assert "ValueError at" in caplog.text
