"""Coverage: how many families are covered, by whom, twice, or not at all; small counts are hidden."""

from palayesh.coverage.change import change_since
from palayesh.coverage.summary import Summary, canonical_figures, describe_figures, summarise

__all__ = ["Summary", "canonical_figures", "change_since", "describe_figures", "summarise"]
