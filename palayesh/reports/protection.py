"""No small count of people is printed, and none can be had back by subtracting what is printed."""

from __future__ import annotations

import pandas as pd

from palayesh.reports.inputs import STATES, Sum


class Unprotected(RuntimeError):
    """A count of people under the threshold was marked as printable; the report must not be made."""


def with_states(counts: pd.DataFrame, *, threshold: int, of_people: pd.Series | bool = True) -> pd.DataFrame:
    """The frame with a ``state`` for every row, and with ``value`` absent wherever it may not be revealed.

    A missing state is decided here: absent → ``not_received``, 0 → ``zero``, a count of people from 1 to
    ``threshold`` − 1 → ``hidden``, else ``shown``. Raises Unprotected if a state given from outside would print one.
    """
    counts = counts.assign(value=counts["value"].astype("float64"))
    people = pd.Series(of_people, index=counts.index)
    small = people & counts["value"].between(1, threshold - 1)
    decided = pd.Series("shown", index=counts.index, dtype="str")
    decided = (
        decided.mask(small, "hidden").mask(counts["value"] == 0, "zero").mask(counts["value"].isna(), "not_received")
    )
    given = counts["state"] if "state" in counts.columns else pd.Series(pd.NA, index=counts.index, dtype="str")
    unknown = sorted(set(given.dropna()) - set(STATES))
    if unknown:
        raise ValueError(f"states we do not know: {', '.join(unknown)}")
    if (small & (given == "shown")).any():
        raise Unprotected(f"{int((small & (given == 'shown')).sum())} counts under {threshold} are marked as shown")
    state = given.where(given.notna(), decided)
    # "Shown" without a value, or a zero marked shown, would print a blank or the wrong mark.
    state = state.mask((state == "shown") & counts["value"].isna(), "not_received")
    state = state.mask((state == "shown") & (counts["value"] == 0), "zero")
    return counts.assign(state=state, value=counts["value"].where(state.isin(["shown", "zero"])))


def protect_figures(
    figures: pd.DataFrame, *, threshold: int, people_units: list[str], exempt: list[str], sums: list[Sum]
) -> pd.DataFrame:
    """The month's figures with states: small counts of people hidden, and with them whatever would give them back.

    Every declared sum is made safe by ``hide_complements``; where its parts cannot hide each other, so is its total.
    Figures that come with states have been protected together with every other table, and are taken as they are.
    """
    name = figures["key"].where(figures["part"] == "", figures["key"] + "/" + figures["part"])
    people = figures["unit"].isin(people_units) & ~name.isin(exempt)
    stated = with_states(figures, threshold=threshold, of_people=people)
    if "state" in figures.columns:
        return stated
    value = pd.Series(figures["value"].to_numpy(), index=pd.Index(name))
    state = pd.Series(stated["state"].to_numpy(), index=pd.Index(name))
    before = None
    while before is None or not state.equals(before):
        before = state.copy()
        for group in sums:
            if group.total not in state.index:
                continue
            members = [member for member in state.index if _is_part(member, group)]
            total = value[group.total] if state[group.total] in ("shown", "zero") else None
            state[members] = hide_complements(value[members], state[members], total, threshold=threshold)
            if total is not None and (state[members] == "hidden").sum() == 1:
                state[group.total] = "hidden"
    hidden = state.to_numpy() == "hidden"
    return stated.assign(state=state.to_numpy(), value=stated["value"].where(~hidden))


def hide_complements(value: pd.Series, state: pd.Series, total: float | None, *, threshold: int) -> pd.Series:
    """The states of the parts of a printed ``total``, with enough of them hidden that no subtraction tells one.

    Either none is hidden, or at least two are and together they reach the threshold; the smallest others go first.
    Where the total is not printed (None) nothing more need be hidden.
    """
    state = state.copy()
    while total is not None:
        hidden = state == "hidden"
        printed = value[state == "shown"].sort_values(kind="stable")
        if not hidden.any() or printed.empty:
            break
        if hidden.sum() >= 2 and total - printed.sum() >= threshold:
            break
        state[printed.index[0]] = "hidden"
    return state


def _is_part(member: str, group: Sum) -> bool:
    """Whether a figure is a part of the sum; ``key/*`` stands for every part of the key."""
    return member != group.total and any(
        member.startswith(part[:-1]) if part.endswith("/*") else member == part for part in group.parts
    )
