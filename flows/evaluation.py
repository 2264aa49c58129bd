"""`palayesh evaluate`: how well the month's records were linked, against the truth of a synthetic month."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import environment
from flows.wording import number, say
from palayesh.language import Language
from palayesh.linkage.evaluate import rows_of
from palayesh.reporting_month import ReportingMonth

if TYPE_CHECKING:
    import pandas as pd

FEWEST_PAIRS, MOST_KINDS = 10, 15
"""Kinds of damage shown on the terminal: those with pairs enough to say something, the worst found first."""


def evaluate_month(month: ReportingMonth, truth: Path, *, json_out: Path | None, lang: Language) -> None:
    """Print every measure of the month's linkage; ``json_out`` holds all of them, also those too many for a screen.

    Raises Refusal when there is no finished run, or the truth is not of its files.
    """
    environment.prepare()
    from flows.reporting import run_id_of
    from flows.screen_output import errors
    from palayesh.adapters.files import write_whole
    from tasks import evaluate

    with errors.status(say("step_evaluate", lang)):
        measures = evaluate.evaluate_run(run_id_of(month), truth)
    if json_out is not None:
        content = json.dumps(document(measures, month), ensure_ascii=False, indent=1) + "\n"
        write_whole(json_out, content.encode("utf-8"))
    _show(measures, month, lang)


def document(measures: pd.DataFrame, month: ReportingMonth) -> dict[str, Any]:
    """area → part → measure → value and what it was measured on; no number is null that was measured."""
    areas: dict[str, Any] = {}
    for area, part, measure, value, count in rows_of(measures):
        shown = None if math.isnan(value) else round(value, 6)
        areas.setdefault(area, {}).setdefault(part, {})[measure] = {"value": shown, "count": count}
    return {"month": str(month), "measures": areas}


def _show(measures: pd.DataFrame, month: ReportingMonth, lang: Language) -> None:
    from flows.screen_output import console, table

    found = {(area, part, measure): (value, count) for area, part, measure, value, count in rows_of(measures)}

    def share(area: str, part: str, measure: str) -> str:
        value = found[area, part, measure][0]
        return "–" if math.isnan(value) else number(value, lang, ".4f")

    def count(area: str, part: str, measure: str) -> int:
        return int(found[area, part, measure][0])

    headings = [say(h, lang) for h in ("measured", "precision", "recall", "f1", "measured_on")]
    parts = [(a, p) for a in ("persons", "households") for p in ("pairs", "clusters", "cases") if (a, p, "f1") in found]
    rows = [
        [f"{say(area, lang)}، {say(part, lang)}" if lang == "fa" else f"{say(area, lang)}, {say(part, lang)}",
         *(share(area, part, m) for m in ("precision", "recall", "f1")), found[area, part, "f1"][1]]
        for area, part in parts
    ]  # fmt: skip
    console.print(
        table(say("evaluation", lang, month=month.title(lang)), headings, rows, numbers=range(1, 5), lang=lang)
    )
    for area in ("persons", "households"):
        console.print(
            say(
                "exactly_right",
                lang,
                what=say(area, lang),
                share=share(area, "clusters", "exactly_right"),
                split=count(area, "clusters", "split"),
                mixed=count(area, "clusters", "mixed"),
            )
        )
    console.print(
        say(
            "queue",
            lang,
            pairs=count("review", "", "pairs"),
            share=share("review", "", "share_of_mentions"),
            right=share("review", "", "yield"),
            after=share("review", "", "clusters_f1_after"),
        )
    )
    console.print(
        say(
            "left_out",
            lang,
            without=count("account", "", "mentions_without_truth"),
            records=count("account", "", "records_not_linked"),
        )
    )
    _show_damage(measures, lang, share)

    bins = [key[1] for key in found if key[0] == "calibration" and key[2] == "predicted"]
    rows = [
        [part, share("calibration", part, "predicted"), share("calibration", part, "true"),
         found["calibration", part, "true"][1]]
        for part in bins
    ]  # fmt: skip
    title = say(
        "calibration",
        lang,
        brier=share("calibration", "", "brier_score"),
        error=share("calibration", "", "calibration_error"),
    )
    headings = [say(h, lang) for h in ("probability", "predicted", "true_share", "measured_on")]
    console.print(table(title, headings, rows, numbers=(1, 2, 3), lang=lang))

    wrong = [key[1] for key in found if key[0] == "wrongly_joined" and key[2] == "mention_pairs"]
    rows = [
        [say(f"wrong_{k}", lang), count("wrongly_joined", k, "person_pairs"), count("wrongly_joined", k, "mention_pairs")]
        for k in wrong
    ]  # fmt: skip
    headings = [say(h, lang) for h in ("wrong_kind", "person_pairs", "mention_pairs")]
    console.print(table(say("wrongly_joined", lang), headings, rows, numbers=(1, 2), lang=lang))


def _show_damage(measures: pd.DataFrame, lang: Language, share: Callable[[str, str, str], str]) -> None:
    from flows.screen_output import console, table

    recall = measures[measures["area"].eq("damage") & measures["measure"].eq("recall")]
    enough = recall[recall["count"].ge(FEWEST_PAIRS) & recall["part"].ne("none")]
    worst: list[str] = enough.sort_values(["value", "part"]).head(MOST_KINDS)["part"].tolist()
    counts = recall.set_index("part")["count"]
    rows = [
        [say("undamaged", lang) if kind == "none" else kind,
         *(share("damage", kind, m) for m in ("precision", "recall", "f1")), int(counts[kind])]
        for kind in ["none", *worst]
    ]  # fmt: skip
    headings = [say(h, lang) for h in ("damage", "precision", "recall", "f1", "measured_on")]
    console.print(
        table(
            say("by_damage", lang, shown=len(worst), all=len(recall) - 1),
            headings,
            rows,
            numbers=range(1, 5),
            lang=lang,
        )
    )
