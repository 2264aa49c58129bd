"""The visitor's own settings: language, colours, keys; and the page that explains the keys."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import LOCAL_PATH, PUBLIC, open_to
from console.pages import EVERYBODY, AnyPage, home_of
from tasks import stewards

router = APIRouter()
CHOICES = {"lang": ("fa", "en"), "theme": ("auto", "light", "dark"), "keys": ("on", "off"), "blind": ("on", "off")}


@router.post("/preferences", **open_to(PUBLIC))
def prefer(page: AnyPage) -> Response:
    """The page is shown as chosen: kept with the account, or in the browser before signing in."""
    changes = {name: page.field(name) for name, allowed in CHOICES.items() if page.field(name) in allowed}
    back = page.field("back")
    path = back.partition("?")[0]
    home = home_of(page.visitor.role) if page.visitor else "/sign-in"
    response = page.redirect(back if LOCAL_PATH.fullmatch(path) and "//" not in path else home)
    if page.visitor is not None:
        stewards.prefer(page.visitor, changes)
    for name in ("lang", "theme"):
        if name in changes:
            response.set_cookie(name, changes[name], httponly=True, samesite="strict", max_age=365 * 86400, path="/")
    return response


@router.get("/account", **open_to(*EVERYBODY))
def account(page: AnyPage) -> Response:
    """The visitor's settings."""
    return page.render("account.html.j2")


@router.get("/help", **open_to(*EVERYBODY))
def explain(page: AnyPage) -> Response:
    """The keys and the signs, explained."""
    return page.render("help.html.j2")
