"""A mistake in ``delivery.yml`` or a password file is told in one line: the file, the entry, the mend."""

import datetime as dt
import email
from email import policy
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import mail_world
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_world import CONFIGURATION

from palayesh.adapters import mail, passwords, settings
from palayesh.adapters.templates import load_strings
from palayesh.correspondence import Conventions, Recipient
from palayesh.findings import Refusal
from palayesh.reports.letters import Stationery
from tasks.correspondence import correspondence

DIRECTOR = CONFIGURATION["recipients"]["director"]


def mistake(tmp_path: Path, **changes: Any) -> str:
    settings.override(delivery=mail_world.write_configuration(tmp_path / "delivery.yml", **changes))
    with pytest.raises(Refusal) as refused:
        correspondence()
    assert "\n" not in refused.value.sentence_en
    assert "delivery.yml" in refused.value.sentence_en
    return refused.value.sentence_en


def test_the_example_in_the_manual_can_be_used(tmp_path: Path) -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "delivery.md").read_text(encoding="utf-8")
    example = manual.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "delivery.yml").write_text(example, encoding="utf-8")
    settings.override(delivery=tmp_path / "delivery.yml")
    assert {"coverage"} <= {report for one in correspondence().recipients.values() for report in one.reports}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"recipients": {"director": DIRECTOR | {"reprots": ["coverage"]}}}, "did you mean «reports»?"),
        ({"recipients": {"director": DIRECTOR | {"reports": ["coverag"]}}}, "there is no report «coverag»"),
        ({"recipients": {"director": DIRECTOR | {"address": "a@b.example, c@d.example"}}}, "recipients.director.address"),
        ({"recipients": {"director": DIRECTOR | {"address": "a@b.example\nBcc: c@d.example"}}}, "is not one e-mail"),
        ({"recipients": {"director": DIRECTOR | {"title": {"fa": "مدیر\nBcc: x@y.example", "en": "x"}}}}, "one line"),
        ({"recipients": {"director": DIRECTOR, "again": DIRECTOR}}, "would get «coverage» twice"),
        ({"recipients": {"director": DIRECTOR | {"agency": "behzist"}}}, "«behzist» is not declared"),
        ({"recipients": {"director": DIRECTOR | {"reminders": True}}}, "names no agency"),
        ({"recipients": {"director": DIRECTOR | {"reports": []}}}, "gets nothing"),
        ({"recipients": {"Director General": DIRECTOR}}, "small Latin letters"),
        ({"releasers": []}, "releasers"),
        ({"letter": {"number": "{who}"}}, "letter.number"),
        ({"reminders": {"due": 5, "late": 3}}, "late must be a later day"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    assert named in mistake(tmp_path, **changes)


def test_no_mistake_quotes_an_address(tmp_path: Path) -> None:
    said = mistake(tmp_path, recipients={"director": DIRECTOR | {"address": "someone's mail at ostan"}})
    assert "someone" not in said


def test_without_the_file_it_is_said_where_it_comes_from(tmp_path: Path) -> None:
    settings.override(delivery=tmp_path / "delivery.yml")
    with pytest.raises(Refusal, match=r"docs/delivery\.md"):
        correspondence()


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "reports.passwords"
    file.write_text(f'director: "{mail_world.PASSWORD}"\ndeputy: "short"\n')
    settings.override(report_passwords_file=file)
    file.chmod(0o640)
    with pytest.raises(Refusal, match="chmod 600"):
        passwords.report_password("director")
    file.chmod(0o600)
    assert passwords.report_password("director") == mail_world.PASSWORD
    with pytest.raises(Refusal, match="report_password_short") as refused:
        passwords.report_password("deputy")
    assert "short" not in refused.value.sentence_en.replace("shorter", "")
    with pytest.raises(Refusal, match="report_password:"):
        passwords.report_password("nobody")


def test_a_password_in_the_settings_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "palayesh.toml").write_text('mail_password = "in the clear"\n')
    monkeypatch.chdir(tmp_path)
    settings.reset()
    with pytest.raises(ValueError, match="mail_password") as refused:
        settings.current()
    assert "in the clear" not in str(refused.value)


def letter(subject: str = "گزارش", plain: str = "متن", title: str = "مدیر") -> bytes:
    return mail.compose(
        sender=("دفتر", "office@ostan.example"), recipient=(title, "director@ostan.example"), subject=subject,
        message_id="<M1@ostan.example>", sent_at=dt.datetime(2025, 5, 22, tzinfo=dt.UTC), lang="fa", plain=plain,
        html="<p>متن</p>",
    )  # fmt: skip


def test_no_line_break_gets_into_a_header() -> None:
    assert b"Subject:" in letter()
    with pytest.raises(ValueError, match=r"linefeed|carriage"):
        letter(subject="گزارش\r\nBcc: other@elsewhere.example")


@given(st.lists(st.text("ابتثجچحخدذرزژسشصض۰۱۲۳۴۵۶۷۸۹–ءآ\u200c", min_size=1, max_size=12), min_size=1, max_size=20))
def test_a_header_arrives_as_it_was_written(words: list[str]) -> None:
    """Every space of a Persian subject and title, however often its line is folded."""
    text = " ".join(words)
    read = email.message_from_bytes(letter(subject=text, title=text), policy=policy.compat32)
    decoded = {name: str(make_header(decode_header(read[name]))) for name in ("Subject", "To")}
    assert decoded == {"Subject": text, "To": f"{text} <director@ostan.example>"}
    assert all(len(line) <= 78 for name in decoded for line in read[name].splitlines())


def test_a_letter_that_mail_programmes_would_cut_is_not_made() -> None:
    with pytest.raises(ValueError, match="longer than"):
        letter(plain="متن " * 20_000)


def test_lines_that_are_left_out_are_not_written() -> None:
    recipient = Recipient.model_validate(DIRECTOR)
    bare = Stationery(Conventions(besmele=False), load_strings("mail", "fa"), dt.date(2025, 5, 22))
    written = bare.letter(recipient, subject="گزارش", paragraphs=["متن"])
    assert (written.besmele, written.letterhead, written.signature, written.copies) == ("", (), (), ())
    assert [name for name, _ in written.fields] == ["تاریخ", "پیوست"]


def test_the_folder_of_passwords_is_not_the_repositorys() -> None:
    """An installation's own files do not get into a commit by mistake."""
    ignored = (Path(__file__).resolve().parents[2] / ".gitignore").read_text().split()
    assert {"delivery.yml", "*.passwords"} <= set(ignored)
