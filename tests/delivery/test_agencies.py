"""Every agency's own report goes to that agency's own post, encrypted, and to nobody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mail_world
import msoffcrypto
import openpyxl
import pikepdf
import pypdfium2
import pytest
from mail_world import PASSWORD, RELEASER, Clock, Handler

from palayesh.adapters import settings
from palayesh.adapters.outbox import Outbox
from palayesh.findings import Refusal
from tasks.correspondence import correspondence
from tasks.deliver import send_queued
from tasks.release import check_release, release

Render = Callable[..., str]
BEHZISTI, RELIEF, NEWSPAPER = "head@behzisti.example", "head@emdad.example", "desk@news.example"
TITLES = {BEHZISTI: "Behzisti", RELIEF: "Relief Committee"}


def post(address: str, *reports: str, agency: str | None = None) -> dict[str, Any]:
    title = {"fa": "رئیس محترم", "en": "The head"}
    own = {"agency": agency} if agency else {}
    return {"title": title, "address": address, "language": "en", "reports": list(reports), **own}


RECIPIENTS = {
    "behzisti_head": post(BEHZISTI, "agency", "actions", agency="behzisti"),
    "relief_head": post(RELIEF, "agency", "actions", agency="relief_committee"),
    "newspaper": post(NEWSPAPER, "public"),
}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """These look at who gets what, not at the database."""
    return f"sqlite:///{tmp_path / 'registry.sqlite'}"


@pytest.fixture
def agencies(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """Two agencies and a newspaper get reports."""
    for key in ("BEHZISTI_HEAD", "RELIEF_HEAD"):
        monkeypatch.setenv(f"PALAYESH_REPORT_PASSWORD_{key}", f"{PASSWORD}-{key}")
    configure(RECIPIENTS)
    return outbox


def configure(recipients: dict[str, Any]) -> None:
    mail_world.write_configuration(settings.current().delivery, recipients=recipients)


def text_of_pdf(content: bytes, password: str | None = None) -> str:
    opened = io.BytesIO()
    with pikepdf.open(io.BytesIO(content), password=password or "") as document:
        document.save(opened)
    pages = pypdfium2.PdfDocument(opened.getvalue())
    return " ".join(page.get_textpage().get_text_range() for page in pages)


def rows_of_workbook(content: bytes, password: str) -> list[tuple[Any, ...]]:
    opened = io.BytesIO()
    locked = msoffcrypto.OfficeFile(io.BytesIO(content))
    assert locked.is_encrypted()
    locked.load_key(password=password)
    locked.decrypt(opened)
    sheet = openpyxl.load_workbook(opened).worksheets[0]
    return [tuple(row) for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], (int, float))]


def test_no_agencys_report_reaches_another_agency(
    agencies: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    run_id = rendered()
    assert {check.key for check in check_release(run_id) if check.blocks and not check.passed} == set()
    assert release(run_id, by=RELEASER, now=clock())["queued"] == 5
    assert send_queued(clock) == {"accepted": 5}
    assert handler.count() == {BEHZISTI: 2, RELIEF: 2, NEWSPAPER: 1}
    for address, key in ((BEHZISTI, "BEHZISTI_HEAD"), (RELIEF, "RELIEF_HEAD")):
        password, other = f"{PASSWORD}-{key}", TITLES[RELIEF if address == BEHZISTI else BEHZISTI]
        attached = {
            part.get_filename(): part.get_content()
            for message in handler.messages(address)
            for part in message.iter_attachments()
        }
        assert sorted(attached) == ["report-1404-02-r1.pdf", "report-1404-02-r1.xlsx"]
        said = text_of_pdf(attached["report-1404-02-r1.pdf"], password)
        assert f"Monthly report of the agency\r\n{TITLES[address]}" in said
        assert other not in said
        own = "behzisti" if address == BEHZISTI else "relief_committee"
        rows = rows_of_workbook(attached["report-1404-02-r1.xlsx"], password)
        assert len(rows) == 6
        assert all(own in str(row[3]) for row in rows), "every case is the agency's own"
        with pytest.raises(pikepdf.PasswordError):
            text_of_pdf(attached["report-1404-02-r1.pdf"], f"{PASSWORD}-other")


def test_letters_to_agencies_hold_counts_and_no_case(
    agencies: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    for message in [*handler.messages(BEHZISTI), *handler.messages(RELIEF)]:
        body = message.get_body(("plain",)).get_content() + message.get_body(("html",)).get_content()
        assert "u0" not in body
        assert "0123456789ab" not in body
        assert "nobody’s cover, or with a free place: a few." in body, "small counts are not in a letter"
        assert "your agency" in str(message["Subject"])


def test_the_public_summary_is_not_encrypted(
    agencies: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    release(rendered(), by=RELEASER, now=clock())
    send_queued(clock)
    (part,) = handler.messages(NEWSPAPER)[0].iter_attachments()
    assert "For everybody; rounded counts" in text_of_pdf(part.get_content())


def test_a_letter_does_not_follow_a_post_to_another_agency(
    agencies: Outbox, rendered: Render, handler: Handler, clock: Clock
) -> None:
    """The posts change hands between the release and the sending: what was signed off for one agency goes to nobody."""
    release(rendered(), by=RELEASER, now=clock())
    swapped = {
        "behzisti_head": RECIPIENTS["behzisti_head"] | {"agency": "relief_committee"},
        "relief_head": RECIPIENTS["relief_head"] | {"agency": "behzisti"},
        "newspaper": RECIPIENTS["newspaper"],
    }
    configure(swapped)
    assert send_queued(clock) == {"failed": 4, "accepted": 1}
    assert handler.count() == {NEWSPAPER: 1}


def test_an_agencys_report_needs_an_agency(agencies: Outbox) -> None:
    configure({"somebody": post("a@b.example", "agency")})
    with pytest.raises(Refusal) as refusal:
        correspondence()
    assert "recipients.somebody" in refusal.value.sentence_en
    assert "names no agency" in refusal.value.sentence_en
