"""What keeps a month from being released, and what its letters say: exactly what the report says, and nothing more."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import mail_world
import pandas as pd
import pikepdf
import pytest
from lxml.html import document_fromstring
from mail_world import PASSWORD, RELEASER, Clock, Handler

from palayesh.adapters import settings
from palayesh.adapters.mail import BODY_LIMIT
from palayesh.adapters.outbox import Outbox
from palayesh.findings import Refusal
from tasks import installation, render
from tasks.deliver import send_queued
from tasks.release import check_release, release
from tasks.run_reports import RunReports

DIRECTOR, DEPUTY = "director@ostan.example", "deputy@ostan.example"
Render = Callable[..., str]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """These look at checks and letters, not at the database."""
    return f"sqlite:///{tmp_path / 'registry.sqlite'}"


def failing(run_id: str) -> set[str]:
    return {check.key for check in check_release(run_id) if check.blocks and not check.passed}


def parts(message: EmailMessage) -> tuple[str, str, list[EmailMessage]]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain and html
    return plain.get_content(), html.get_content(), list(message.iter_attachments())


@pytest.mark.parametrize(("address", "lang"), [(DIRECTOR, "fa"), (DEPUTY, "en")])
def test_the_letter_says_exactly_what_the_report_says(
    address: str, lang: render.Language, rendered: Render, handler: Handler, clock: Clock
) -> None:
    run_id = rendered()
    release(run_id, by=RELEASER, now=clock())
    send_queued(clock)
    message = handler.messages(address)[0]
    plain, html, _ = parts(message)
    report = RunReports(run_id, []).report("coverage", lang)
    page = document_fromstring(html)
    printed = {
        row.get("data-key"): [cell.text_content().strip() for cell in row]
        for row in page.iter("tr")
        if row.get("data-key")
    }
    wanted = [(f.key, f.title, f.cell, f.unit, f.change) for f in report.strip]
    wanted += [(r.key, r.title, r.cell, r.unit, r.change) for r in report.headline_rows]
    assert len(wanted) == 19
    for key, title, cell, unit, change in wanted:
        value = f"{cell.text} {unit}" if cell.state in ("shown", "zero") else cell.text
        assert printed[key] == [title, value, change]
        assert f"- {title}: {value} ({change})" in plain
    # No number stands in the letter that does not stand in the report's page.
    page_text = document_fromstring(render.page_of(RunReports(run_id, []), "coverage", lang, "html")).text_content()
    number = re.compile(r"[0-9۰-۹]+(?:[٬٫,.][0-9۰-۹]+)*")
    after = plain.partition(report.strip[0].title)[2]
    foreign = set(number.findall(after.partition("--")[0])) - set(number.findall(page_text))
    assert foreign == set()
    for sentence in (*report.sentences, *report.trust_sentences):
        assert sentence in plain
        assert sentence in page.text_content()


def test_the_letter_is_small_private_and_plain_first(rendered: Render, handler: Handler, clock: Clock) -> None:
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    message = handler.messages(DIRECTOR)[0]
    plain, html, attachments = parts(message)
    alternative = next(part for part in message.walk() if part.get_content_type() == "multipart/alternative")
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert len(alternative.as_bytes()) < BODY_LIMIT
    assert plain.startswith("بسمه تعالی")
    assert document_fromstring(html).get("dir") == "rtl"
    assert not re.search(r"<(img|link|script|iframe)|https?:|url\(", html), "nothing is fetched, nobody is followed"
    assert message["Subject"] == "گزارش ماهانهٔ اردیبهشت ۱۴۰۴ – ویرایش ۱"
    assert not re.search("زندان|بی‌پوشش|خانواده", message["Subject"])
    assert [part.get_filename() for part in attachments] == ["report-1404-02-r1.pdf"]
    assert message["To"].addresses[0].display_name == "مدیرکل محترم"
    assert message["Cc"] is None


def test_the_report_is_encrypted_for_its_recipient(
    rendered: Render, handler: Handler, clock: Clock, sample_pdf: bytes
) -> None:
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    sealed = {address: parts(handler.messages(address)[0])[2][0].get_content() for address in (DIRECTOR, DEPUTY)}
    for wrong in ("", "wrong", PASSWORD + "-other"):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(sealed[DIRECTOR]), password=wrong)
    with pikepdf.open(io.BytesIO(sealed[DEPUTY]), password=PASSWORD + "-other") as opened:
        assert opened.encryption.R == 6
        assert str(opened.encryption.stream_method) == "EncryptionMethod.aesv3"
        assert opened.allow.accessibility
        assert "/StructTreeRoot" in opened.Root, "tags for screen readers are still there"
        with pikepdf.open(io.BytesIO(sample_pdf)) as plain:
            assert len(opened.pages) == len(plain.pages)
    assert PASSWORD.encode() not in b"".join(raw for _, raw in handler.letters)


def test_a_month_of_unknown_hands_is_not_released(outbox: Outbox, rendered: Render, clock: Clock) -> None:
    run_id = rendered()
    with outbox.registry.writing.begin() as connection:
        connection.exec_driver_sql("delete from preparations")
    with pytest.raises(Refusal, match="preparer_unknown"):
        release(run_id, by=RELEASER, now=clock())


def test_a_changed_file_is_found_before_and_after_the_release(
    outbox: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    run_id = rendered()
    file = installation.reports_folder(mail_world.MONTH, 1) / "coverage.fa.pdf"
    good = file.read_bytes()
    file.write_bytes(good + b" ")
    assert failing(run_id) == {"files"}
    with pytest.raises(Refusal, match="files"):
        release(run_id, by=RELEASER, now=clock())
    assert outbox.messages() == []
    file.write_bytes(good)
    release(run_id, by=RELEASER, now=clock())
    file.write_bytes(good + b" ")
    assert send_queued(clock) == {"failed": 1, "accepted": 1}
    failed = next(m for m in outbox.messages() if m.state == "failed")
    assert (failed.recipient, failed.reason) == ("director", "report file changed")
    file.write_bytes(good)
    outbox.decide(failed.id, "resend", by=RELEASER, at=clock())
    assert send_queued(clock) == {"accepted": 1}
    assert handler.count() == {DIRECTOR: 1, DEPUTY: 1}


def test_a_small_count_marked_as_printable_is_not_released(
    rendered: Render, sample_frames: dict[str, pd.DataFrame], outbox: Outbox, clock: Clock
) -> None:
    cells = sample_frames["cells"]
    hidden = cells.index[(cells["state"] == "hidden") & (cells["value"] >= 8)][0]
    run_id = rendered()
    planted = cells.assign(state=cells["state"].mask(cells.index == hidden, "shown"))
    with outbox.registry.writing.begin() as connection:
        outbox.registry.save_frame(connection, run_id, "cells", planted)
    assert "disclosure" in failing(run_id), "a count that only protects others gives them away when it is printed"
    with pytest.raises(Refusal, match="disclosure"):
        release(run_id, by=RELEASER, now=clock())


def test_a_registry_that_says_otherwise_than_the_report_is_not_released(
    rendered: Render, sample_frames: dict[str, pd.DataFrame], outbox: Outbox
) -> None:
    run_id = rendered()
    figures = sample_frames["figures"]
    capacity = (figures["key"] == "behzisti.days_to_first_service") & (figures["part"] == "")
    with outbox.registry.writing.begin() as connection:
        changed = figures.assign(value=figures["value"].mask(capacity, 7.5))
        outbox.registry.save_frame(connection, run_id, "figures", changed)
    assert failing(run_id) == {"letters"}


def test_a_recipient_without_a_password_keeps_the_month(
    rendered: Render, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = rendered()
    monkeypatch.delenv("PALAYESH_REPORT_PASSWORD_DEPUTY")
    check = next(check for check in check_release(run_id) if check.key == "passwords")
    assert check == replace(check, passed=False, blocks=True, detail="deputy")
    with pytest.raises(Refusal, match="passwords"):
        release(run_id, by=RELEASER, now=clock())


def test_a_public_report_is_attached_as_it_is(
    rendered: Render, handler: Handler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from palayesh.adapters import templates

    official = templates.load_settings(templates=settings.current().templates)
    monkeypatch.setattr(templates, "load_settings", lambda *_, **__: official.model_copy(update={"audience": "public"}))
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    plain, _, attachments = parts(handler.messages(DIRECTOR)[0])
    with pikepdf.open(io.BytesIO(attachments[0].get_content())) as opened:
        assert not opened.is_encrypted
    assert "رمزگذاری" not in plain


def test_a_report_too_large_for_mail_is_named_and_not_attached(
    rendered: Render, handler: Handler, clock: Clock
) -> None:
    mail_world.write_configuration(settings.current().delivery, attachment_limit_mb=0.0001)
    release(rendered(), by=RELEASER, now=clock())
    assert send_queued(clock) == {"accepted": 2}
    plain, _, attachments = parts(handler.messages(DIRECTOR)[0])
    assert attachments == []
    assert "بزرگ است" in plain
    assert "پیوست: ندارد" in plain
