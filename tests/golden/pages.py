"""What every rendered report is held against: golden bodies of pages, small pictures of a PDF's pages, and PDF/UA-1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import page as conformance
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


def accessibility_faults(pdf: bytes) -> list[str]:
    """What a checker that passes veraPDF's corpus has against the PDF by PDF/UA-1 (ISO 14289-1); nothing means that it conforms."""
    found = conformance.validate_pdf_bytes(pdf, profile="ua1")
    return [f"{fault.rule_id}: {fault.message}" for fault in found.failures]
