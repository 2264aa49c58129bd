"""The child process that makes PDFs: pages from standard input, their PDFs to standard output; both lists of JSON.

It imports WeasyPrint and nothing else of weight: its start is a good part of what a PDF costs.
"""

from __future__ import annotations

import base64
import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


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


def main(assets: str, seconds: int, memory_bytes: int) -> None:
    """Make the PDFs one after the other, each within ``seconds`` of the processor."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    _limit_processor(seconds)
    gc.set_threshold(100_000)  # looking for garbage as often as Python does by itself takes a tenth of the time
    from weasyprint import HTML

    made: list[str] = []
    for html in json.load(sys.stdin.buffer):
        if made:
            _limit_processor(int(time.process_time()) + 1 + seconds)
        page = HTML(string=html, url_fetcher=fetcher(Path(assets)))
        made.append(base64.b64encode(page.write_pdf(pdf_variant="pdf/ua-1")).decode("ascii"))
    json.dump(made, sys.stdout)


def _limit_processor(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
