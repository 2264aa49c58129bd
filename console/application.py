"""The console as an application: `create` puts its parts together, uvicorn starts it through `serve`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from console import (
    account,
    agency_answers,
    agreement,
    audit,
    cases,
    decisions,
    failures,
    files,
    groups,
    guard,
    headings,
    judgements,
    mending,
    month,
    pairs,
    queue,
    sign_in,
    validating,
    workbooks,
)
from console.pages import Page
from palayesh.adapters import settings as all_settings
from palayesh.adapters.settings import Settings
from palayesh.findings import Refusal
from tasks import stewards

PARTS = (
    sign_in, account, queue, pairs, judgements, groups, files, headings, failures, mending, agency_answers, decisions, workbooks,
    cases, month, agreement, audit,
)  # fmt: skip
"""Modules with a ``router``."""
MOST_BYTES = 2_000_000
STATIC = Path(__file__).with_name("static")


def create(settings: Settings) -> FastAPI:
    """The application of this installation. Every route names its roles; one that does not is refused to everybody."""
    _hear_faults()
    app = FastAPI(
        title="Palayesh", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(guard.authorise)]
    )
    for part in PARTS:
        app.include_router(part.router)
    app.mount("/static/fonts", StaticFiles(directory=settings.templates / "_shared" / "fonts"), name="fonts")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.middleware("http")(_guarded)
    app.add_exception_handler(guard.SignInNeeded, _sign_in)
    app.add_exception_handler(guard.StaleForm, _send_again)
    for kind in (guard.Refused, guard.NotFound, Refusal, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _sorry)
    return app


def _hear_faults() -> None:
    """The console's own log of faults (kind and place, no values) reaches the standard error, whatever Prefect made of the root's."""
    log = logging.getLogger("palayesh.console")
    log.setLevel(logging.ERROR)
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.StreamHandler())


def serve() -> FastAPI:
    """What uvicorn calls: the application with the settings of this process."""
    validating.get_ready()
    return create(all_settings.current())


async def _guarded(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    length = request.headers.get("content-length", "0")
    is_workbook = request.url.path.startswith("/workbooks/")
    # Browsers tell a form's length; what does not is not read, because nothing would bound it.
    if "transfer-encoding" in request.headers:
        response: Response = Response(status_code=411)
    elif not length.isdigit() or int(length) > (workbooks.MOST_BYTES if is_workbook else MOST_BYTES):
        response = _error_page(request, 413)
    else:
        try:
            response = await proceed(request)
        except Exception as error:  # noqa: BLE001 - the last net: its message may quote a person's data, so only its kind and place are told
            logging.getLogger("palayesh.console").error("%s at %s", type(error).__name__, _place(error))
            response = _error_page(request, 500)
    for name, value in guard.HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/static/") and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def _error_page(request: Request, status: int, sentence: str = "") -> Response:
    page = Page(request)
    if not hasattr(request.state, "token"):
        request.state.token, request.state.token_is_new = "", False
        request.state.visitor = None
    return page.render("error.html.j2", status=status, code=status, sentence=sentence, section=page.section())


async def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, guard.SignInNeeded)
    if error.fields is None and request.method != "GET":
        return sign_in.sign_in_page(Page(request), status=401)
    if error.fields is None:
        from urllib.parse import quote

        home = error.path == "/"
        return RedirectResponse("/sign-in" if home else f"/sign-in?next={quote(error.path)}", status_code=303)
    owner = stewards.owner_of_form(error.fields.get("csrf", ""))
    typed = sign_in.kept_fields(error.fields) if owner else {}
    return sign_in.sign_in_page(
        Page(request), status=401, resume_path=error.path if typed else "", resume=typed, owner=owner
    )


async def _send_again(request: Request, error: Exception) -> Response:
    assert isinstance(error, guard.StaleForm)
    return sign_in.send_again_page(Page(request), error.path, sign_in.kept_fields(error.fields))


async def _sorry(request: Request, error: Exception) -> Response:
    page = Page(request)
    if isinstance(error, Refusal):
        return _error_page(request, 409, error.sentence_fa if page.lang == "fa" else error.sentence_en)
    if isinstance(error, guard.Refused):
        return _error_page(request, 403)
    if isinstance(error, HTTPException) and error.status_code not in (404, 405):
        return _error_page(request, error.status_code)
    return _error_page(request, 404)


__all__ = ["create", "serve", "stewards"]
