"""The visitor's own settings: language, colours, keys; and the page that explains the keys."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.guard import LOCAL_PATH, PUBLIC, open_to
from console.pages import EVERYBODY, AnyPage, home_of
from palayesh.review.keys import ACTIONS, chosen_keys, place_of
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
    return page.render("account.html.j2", actions=ACTIONS, refused="", typed=page.keys)


@router.post("/account/keys", **open_to(*EVERYBODY))
def choose_keys(page: AnyPage) -> Response:
    """The account has these keys: letters of the Latin or the Persian layout, each for one action."""
    typed = {action: page.field(f"key_{action}", most=4) for action in ACTIONS}
    if page.field("usual") == "yes":
        typed = {}
    unknown = [letter for letter in typed.values() if letter and place_of(letter) is None]
    keys = None if unknown else chosen_keys(typed)
    if keys is None:
        refused = page.words("mistake_key_unknown" if unknown else "mistake_key_twice")
        return page.render("account.html.j2", status=422, actions=ACTIONS, refused=refused, typed=typed)
    stewards.prefer(page.who, {"key_map": {action: key for action, key in keys.items() if action != key}})
    return page.redirect("/account?said=keys_kept")


@router.get("/help", **open_to(*EVERYBODY))
def explain(page: AnyPage) -> Response:
    """The keys and the signs, explained."""
    return page.render("help.html.j2")
