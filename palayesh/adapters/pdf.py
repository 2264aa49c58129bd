"""A page of ours as a PDF: tagged (PDF/UA-1), the same bytes every time, made in a child process with limits."""

from __future__ import annotations

import datetime as dt
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

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
        absent = letters_without_glyph(html, templates)
        if absent:
            codes = ", ".join(f"U+{ord(letter):04X}" for letter in absent[:10])
            raise PdfFailed(f"our font has no glyph for {codes}")
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
    command = [sys.executable, "-m", "palayesh.adapters.pdf", str(templates.resolve()), str(seconds), str(memory_bytes)]
    try:
        child = subprocess.run(  # noqa: S603
            command, input=html.encode("utf-8"), capture_output=True, env=clean, timeout=5 * seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PdfFailed(f"the PDF took longer than {5 * seconds} seconds") from error
    if child.returncode != 0 or not child.stdout.startswith(b"%PDF-"):
        # The last line of a traceback could quote the page; only the kind of error may leave.
        kind = child.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2].partition(":")[0]
        raise PdfFailed(f"the PDF was not made (exit {child.returncode}, {kind or 'no message'})")
    return child.stdout


def letters_without_glyph(html: str, templates: Path = TEMPLATES) -> list[str]:
    """Letters of the page's text that Vazirmatn cannot draw, in code-point order."""
    from fontTools.ttLib import TTFont
    from lxml.html import document_fromstring

    page = document_fromstring(html)
    drawn = {letter for part in page.iterfind("body") for text in part.itertext() for letter in text}
    with TTFont(templates / "_shared" / "fonts" / "Vazirmatn-Regular.ttf") as font:
        known = {chr(code) for code in font.getBestCmap()}
    return sorted(drawn - known - set("\n\r\t"))


def fetcher(assets: Path) -> Any:
    """A URL fetcher for WeasyPrint that knows ``data:`` and files under ``assets``, and refuses everything else."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    root = assets.resolve()

    class OnlyOurs(URLFetcher):
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            parts = urlsplit(url)
            inside = parts.scheme == "file" and Path(unquote(parts.path)).resolve().is_relative_to(root)
            if parts.scheme != "data" and not inside:
                raise FatalURLFetchingError(f"a report may not load {parts.scheme or 'relative'} addresses")
            return super().fetch(url, headers)

    return OnlyOurs(allowed_protocols=("file", "data"), allow_redirects=False)


def _main(assets: str, seconds: str, memory_bytes: str) -> None:
    """Read the page from standard input, write its PDF to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    from weasyprint import HTML

    page = HTML(string=sys.stdin.buffer.read().decode("utf-8"), url_fetcher=fetcher(Path(assets)))
    sys.stdout.buffer.write(page.write_pdf(pdf_variant="pdf/ua-1"))


if __name__ == "__main__":
    _main(*sys.argv[1:])
