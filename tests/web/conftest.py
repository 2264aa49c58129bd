"""A console over an invented month: as an application in this process, or as a server for a browser."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from palayesh.adapters import settings
from palayesh.adapters.registry import Registry
from tasks import installation, stewards
from tests.web import lists, world
from tests.web.browsing import SLOWEST_PAGE, press

PEOPLE = {
    "chief": ("maryam", "chief", None),
    "steward": ("zahra", "steward", "relief_committee"),
    "colleague": ("reza", "steward", "relief_committee"),
    "other": ("naser", "steward", "behzisti"),
    "official": ("dirgol", "official", None),
    "auditor": ("bazres", "auditor", None),
}
PASSWORD = world.PASSWORD


def add_people(*roles: str) -> None:
    for role in roles or PEOPLE:
        name, kind, agency = PEOPLE[role]
        stewards.add(name, title=name.title(), role=kind, agency=agency, password=PASSWORD, now=world.NOW)


@pytest.fixture
def var(tmp_path: Path) -> Path:
    settings.override(var=tmp_path / "var", lang="en", database_url="")
    return tmp_path / "var"


def _make(var: Path, database_url: str = "") -> Registry:
    settings.override(var=var, lang="en", database_url=database_url)
    registry = installation.registry()
    world.make_month(registry, lists=lists.received_lists)
    add_people()
    return registry


@pytest.fixture(scope="session")
def made_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented month and its people, made once; every test works on a copy."""
    var = tmp_path_factory.mktemp("made")
    registry = _make(var)
    with registry.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    registry.engine.dispose()
    settings.reset()
    return var


@pytest.fixture(scope="session")
def made_month_on_postgresql(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on PostgreSQL, in the database ``made``, which every test gets a copy of."""
    var = tmp_path_factory.mktemp("made-on-postgresql")
    _on_server(postgresql_server, "create database made")
    _make(var, f"{postgresql_server}/made").engine.dispose()
    settings.reset()
    return var


def _on_server(server: str, statement: str) -> None:
    with psycopg.connect(f"{server.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture
def registry(request: pytest.FixtureRequest, var: Path) -> Iterator[Registry]:
    """The invented month, on SQLite or where the test says so on PostgreSQL as well (``ON_BOTH``)."""
    url = ""
    if getattr(request, "param", "sqlite") == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        made = request.getfixturevalue("made_month_on_postgresql")
        name = f"w{abs(hash(request.node.nodeid)) % 10**12}"
        _on_server(server, f"create database {name} template made")
        url = f"{server}/{name}"
    else:
        made = request.getfixturevalue("made_month")
    shutil.copytree(made, var)
    settings.override(var=var, lang="en", database_url=url)
    yield installation.registry()
    installation.registry().engine.dispose()


ON_BOTH = pytest.mark.parametrize("registry", ["sqlite", "postgresql"], indirect=True)
"""The test is run on each database."""


@pytest.fixture
def app(registry: Registry) -> FastAPI:
    from console.application import create

    return create(settings.current())


class Browser:
    """Somebody at the console, without a screen: keeps cookies, and sends the token of the page with every form."""

    def __init__(self, app: FastAPI | str) -> None:
        self.client: Any = (
            httpx.Client(base_url=app, timeout=60)
            if isinstance(app, str)
            else TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, raise_server_exceptions=False)
        )
        self.client.headers["sec-fetch-site"] = "same-origin"
        self.name = ""

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, csrf: str | None = None, **fields: Any) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf if csrf is None else csrf, **fields})

    @property
    def csrf(self) -> str:
        token = next((c.value for c in self.client.cookies.jar if c.name == "palayesh"), "")
        return stewards.csrf_token(token or "", self.name)

    def sign_in(self, who: str, password: str = PASSWORD, code: str = "", **more: str) -> httpx.Response:
        self.name = ""
        self.get("/sign-in")
        answer = self.post("/sign-in", name=PEOPLE[who][0], password=password, code=code, **more)
        self.name = PEOPLE[who][0] if answer.status_code in (200, 303) else ""
        return answer


@pytest.fixture
def visit(app: FastAPI) -> Callable[[str], Browser]:
    def signed_in(who: str) -> Browser:
        browser = Browser(app)
        assert browser.sign_in(who).status_code == 303
        return browser

    return signed_in


def hidden(page: str, name: str) -> str:
    """The value of a form's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def first_pair(browser: Browser) -> str:
    answer = browser.get("/pairs/next")
    assert answer.status_code == 303
    return answer.headers["location"].partition("?")[0]


def judge(browser: Browser, pair: str, judgement: str, note: str = "", **fields: str) -> httpx.Response:
    """What pressing a key on the pair's page sends."""
    page = browser.get(pair).text
    sent = {name: hidden(page, name) for name in ("follows", "evidence")}
    # The first request id of the page is of another form; the deciding form's stands beside what it follows.
    form = page[page.index('class="decide"') :]
    return browser.post(
        f"{pair}/judge", judgement=judgement, note=note, **{**sent, "request": hidden(form, "request"), **fields}
    )


# -- a browser with a screen ------------------------------------------------------------------------------------------


def chromium() -> str:
    """Debian's Chromium; without it the test is skipped, or fails where browsers are required."""
    found = os.environ.get("PALAYESH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    if os.environ.get("PALAYESH_REQUIRE_BROWSER"):
        pytest.fail("Chromium is not installed")
    pytest.skip("Chromium is not installed: apt-get install chromium")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """The console, served on a port of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started and time.monotonic() < end:
        time.sleep(0.02)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def screen(chrome: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens pages at the console, signed in by keyboard."""
    contexts = []

    def opened(who: str = "", **options: Any) -> Any:
        context = chrome.new_context(base_url=address, **{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOWEST_PAGE)
        if who:
            page.goto("/sign-in")
            page.keyboard.type(PEOPLE[who][0])  # the name has the focus
            page.keyboard.press("Tab")
            page.keyboard.type(PASSWORD)
            press(page, "Enter", until=re.compile(r"/(month|audit)?$"))
        return page

    yield opened
    for context in contexts:
        context.close()
