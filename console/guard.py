"""Who may call what: every route names its roles, and what names none is refused. Sessions, forms and headers."""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from console import clock
from palayesh.adapters.audit_store import Act
from palayesh.review.access import Role, Visitor
from tasks import stewards

PUBLIC = "public"
MOST_KEPT_BYTES = 100_000
"""So large a form is kept over the end of a session."""
LOCAL_PATH = re.compile(r"/[A-Za-z0-9/_.-]*")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class SignInNeeded(Exception):
    """Nobody is signed in, or the session is over. What was typed goes along, to be sent again by the same account."""

    def __init__(self, path: str, fields: dict[str, str] | None) -> None:
        self.path, self.fields = path, fields


class StaleForm(Exception):
    """The form is of an older session of this account: what was typed is shown, to be sent again."""

    def __init__(self, path: str, fields: dict[str, str]) -> None:
        self.path, self.fields = path, fields


class Refused(Exception):
    """This role may not do this, or the form is not ours."""


class NotFound(Exception):
    """There is no such thing, or it is not this visitor's to see: both look the same."""


def open_to(*roles: Role | str) -> dict[str, Any]:
    """What a route's decorator takes to name who may call it."""
    return {"openapi_extra": {"roles": sorted(str(role) for role in roles)}}


def roles_of(route: Any) -> list[str] | None:
    """Who may call the route; nothing if it does not say."""
    extra = getattr(route, "openapi_extra", None)
    return extra.get("roles") if extra else None


def cookie_name(request: Request) -> str:
    """The session's cookie; over TLS with the prefix that binds it to this host."""
    return "__Host-palayesh" if request.url.scheme == "https" else "palayesh"


def set_cookie(request: Request, response: Response, token: str) -> None:
    """The browser holds the token, out of reach of scripts and of other sites."""
    response.set_cookie(
        cookie_name(request), token, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
    )


async def authorise(request: Request) -> None:
    """The visitor is known and may call this route, and a form comes from a page of ours; or the request ends here."""
    allowed = roles_of(request.scope.get("route"))
    if allowed is None:
        raise Refused
    token = request.cookies.get(cookie_name(request), "")
    is_used = request.query_params.get("look") != "again"
    who = await run_in_threadpool(stewards.visitor, token, now=clock.now(), is_used=is_used) if token else None
    request.state.visitor = who
    # Until somebody signs in the token only proves that the form was fetched by this browser.
    request.state.token = token or secrets.token_urlsafe(32)
    request.state.token_is_new = not token
    is_open = PUBLIC in allowed
    # Who may not call it is told so before anything that he sends is read.
    if not is_open and who is not None and who.role not in allowed:
        await run_in_threadpool(_note_refusal, who, request)
        raise Refused
    if not is_open and who is None and (request.method == "GET" or not _may_be_kept(request)):
        raise SignInNeeded(_path(request), None)
    if request.method == "GET":
        return
    fields = request.state.fields = await _fields(request)
    if not is_open and who is None:
        raise SignInNeeded(_path(request), fields)
    sent = str(fields.get("csrf", ""))
    name = who.name if who is not None else ""
    if not token or not hmac.compare_digest(sent.encode(), stewards.csrf_token(token, name).encode()):
        if _from_here(request) and who is not None and stewards.owner_of_form(sent) == name:
            raise StaleForm(_path(request), fields)
        raise Refused


def _may_be_kept(request: Request) -> bool:
    """What somebody typed whose session is over: a small form of ours. A stranger's, or a file, is not read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    length = request.headers.get("content-length", "")
    return (
        _from_here(request)
        and kind == "application/x-www-form-urlencoded"
        and length.isdigit()
        and int(length) <= MOST_KEPT_BYTES
    )


async def _fields(request: Request) -> dict[str, str]:
    form = await request.form(max_files=1, max_fields=200)
    # Several values of one name (the pairs of a bulk step) are kept as one text; files stay in the form.
    names = dict.fromkeys(name for name, _ in form.multi_items())
    return {name: " ".join(value for value in form.getlist(name) if isinstance(value, str)) for name in names}


def _from_here(request: Request) -> bool:
    return request.headers.get("sec-fetch-site") == "same-origin"


def _path(request: Request) -> str:
    path = request.url.path
    if request.method == "GET" and request.url.query:
        return f"{path}?{request.url.query}"
    return path


def _note_refusal(who: Visitor, request: Request) -> None:
    stewards.record(Act(clock.now(), who.name, who.role, "refused", request.url.path[:120]))
