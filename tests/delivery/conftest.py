"""Servers and installations that the tests of delivery share."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mail_world
import pandas as pd
import pytest

from palayesh.adapters import pdf, settings, tables
from palayesh.adapters.outbox import Outbox
from palayesh.coverage.publication import Published, publish


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> mail_world.Certificate:
    return mail_world.make_certificate(tmp_path_factory.mktemp("certificate"), "localhost", "127.0.0.1")


@pytest.fixture
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of the command line are not folded, whatever imported the console first."""
    from flows import screen_output

    monkeypatch.setattr(screen_output.console, "width", 220)


@pytest.fixture
def handler() -> mail_world.Handler:
    return mail_world.Handler()


@pytest.fixture
def server(handler: mail_world.Handler, certificate: mail_world.Certificate) -> Iterator[mail_world.QuietController]:
    """A running server that speaks nothing of letters before STARTTLS."""
    controller = mail_world.QuietController(handler, certificate)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def outbox(
    database_url: str,
    tmp_path: Path,
    server: mail_world.QuietController,
    certificate: mail_world.Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> Outbox:
    """The outbox of an installation that sends to the server."""
    monkeypatch.setenv("PALAYESH_REPORT_PASSWORD_DIRECTOR", mail_world.PASSWORD)
    monkeypatch.setenv("PALAYESH_REPORT_PASSWORD_DEPUTY", mail_world.PASSWORD + "-other")
    registry = mail_world.install(
        tmp_path, database_url, mail_host="127.0.0.1", mail_port=server.port, mail_ca_file=certificate.authority
    )
    return Outbox(registry)


@pytest.fixture
def clock() -> mail_world.Clock:
    return mail_world.Clock()


@pytest.fixture(scope="session")
def sample_frames() -> dict[str, pd.DataFrame]:
    return mail_world.published_sample()


@pytest.fixture(scope="session")
def sample_pdf() -> bytes:
    """A tagged page of ours."""
    page = (
        '<!DOCTYPE html><html lang="fa" dir="rtl"><head><title>گزارش</title></head><body><h1>گزارش</h1></body></html>'
    )
    return pdf.render_pdf(
        page, as_of=dt.date(2025, 5, 21), templates=settings.current().templates, allow_other_fonts=True
    )


@pytest.fixture
def rendered(
    outbox: Outbox, sample_frames: dict[str, pd.DataFrame], sample_pdf: bytes, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Renders a run of the month; other ``inputs`` give another revision."""
    from tasks import release

    monkeypatch.setattr(release, "publish", _publish_once)

    def again(inputs: str = "first") -> str:
        return mail_world.render_month(outbox.registry, sample_frames, sample_pdf, inputs=inputs)

    return again


_published: dict[str, Published] = {}


def _publish_once(*arguments: Any) -> Published:
    """``publish``, which needs a second for the sample, once for the same frames."""
    earlier = [frame for one in arguments[6] for frame in vars(one).values()] if len(arguments) > 6 else []
    frames = [*(frame for frame in arguments if isinstance(frame, pd.DataFrame)), *earlier]
    key = "".join(tables.digest(tables.to_bytes(frame)) for frame in frames)
    if key not in _published:
        _published[key] = publish(*arguments)
    return _published[key]
