"""A mail server with faults, a certificate of its own, and an installation whose month has been rendered."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import hashlib
import ipaddress
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from palayesh.adapters import rules, settings
from palayesh.adapters.models import Report
from palayesh.adapters.outbox import Draft, Outbox
from palayesh.adapters.registry import Registry
from palayesh.coverage.public_release import publish_public
from palayesh.coverage.publication import publish
from palayesh.delivery.outcomes import Settled  # noqa: F401 - for the tests
from tasks import installation, ledger
from tests.golden import sample_editions, sample_report

MONTH = "1404-02"
NOW = dt.datetime(2025, 5, 22, 8, 0, tzinfo=dt.UTC)
PASSWORD = "a-long-password-of-a-test"
PATIENCE_SECONDS = 1.5
SLOW_SECONDS = 4
"""Well beyond the patience, which in its turn is well beyond what a busy machine takes to answer."""
PREPARED_BY, RELEASER = "z.karimi", "m.sadeghi"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += dt.timedelta(**time)


@dataclass
class Handler:
    """Takes every letter, but for the faults asked for: recipient → what happens at its first, second … attempt."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    letters: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    in_clear: int = 0
    """Commands about a letter that came over a line that was not encrypted."""

    def fault(self, recipient: str, phase: str) -> str:
        waiting = self.faults.get(recipient, [])
        if waiting and waiting[0].partition(":")[0] == phase:
            return waiting.pop(0).partition(":")[2]
        return ""

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.in_clear += session.ssl is None
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if answer := self.fault(address, "RCPT"):
            if answer == "slow":
                await asyncio.sleep(SLOW_SECONDS)
            elif answer == "cut":
                server.transport.abort()
            else:
                return f"{answer} <{address}> says no"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        recipient = envelope.rcpt_tos[0]
        answer = self.fault(recipient, "DATA")
        if answer and answer[0].isdigit():
            return f"{answer} <{recipient}> says no"
        if answer != "cut before":
            self.letters += [(to, envelope.content) for to in envelope.rcpt_tos]
        if answer.startswith("cut"):
            server.transport.abort()
        if answer == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        return "250 2.0.0 stored"

    def count(self) -> Counter[str]:
        return Counter(recipient for recipient, _ in self.letters)

    def messages(self, recipient: str) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=default) for to, raw in self.letters if to == recipient]


@dataclass(frozen=True)
class Certificate:
    authority: Path
    server: ssl.SSLContext


def make_certificate(folder: Path, *names: str) -> Certificate:
    """An authority, and a server certificate for the names signed by it."""
    now = dt.datetime.now(dt.UTC)

    def sign(subject: str, issuer: str, key: Any, signer: Any, *extensions: x509.ExtensionType) -> x509.Certificate:
        def name(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
        )
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        for extension in extensions:
            builder = builder.add_extension(
                extension, critical=isinstance(extension, x509.BasicConstraints | x509.KeyUsage)
            )
        return builder.sign(signer, hashes.SHA256())

    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    authority = sign("authority", "authority", authority_key, authority_key, x509.BasicConstraints(True, None), usage)
    alternatives = [
        x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names
    ]
    server = sign(names[0], "authority", server_key, authority_key, x509.SubjectAlternativeName(alternatives))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    chain = server.public_bytes(serialization.Encoding.PEM) + server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return Certificate(folder / "authority.pem", context)


class QuietController(Controller):
    """aiosmtpd in a thread; ``kind`` is starttls, tls or none."""

    def __init__(self, handler: Handler, certificate: Certificate | None, kind: str = "starttls", **more: Any) -> None:
        self.kind, self.certificate, self.more = kind, certificate, more
        context = {"ssl_context": certificate.server} if kind == "tls" and certificate else {}
        super().__init__(handler, hostname="127.0.0.1", port=0, **context)

    def factory(self) -> SMTP:
        self.handler.connections += 1
        starttls = self.kind == "starttls" and self.certificate is not None
        return SMTP(
            self.handler,
            tls_context=self.certificate.server if starttls and self.certificate else None,
            require_starttls=starttls,
            hostname="test",
            **self.more,
        )

    def _trigger_server(self) -> None:
        # The port was chosen by the system; the controller would ask the port 0.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def only_user(user: str, password: str) -> Callable[..., AuthResult]:
    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = data.login == user.encode() and data.password == password.encode()
        return AuthResult(success=good, handled=good)

    return authenticate


CONFIGURATION: dict[str, Any] = {
    "sender": {"address": "reports@ostan.example", "name": {"fa": "دفتر امور اجتماعی", "en": "Office of Social Affairs"}},
    "releasers": [RELEASER, PREPARED_BY],
    "letter": {
        "letterhead": {"fa": ["استانداری کرمان"], "en": ["Governorate of Kerman"]},
        "number": "12/{month}/{revision}",
        "signature": {"fa": ["دفتر امور اجتماعی و فرهنگی"]},
        "contact": "034-32110000",
    },
    "recipients": {
        "director": {
            "title": {"fa": "مدیرکل محترم", "en": "The Director General"}, "address": "director@ostan.example",
            "reports": ["coverage"],
        },
        "deputy": {
            "title": {"fa": "معاون محترم", "en": "The Deputy"}, "address": "deputy@ostan.example", "language": "en",
            "reports": ["coverage"],
        },
        "behzisti_office": {
            "title": {"fa": "دبیرخانهٔ محترم بهزیستی", "en": "Behzisti"}, "address": "lists@behzisti.example",
            "agency": "behzisti", "reminders": True,
        },
        "stewards": {
            "title": {"fa": "همکاران محترم", "en": "The stewards"}, "address": "stewards@ostan.example", "notices": True,
        },
    },
}  # fmt: skip


def write_configuration(path: Path, **changes: Any) -> Path:
    path.write_text(yaml.safe_dump(CONFIGURATION | changes, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def install(folder: Path, database_url: str, **more: Any) -> Registry:
    """An installation in the folder: its settings hold for this process."""
    settings.override(
        var=folder / "var",
        database_url=database_url,
        delivery=write_configuration(folder / "delivery.yml"),
        mail_timeout=PATIENCE_SECONDS,
        operator=PREPARED_BY,
        **more,
    )
    return installation.registry()


def published_sample() -> dict[str, pd.DataFrame]:
    """The sample month's frames as the summary keeps them."""
    inputs = sample_report.sample_inputs()
    policies = rules.load_policies(sample_report.EXPECTATIONS)
    cells = sample_report.coverage_cells().drop(columns="state")
    published = publish(
        sample_report.figures(), cells, inputs.overlap, inputs.waiting, policies.figures, policies.disclosure
    )
    public = publish_public(published.figures, published.cells, policies.figures, policies.disclosure)
    return {"figures": published.figures, "cells": published.cells, "overlap": published.overlap,
            "waiting": published.bands, "public": public}  # fmt: skip


LATE_LIST = "association/applications"


def render_month(
    registry: Registry, frames: dict[str, pd.DataFrame], pdf: bytes, *, month: str = MONTH, inputs: str = "first"
) -> str:
    """A run of the month stands finished and rendered, as the flow leaves it; every list but one has come."""
    from tasks import agency_reports
    from tasks.correspondence import correspondence
    from tasks.report_inputs import STATUS_OF_DIMENSION
    from tasks.run_reports import RunReports

    statuses = pd.DataFrame({"record_id": ["x/1"], **dict.fromkeys(STATUS_OF_DIMENSION.values(), "valid")})
    for name, agency in installation.agencies().items():
        for list_name in agency.lists:
            key = f"{name}/{list_name}"
            if key != LATE_LIST:
                registry.add_submission(
                    {
                        "agency": name, "list_key": key, "month": month, "sha256": hashlib.sha256(key.encode()).hexdigest(),
                        "size_bytes": 9, "received_on": dt.date(2025, 5, 22), "format": "xlsx", "state": "validated",
                        "received_count": 1, "accepted_count": 1,
                    },
                    {"accepted": statuses},
                )  # fmt: skip
    run_id, revision, _ = registry.begin_run(
        month,
        inputs_sha256=inputs,
        rules_sha256="r",
        judgement_position=0,
        code_version="1",
        issued_on=dt.date(2025, 5, 22),
    )
    Outbox(registry).note_preparer(run_id, PREPARED_BY)
    registry.save_step(run_id, "link", {"persons": 15_872, "households": 4_023, "review_pairs": 12})
    registry.save_step(run_id, "screen", {"decisions": {}})
    registry.save_step(run_id, "summarise", {}, frames=frames)
    facts = [sample_editions.agency_facts(agency) for agency in ("behzisti", "relief_committee")]
    tables = {
        name: pd.concat([getattr(one, name) for one in facts], ignore_index=True) for name in agency_reports.TABLES
    }
    registry.save_step(
        run_id, "agency_reports", dict(facts[0].counts), frames={f"agency_{name}": t for name, t in tables.items()}
    )
    folder = installation.reports_folder(month, revision)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for lang in ("fa", "en"):
        content = pdf + b"% " + lang.encode() + b"\n"
        (folder / f"coverage.{lang}.pdf").write_bytes(content)
        rows.append({"kind": "coverage", "lang": lang, "format": "pdf", "sha256": hashlib.sha256(content).hexdigest(),
                     "size_bytes": len(content), "path": f"coverage.{lang}.pdf"})  # fmt: skip
    asked = {kind for recipient in correspondence().recipients.values() for kind in recipient.kinds}
    counts = {"files": [], "failed_agencies": [], "said": RunReports(run_id, []).said(sorted(asked))}
    registry.save_step(run_id, "render", counts, rows={Report: pd.DataFrame(rows)})
    ledger.finish(run_id)
    return run_id


def drafts(month: str, *recipients: str, revision: int = 1) -> list[Draft]:
    """Plain reports without an attachment for the recipients."""
    return [
        Draft(
            "report",
            month,
            "coverage",
            recipient,
            "fa",
            "گزارش",
            f"متن {month}",
            f"<p>متن {month}</p>",
            revision=revision,
        )
        for recipient in recipients
    ]


def queue(outbox: Outbox, *recipients: str, month: str = MONTH, at: dt.datetime = NOW) -> list[str]:
    """Letters for the recipients wait; returns their ids."""
    wanted = drafts(month, *recipients)
    outbox.queue(wanted, domain="ostan.example", at=at)
    return [draft.key for draft in wanted]


def states(outbox: Outbox, month: str | None = None) -> dict[str, str]:
    return {message.recipient: message.state for message in outbox.messages(month)}
