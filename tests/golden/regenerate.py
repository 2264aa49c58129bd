"""Write the golden pages anew. Run it only when a change is meant, and read the difference like code.

python -m tests.golden.regenerate
"""

from __future__ import annotations

from collections.abc import Callable

from palayesh.adapters.pdf import render_pdf
from palayesh.adapters.templates import render_report
from palayesh.language import Language
from palayesh.reports.contents import build_contents
from palayesh.reports.parts import EditionReport
from tests.golden.pages import GOLDEN, body_of, page_images
from tests.golden.sample_editions import EDITIONS
from tests.golden.sample_report import MONTH, sample_inputs


def main() -> None:
    """The golden HTML of both languages and the golden pages of the Persian PDF are what the code makes now."""
    GOLDEN.mkdir(exist_ok=True)
    for lang in ("fa", "en"):
        report = build_contents(sample_inputs(lang))
        (GOLDEN / f"report.{lang}.html").write_text(body_of(render_report(report)), encoding="utf-8")
    pdf = render_pdf(render_report(build_contents(sample_inputs("fa")), medium="pdf"), as_of=MONTH.last_day)
    for old in GOLDEN.glob("page-*.png"):
        old.unlink()
    for number, image in enumerate(page_images(pdf), start=1):
        image.save(GOLDEN / f"page-{number:02d}.png", optimize=True)
    for kind, build in EDITIONS.items():
        write_edition(kind, build)


def write_edition(kind: str, build: Callable[[Language], EditionReport]) -> None:
    """The golden HTML of both languages and the golden pages of the Persian PDF of one of the other reports."""
    languages: tuple[Language, ...] = ("fa", "en")
    for lang in languages:
        page = body_of(render_report(build(lang), kind=kind))
        (GOLDEN / f"{kind}.{lang}.html").write_text(page, encoding="utf-8")
    for old in GOLDEN.glob(f"{kind}-*.png"):
        old.unlink()
    pdf = render_pdf(render_report(build("fa"), kind=kind, medium="pdf"), as_of=MONTH.last_day)
    for number, image in enumerate(page_images(pdf), start=1):
        image.save(GOLDEN / f"{kind}-{number:02d}.png", optimize=True)


if __name__ == "__main__":
    main()
