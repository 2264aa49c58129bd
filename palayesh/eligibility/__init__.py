"""Screening: who is entitled to what, with every criterion met, not met or unknown."""

from palayesh.eligibility.facts import ROW_COLUMNS, build_facts
from palayesh.eligibility.screening import Screened, screen, screen_facts

__all__ = ["ROW_COLUMNS", "Screened", "build_facts", "screen", "screen_facts"]
