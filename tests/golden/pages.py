"""What of a rendered report is kept to compare with: the page's body, and small pictures of the PDF's pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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


def assert_looks_golden(pdf: bytes, prefix: str) -> None:
    """Every page of the PDF looks like its golden page ``<prefix>-NN.png``, and there are as many."""
    images, kept = page_images(pdf), sorted(GOLDEN.glob(f"{prefix}-*.png"))
    assert len(images) == len(kept)
    for image, path in zip(images, kept, strict=True):
        with Image.open(path) as golden:
            now, then = np.asarray(image, dtype="int16"), np.asarray(golden.convert("L"), dtype="int16")
        assert now.shape == then.shape, path.name
        assert (np.abs(now - then) > 96).mean() < 0.002, f"{path.name} looks different"
