"""Signing in and out; what was typed when a session ended is offered again afterwards."""

from __future__ import annotations

import json

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from console.guard import LOCAL_PATH, PUBLIC, open_to, set_cookie
from console.pages import EVERYBODY, AnyPage, Page, home_of
from palayesh.review.access import Role
from tasks import stewards

router = APIRouter()
SECRETS = frozenset({"csrf", "password", "code"})


@router.get("/sign-in", **open_to(PUBLIC))
def ask(page: AnyPage) -> Response:
    """The form, or the visitor's own first page if he is signed in."""
    if page.visitor is not None:
        return page.redirect(home_of(page.visitor.role))
    return sign_in_page(page)


@router.post("/sign-in", **open_to(PUBLIC))
async def sign_in(page: AnyPage) -> Response:
    """The browser is signed in under a new token, and goes where it wanted to."""
    name, password, code = page.field("name", most=64), _password(page), page.field("code", most=12)
    found = await run_in_threadpool(stewards.sign_in, name, password, code, now=page.now)
    resume_path, resume = _resumed(page)
    if found.token is None:
        return sign_in_page(
            page, status=401, reason=found.reason, name=name, resume_path=resume_path, resume=resume,
            owner=page.field("resume_owner", most=64),
        )  # fmt: skip
    who = await run_in_threadpool(stewards.visitor, found.token, now=page.now)
    assert who is not None, "a session that has just begun is there"
    if resume_path and page.field("resume_owner", most=64) != who.name:
        # What somebody else typed at this browser is not this person's to see or to send.
        response: Response = page.redirect(f"{home_of(Role(who.role))}?said=not_yours")
    elif resume_path:
        page.request.state.visitor, page.request.state.token = who, found.token
        response = send_again_page(Page(page.request), resume_path, resume)
    else:
        wanted = page.field("next")
        response = page.redirect(wanted if _is_ours(wanted) else home_of(Role(who.role)))
    set_cookie(page.request, response, found.token)
    return response


@router.post("/sign-out", **open_to(*EVERYBODY))
def sign_out(page: AnyPage) -> Response:
    """The browser is signed out; nothing of what it showed is in its cache."""
    stewards.sign_out(page.who, now=page.now)
    response = page.redirect("/sign-in?said=signed_out")
    response.delete_cookie("palayesh", path="/")
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def sign_in_page(
    page: Page,
    *,
    status: int = 200,
    reason: str = "",
    name: str = "",
    resume_path: str = "",
    resume: dict[str, str] | None = None,
    owner: str = "",
) -> Response:
    """The form for signing in, with what is to be sent again afterwards."""
    wanted = page.request.query_params.get("next", "") or page.field("next")
    return page.render(
        "sign_in.html.j2",
        status=status,
        reason=reason,
        name=name,
        next=wanted if _is_ours(wanted) else "",
        resume_path=resume_path,
        resume=json.dumps(resume or {}, ensure_ascii=False),
        has_typed=bool(resume),
        owner=owner,
    )


def send_again_page(page: Page, path: str, fields: dict[str, str]) -> Response:
    """What was typed, to be looked at and sent again."""
    return page.render("send_again.html.j2", target=path, fields=fields, keeps_form=True)


def kept_fields(fields: dict[str, str]) -> dict[str, str]:
    """What is worth keeping of a form: no secrets."""
    return {name: value for name, value in fields.items() if name not in SECRETS and len(value) <= 4000}


def _resumed(page: Page) -> tuple[str, dict[str, str]]:
    path = page.field("resume_path")
    try:
        fields = json.loads(str(page.request.state.fields.get("resume", "{}")))
    except ValueError:
        fields = {}
    typed = {str(k): str(v) for k, v in fields.items()} if isinstance(fields, dict) else {}
    return (path, kept_fields(typed)) if typed and LOCAL_PATH.fullmatch(path) and "//" not in path else ("", {})


def _is_ours(address: str) -> bool:
    path = address.partition("?")[0]
    return bool(LOCAL_PATH.fullmatch(path)) and "//" not in path and not path.startswith("/sign-")


def _password(page: Page) -> str:
    # A password is taken as it was typed: no sign of it is dropped.
    return str(page.request.state.fields.get("password", ""))[:1024]
