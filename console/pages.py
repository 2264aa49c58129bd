"""A page: who asks for it, in which language and month, and how it is rendered."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console import clock, guard
from console.evidence import reason_of
from console.wording import Wording
from palayesh.adapters import settings
from palayesh.adapters.models import Run
from palayesh.corrections.causes import Cause
from palayesh.corrections.shown import FailureInContext
from palayesh.declaration import Agency, Title
from palayesh.language import Language
from palayesh.reporting_month import ReportingMonth
from palayesh.review.access import EVERYBODY, WORKERS, Role, Visitor
from palayesh.review.keys import keys_of
from palayesh.vocabulary import Vocabulary
from tasks import installation, reviewing, stewards, work

HERE = Path(__file__).parent

NAVIGATION: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/", "nav_queue", WORKERS),
    ("/pairs", "nav_pairs", WORKERS),
    ("/failures", "nav_failures", WORKERS),
    ("/cases", "nav_cases", WORKERS),
    ("/uncovered", "nav_uncovered", WORKERS),
    ("/waiting", "nav_waiting", WORKERS),
    ("/judgements", "nav_judgements", WORKERS),
    ("/month", "nav_month", WORKERS | {Role.OFFICIAL}),
    ("/audit", "nav_audit", frozenset({Role.AUDITOR, Role.CHIEF})),
)
OF_SECTION = {
    "/failures": ("/records/", "/corrections", "/questions", "/returns", "/workbooks"),
    "/pairs": ("/causes/", "/persons/", "/households/"),
    "/judgements": ("/agreement",),
    "/month": ("/files/",),
}
"""Pages that belong to a section under another address."""


TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn what follows them around: nobody types them, and in a note they would reach beyond it."""
OF_AN_ACTION = re.compile(
    r"/(preview|mend|rule|judge|correct|confirm|split|numbers|heading|heading/withdraw|keys|reference)$"
)


@lru_cache(maxsize=4)
def environment(reports: Path) -> Environment:
    """Jinja2 over our templates and the shapes that we share with the reports."""
    return Environment(
        loader=FileSystemLoader([HERE / "templates", reports]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def home_of(role: Role) -> str:
    """Where a role begins."""
    return next(path for path, _, roles in NAVIGATION if role in roles)


def whole_number(text: str, *, digits: int = 12) -> int:
    """The whole number that an address or a form says, in at most so many digits; 0 where it says none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else 0


class Page:
    """One request and what its answer needs."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.now: dt.datetime = clock.now()
        self._runs: dict[str, Run | None] = {}

    @property
    def visitor(self) -> Visitor | None:
        return getattr(self.request.state, "visitor", None)

    @property
    def who(self) -> Visitor:
        """The visitor of a route that is not public."""
        assert self.visitor is not None, "authorise let nobody through"
        return self.visitor

    @cached_property
    def lang(self) -> Language:
        asked = (self.visitor.preferences.get("lang") if self.visitor else None) or self.request.cookies.get("lang")
        return "en" if asked == "en" else "fa" if asked == "fa" else settings.current().language

    @property
    def theme(self) -> str:
        asked = (self.visitor.preferences.get("theme") if self.visitor else None) or self.request.cookies.get("theme")
        return asked if asked in ("light", "dark") else "auto"

    @cached_property
    def keys(self) -> dict[str, str]:
        """Action → key, as the visitor chose them."""
        return keys_of(self.visitor.preferences if self.visitor else {})

    @cached_property
    def words(self) -> Wording:
        return Wording(self.lang, self.keys)

    # -- the month -----------------------------------------------------------------------------------------------------

    @cached_property
    def months(self) -> list[str]:
        return work.months()

    @cached_property
    def month(self) -> str:
        """The month that the address names, else the newest that was computed, else the newest received."""
        asked = self.request.query_params.get("month", "")
        if asked in self.months:
            return asked
        return next((month for month in self.months if self._run_of(month)), (self.months or [""])[0])

    @cached_property
    def run(self) -> Run | None:
        return self._run_of(self.month) if self.month else None

    def _run_of(self, month: str) -> Run | None:
        if month not in self._runs:
            self._runs[month] = reviewing.latest_run(month)
        return self._runs[month]

    def the_run(self) -> Run:
        """The month's newest finished run. Raises NotFound before there is one."""
        if self.run is None:
            raise guard.NotFound
        return self.run

    def address(self, path: str, **query: Any) -> str:
        """A path of ours with the month that is looked at, and these questions."""
        asked = {"month": self.request.query_params.get("month", ""), **query}
        given = {name: value for name, value in asked.items() if value not in ("", None)}
        return f"{path}?{urlencode(given)}" if given else path

    # -- forms ---------------------------------------------------------------------------------------------------------

    def field(self, name: str, *, most: int = 2000) -> str:
        """What the form says, at most so many characters, without signs that nobody typed."""
        text = str(getattr(self.request.state, "fields", {}).get(name, ""))
        return "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and c not in TURNING)).strip()[:most]

    def number_field(self, name: str) -> int:
        """A whole number of the form; 0 where it says none."""
        return whole_number(self.field(name, most=12))

    @property
    def start(self) -> int:
        """From which row on a long list is shown."""
        return whole_number(self.request.query_params.get("start", ""), digits=7)

    def is_shown(self, thing: str) -> bool:
        """Whether the numbers of this object are shown in this session, for a reason that was given."""
        return self.visitor is not None and thing in self.visitor.revealed

    # -- answers -------------------------------------------------------------------------------------------------------

    def render(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The template as the answer."""
        shared = {
            "page": self,
            "t": self.words,
            "lang": self.lang,
            "direction": "rtl" if self.lang == "fa" else "ltr",
            "theme": self.theme,
            "visitor": self.visitor,
            "csrf": self._form_token(),
            "navigation": self._navigation(),
            "path": self.request.url.path,
            "month_path": self._month_path(),
            "keys_on": self.visitor is None or self.visitor.preferences.get("keys", "on") == "on",
            "meanings": json.dumps({f"Key{key}": f"Key{action}" for action, key in self.keys.items()}),
            "new_request_id": reviewing.new_request_id,
            "said": self.request.query_params.get("said", ""),
            "keeps_form": False,
            "agency_title": self.agency_title,
            "person": self.person,
            "reason_of": lambda pair: reason_of(pair, self.words),
            "sentence_of": self.sentence_of,
            "list_title": self.list_title,
            "vocabulary": self.vocabulary,
        }
        text = environment(settings.current().templates).get_template(template).render(**{**shared, **context})
        response = HTMLResponse(text, status_code=status)
        if getattr(self.request.state, "token_is_new", False):
            guard.set_cookie(self.request, response, self.request.state.token)
        return response

    def _form_token(self) -> str:
        token = getattr(self.request.state, "token", None)
        return "" if token is None else stewards.csrf_token(token, self.visitor.name if self.visitor else "")

    def redirect(self, path: str) -> Response:
        """The browser goes on to the address, by GET."""
        return RedirectResponse(path, status_code=303)

    def _navigation(self) -> list[dict[str, Any]]:
        if self.visitor is None:
            return []
        here = self.request.url.path
        return [
            {
                "path": path,
                "href": self.address(path),
                "title": self.words(key),
                "is_here": here == path or (path != "/" and here.startswith((path, *OF_SECTION.get(path, ())))),
            }
            for path, key, roles in NAVIGATION
            if self.visitor.role in roles
        ]

    @property
    def address_again(self) -> str:
        """Where this page is found again: what answers a form has an address of its own only by GET."""
        path = self.request.url.path
        if self.request.method == "GET":
            return path
        section = next((name for name in ("/workbooks", "/returns", "/questions") if path.startswith(f"{name}/")), "")
        return section or OF_AN_ACTION.sub("", path)

    @property
    def this_page(self) -> str:
        """Where this very page is found again, with its month, filter and place; before signing in, with what was wanted."""
        if self.visitor is not None and self.request.method != "GET":
            return self.address(self.address_again)
        asked = {name: value for name, value in self.request.query_params.items() if name != "said"}
        if self.request.method != "GET" and self.field("next"):
            asked["next"] = self.field("next")
        path = self.request.url.path
        return f"{path}?{urlencode(asked)}" if asked else path

    def _month_path(self) -> str:
        """The page that another month has as well: what is shown of one month's pair or file leads to its section."""
        section = self.section()
        return section["path"] if section else "/"

    def section(self) -> dict[str, Any] | None:
        """The section that the page belongs to, as the visitor reaches it."""
        here = self.request.url.path
        path = next((path for path, begins in OF_SECTION.items() if here.startswith(begins)), here)
        found = [one for one in self._navigation() if one["path"] != "/" and path.startswith(one["path"])]
        return found[0] if found else None

    def title(self, title: Title) -> str:
        return title.of(self.lang)

    # What is declared is read once for a page: whether a file changed is looked up each time it is asked for.
    @cached_property
    def _agencies(self) -> dict[str, Agency]:
        return installation.agencies()

    @cached_property
    def _vocabularies(self) -> dict[str, Vocabulary]:
        return installation.vocabularies()

    def sentence_of(self, found: Cause | FailureInContext) -> str:
        """What is wrong, as a sentence of the visitor's language."""
        if self.lang == "fa":
            return found.sentence_fa
        return found.sentence_en[:1].upper() + found.sentence_en[1:]

    def agency_title(self, name: str) -> str:
        """What people call the agency."""
        found = self._agencies.get(name)
        return self.title(found.title) if found else name

    @cached_property
    def _people(self) -> dict[str, str]:
        return {one.name: one.title for one in stewards.store().stewards() if one.title}

    def person(self, name: str) -> str:
        """What people call the account."""
        return self._people.get(name, name)

    def list_title(self, list_key: str | None) -> str:
        """What people call the list."""
        agency, _, name = (list_key or "").partition("/")
        found = self._agencies.get(agency)
        return self.title(found.lists[name].title) if found and name in found.lists else str(self.words("unknown_list"))

    def vocabulary(self, name: str, value: object) -> str:
        """A coded value as people say it."""
        found = self._vocabularies.get(name)
        if found is None or not value or str(value) not in found.known_values:
            return str(value or "–")
        entry = found.entry(str(value))
        return entry.fa if self.lang == "fa" else entry.en

    @property
    def cut_off(self) -> dt.date:
        """The last day for the month's questions."""
        first = ReportingMonth.parse(self.month).next().first_day
        return first + dt.timedelta(days=settings.current().cut_off_day - 1)


async def _page(request: Request) -> Page:
    return Page(request)


AnyPage = Annotated[Page, Depends(_page)]
__all__ = ["EVERYBODY", "WORKERS", "AnyPage", "Page"]
