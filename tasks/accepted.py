"""The accepted records of a month, list by list."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from tasks import installation, ledger


def accepted_records(month: str, columns: Collection[str] | None = None) -> dict[str, pd.DataFrame]:
    """By list_key: the accepted records of every submission that counts, in the order of arrival; of ``columns`` those that it has."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for submission in ledger.current_submissions(month):
        if submission.list_key is not None:
            parts.setdefault(submission.list_key, []).append(
                installation.registry().frame(submission.id, "accepted", columns)
            )
    return {key: pd.concat(frames, ignore_index=True) for key, frames in sorted(parts.items())}
