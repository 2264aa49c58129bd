"""What of a rendered report is kept to compare with: the page's body, and small pictures of the PDF's pages."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
from PIL import Image

GOLDEN = Path(__file__).resolve().parent / "expected"
DOTS_PER_INCH = 45


def body_of(html: str) -> str:
    """The page without its head: fonts and style are files of their own."""
    return html[html.index("<body") :]


def page_images(pdf: bytes) -> list[Image.Image]:
    """Every page in grey, small enough to keep."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil().convert("L") for page in document]
