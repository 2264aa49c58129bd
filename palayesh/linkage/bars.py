"""The probabilities at which something is decided, all of them: for months and for plain lists. No model file or module has a copy.

They were set on synthetic lists of seeds 401 to 405, none of which is scored (docs/decisions/0005, 0006).
"""

from __future__ import annotations

ACCEPT = 0.87
"""Pairs at least this probable are joined, where plain lists hold families: nearly all wrong joins are of two members of one, and hide one."""
ACCEPT_WITHOUT_FAMILIES = 2 / 3
"""Pairs at least this probable are joined where plain lists hold none: a wrong join weighs twice a missed one."""
ACCEPT_IN_A_MONTH = 0.75
"""Pairs at least this probable are joined in a month, whose weights are kept and whose rules forbid more."""
REVIEW = 0.2
"""Pairs at least this probable and not joined are put to people."""
UNLIKELY = 0.01
"""Pairs less probable than this speak, in plain lists, against joining the groups that they stand between: a record that tells little (no date of
birth) else ties two namesakes."""
IMPOSSIBLE = 1e-3
SURELY_FAMILY = 0.9
"""Two records of one cluster whose own comparison says "one person" with less than the first (in a month), or "one family" with more than the
second, are kept apart."""
SAME_FAMILY = 0.995
"""Pairs of one person or one family with this probability tie their households."""
SAME_FAMILY_WITHOUT_CODES = 0.97
"""The same where no list says who belongs to whom: a wrong tie then joins two records, not two families."""
FATHER = 0.7
"""A man and a family that looks for a father are joined from this probability on."""
