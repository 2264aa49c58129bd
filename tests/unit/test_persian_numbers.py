"""Numbers in the Persian sentences of refusals and findings are written in Persian; the English ones stay as they are."""

from __future__ import annotations

import re

import pandas as pd

from palayesh.adapters.spreadsheets import refusal
from palayesh.corrections.returned import OWN_HEADINGS, compare_returned
from palayesh.linkage.guards import Guards, runaway_findings

LATIN_DIGIT = re.compile(r"[0-9]")


def test_a_line_or_a_limit_of_a_damaged_file() -> None:
    told = refusal("nul_bytes", line=61)
    assert "سطر ۶۱ " in told.sentence_fa
    assert "Line 61 " in told.sentence_en
    assert "۱٬۰۴۸٬۵۷۶ سطر" in refusal("too_many_rows", limit=1_048_576).sentence_fa
    assert "(نوع واقعی: docx)" in refusal("other_format", found="docx").sentence_fa


def test_the_row_of_a_returned_workbook_that_is_not_taken() -> None:
    known = pd.DataFrame({"record_id": ["a/b/c/1/2"], "given_name": ["علی"]})
    rows = [[OWN_HEADINGS["record_id"], OWN_HEADINGS["version"], "نام"], ["other", "v", "رضا"]]
    found = compare_returned(
        rows, headings={"given_name": "نام"}, texts=known, versions={"a/b/c/1/2": "v"}, open_cells=set()
    )
    assert [(one.row, LATIN_DIGIT.search(one.sentence_fa)) for one in found.refused] == [(2, None)]
    assert found.refused[0].sentence_fa.startswith("ردیف ۲: ")
    assert found.refused[0].sentence_en.startswith("Row 2: ")


def test_what_of_a_months_links_is_out_of_proportion() -> None:
    guards = Guards(
        duplicate_share=0.2, duplicate_share_change=0.1, links_per_mention=1, cluster_size=2, records_on_one_list=2
    )
    mentions = pd.DataFrame({"person_id": ["p"] * 5, "role": "subject", "list_key": "a/b"})
    found = runaway_findings(mentions, guards, previous_share=0.1)
    assert len(found) == 5
    assert not [one.sentence_fa for one in found if LATIN_DIGIT.search(one.sentence_fa)]
    assert all(LATIN_DIGIT.search(one.sentence_en) for one in found)
