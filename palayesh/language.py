"""The two languages of everything that people read, and how a page in one of them runs."""

from __future__ import annotations

from typing import Literal

Language = Literal["fa", "en"]


class InLanguage:
    """A page's contents with a ``lang``, and what its template asks of the direction in which that language is read."""

    lang: Language

    @property
    def direction(self) -> Literal["rtl", "ltr"]:
        return "rtl" if self.lang == "fa" else "ltr"

    @property
    def start_side(self) -> Literal["right", "left"]:
        return "right" if self.lang == "fa" else "left"

    @property
    def end_side(self) -> Literal["right", "left"]:
        return "left" if self.lang == "fa" else "right"

    @property
    def counter_style(self) -> Literal["persian", "decimal"]:
        """How CSS writes the numbers of pages."""
        return "persian" if self.lang == "fa" else "decimal"
