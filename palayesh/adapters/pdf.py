"""Pages of ours as PDFs: tagged (PDF/UA-1), the same bytes every time, made in a child process with limits."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from palayesh.adapters import pdf_child
from palayesh.adapters.templates import TEMPLATES


class PdfFailed(RuntimeError):
    """The PDF was not made: limit reached, asset refused, or a letter without a glyph. Never quotes the page."""


def render_pdf(
    html: str,
    *,
    as_of: dt.date,
    templates: Path = TEMPLATES,
    allow_other_fonts: bool = False,
    seconds: int = 60,
    memory_bytes: int = 2 << 30,
) -> bytes:
    """The page's PDF; the same page and day give the same bytes in any process, time zone, locale and hash seed.

    Assets come only from ``templates`` (``file:``) and from the page itself (``data:``). Raises PdfFailed when the
    child needs more than ``seconds`` of the processor (or five times that by the clock: the machine may be busy) or
    ``memory_bytes``, cannot finish, or when a letter is not in our font: the machine's own fonts would change the looks and
    the bytes (``allow_other_fonts`` for pages that quote foreign text).
    """
    if not allow_other_fonts:
        _check_letters(html, templates)
    (made,) = _made([html], as_of, templates, seconds=seconds, memory_bytes=memory_bytes)
    return made


def render_pdfs(pages: Sequence[str], *, as_of: dt.date, templates: Path = TEMPLATES) -> list[bytes]:
    """``render_pdf`` of every page, made one after the other by one child, which starts once. One that fails, fails all."""
    for html in pages:
        _check_letters(html, templates)
    return _made(pages, as_of, templates)


def _check_letters(html: str, templates: Path) -> None:
    absent = letters_without_glyph(html, templates)
    if absent:
        codes = ", ".join(f"U+{ord(letter):04X}" for letter in absent[:10])
        raise PdfFailed(f"our font has no glyph for {codes}")


def _made(
    pages: Sequence[str], as_of: dt.date, templates: Path, *, seconds: int = 60, memory_bytes: int = 2 << 30
) -> list[bytes]:
    midnight = dt.datetime.combine(as_of, dt.time(), dt.UTC)
    # A clean environment: nothing of the caller's locale, zone or hash seed can reach the bytes.
    clean = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": str(int(midnight.timestamp())),
    }
    command = [sys.executable, "-m", pdf_child.__name__, str(templates.resolve()), str(seconds), str(memory_bytes)]
    at_most = 5 * seconds * len(pages)
    try:
        child = subprocess.run(  # noqa: S603
            command, input=json.dumps(pages).encode(), capture_output=True, env=clean, timeout=at_most, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PdfFailed(f"the PDF took longer than {at_most} seconds") from error
    made = [base64.b64decode(text) for text in json.loads(child.stdout)] if child.returncode == 0 else []
    if len(made) != len(pages) or not all(pdf.startswith(b"%PDF-") for pdf in made):
        # The last line of a traceback could quote the page; only the kind of error may leave.
        kind = child.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2].partition(":")[0]
        raise PdfFailed(f"the PDF was not made (exit {child.returncode}, {kind or 'no message'})")
    return made


def letters_without_glyph(html: str, templates: Path = TEMPLATES) -> list[str]:
    """Letters of the page's text that Vazirmatn cannot draw, in code-point order."""
    from fontTools.ttLib import TTFont
    from lxml.html import document_fromstring

    page = document_fromstring(html)
    drawn = {letter for part in page.iterfind("body") for text in part.itertext() for letter in text}
    with TTFont(templates / "_shared" / "fonts" / "Vazirmatn-Regular.ttf") as font:
        known = {chr(code) for code in font.getBestCmap()}
    return sorted(drawn - known - set("\n\r\t"))
