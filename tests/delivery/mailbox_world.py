"""A real IMAP server (Dovecot) with one mailbox, and the notices that mail servers put into it."""

from __future__ import annotations

import contextlib
import getpass
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from mail_world import Certificate

USER, PASSWORD = "reports", "a-mailbox-password"
CONFIGURATION = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
ssl = yes
disable_plaintext_auth = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
mail_location = maildir:{folder}/Maildir
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
"""


def program() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Mailbox:
    """A running server; ``ports`` by the kind of encryption."""

    def __init__(self, folder: Path, ports: dict[str, int]) -> None:
        self.folder, self.ports = folder, ports

    def deliver(self, raw: bytes) -> None:
        """A letter has come, as a mail server leaves it."""
        name = f"{time.time_ns()}.M{len(list((self.folder / 'Maildir' / 'new').iterdir()))}.test"
        (self.folder / "Maildir" / "new" / name).write_bytes(raw)
        (self.folder / "Maildir" / "new" / name).chmod(0o644)

    def empty(self) -> None:
        for sub in ("new", "cur"):
            for letter in (self.folder / "Maildir" / sub).iterdir():
                letter.unlink()

    def seen(self, certificate: Certificate) -> int:
        """How many letters anybody has marked as read."""
        import ssl

        context = ssl.create_default_context(cafile=str(certificate.authority))
        with imaplib.IMAP4_SSL("127.0.0.1", self.ports["tls"], ssl_context=context) as server:
            server.login(USER, PASSWORD)
            server.select("INBOX", readonly=True)
            return len(server.search(None, "SEEN")[1][0].split())


@contextlib.contextmanager
def running(certificate: Certificate) -> Iterator[Mailbox]:
    """A server of an ordinary account's own: Dovecot reads no mail for root."""
    found = program()
    assert found
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    entry = pwd.getpwnam(user)
    folder = Path(tempfile.mkdtemp(prefix="palayesh-dovecot-"))
    try:
        for sub in ("new", "cur", "tmp"):
            (folder / "Maildir" / sub).mkdir(parents=True)
        shutil.copy(certificate.authority.parent / "server.pem", folder / "server.pem")
        ports = dict(zip(("starttls", "tls"), _free_ports(2), strict=True))
        (folder / "dovecot.conf").write_text(
            CONFIGURATION.format(
                folder=folder, user=user, group=grp.getgrgid(entry.pw_gid).gr_name, password=PASSWORD, **ports
            )
        )
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, user, entry.pw_gid)
        as_user = ["runuser", "-u", user, "--"] if os.geteuid() == 0 else []
        server = subprocess.Popen([*as_user, found, "-F", "-c", str(folder / "dovecot.conf")], cwd=folder)
        try:
            _wait(ports["tls"], folder / "log")
            yield Mailbox(folder, ports)
        finally:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                os.kill(int((folder / "run" / "master.pid").read_text()), signal.SIGTERM)
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _wait(port: int, log: Path) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text() if log.exists() else "the server did not start")


def notice(
    letter: bytes,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    own_id: str = "<n1@mx.example>",
    headers_only: bool = False,
) -> bytes:
    """What Postfix and others return (RFC 3464): words, the delivery's status, and the letter or its headers."""
    returned = ("text/rfc822-headers", letter.partition(b"\r\n\r\n")[0]) if headers_only else ("message/rfc822", letter)
    return b"\r\n".join(
        (
            b"Return-Path: <>",
            b"From: MAILER-DAEMON@mx.example (Mail Delivery System)",
            b"To: reports@ostan.example",
            b"Subject: Undelivered Mail Returned to Sender",
            *((b"Message-ID: " + own_id.encode(),) if own_id else ()),
            b"Auto-Submitted: auto-replied",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
            b"",
            b"--=_b",
            b"Content-Type: text/plain; charset=us-ascii",
            b"",
            b"I'm sorry to have to inform you that <director@ostan.example> is unknown.",
            b"",
            b"--=_b",
            b"Content-Type: message/delivery-status",
            b"",
            b"Reporting-MTA: dns; mx.example",
            b"Arrival-Date: Thu, 22 May 2025 08:00:00 +0000",
            b"",
            b"Final-Recipient: rfc822; director@ostan.example",
            b"Action: " + action.encode(),
            b"Status: " + status.encode(),
            b"Diagnostic-Code: smtp; 550 5.1.1 <director@ostan.example>: Recipient address rejected",
            b"",
            b"--=_b",
            b"Content-Type: " + returned[0].encode(),
            b"",
            returned[1],
            b"",
            b"--=_b--",
            b"",
        )
    )


def ordinary_letter() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "someone@behzisti.example", "reports@ostan.example", "Re: list"
    message["In-Reply-To"] = "<M0123456789abcde.1404-02@ostan.example>"
    message.set_content("Received, thank you. Action: failed")
    return message.as_bytes()
