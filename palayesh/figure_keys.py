"""Names by which figures are known to what computes them and to what prints them."""

from __future__ import annotations

ALL = ""
"""In the place of a county or an agency: all of them."""
FREE_PLACES = "association.free_places"
MOVES = ("enters", "leaves", "becomes_question", "settled_against", "gets_place", "loses_place")
"""What other rules would do with a family, in the order in which they are told: to eligible; from eligible to not eligible; to
needing information; from needing information to not eligible; and a place of the waiting list."""
