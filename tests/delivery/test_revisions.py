"""Two revisions of one month that readers lay side by side: the gate before a release knows what has left already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mail_world
import pandas as pd
import pytest
from mail_world import RELEASER, Clock

from palayesh.adapters import rules
from palayesh.adapters.outbox import Outbox
from palayesh.coverage.public_release import publish_public
from palayesh.coverage.publication import Published, publish
from palayesh.findings import Refusal
from tasks.release import check_release, release
from tests.golden import sample_report

Frames = dict[str, pd.DataFrame]
POLICIES = rules.load_policies(sample_report.EXPECTATIONS)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """These look at what is published, not at the database."""
    return f"sqlite:///{tmp_path / 'registry.sqlite'}"


def one_family_late() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sample's figures and cells with one family more in cover, in Jiroft: its list came late."""
    cells = sample_report.coverage_cells().drop(columns="state")
    grows = cells["measure"].isin(["families_known", "covered"]) & cells["agency"].eq("")
    here = grows & cells["county"].isin(["0803", ""])
    figures = sample_report.figures()
    of_all = figures["key"].isin(["coverage.families_known", "coverage.covered"]) & figures["part"].eq("")
    return (
        figures.assign(value=figures["value"] + of_all.astype("float64")),
        cells.assign(value=cells["value"] + here.astype("float64")),
    )


def published(*earlier: Published) -> Frames:
    figures, cells = one_family_late()
    inputs = sample_report.sample_inputs()
    found = publish(figures, cells, inputs.overlap, inputs.waiting, POLICIES.figures, POLICIES.disclosure, earlier)
    public = publish_public(found.figures, found.cells, POLICIES.figures, POLICIES.disclosure)
    return {"figures": found.figures, "cells": found.cells, "overlap": found.overlap, "waiting": found.bands,
            "public": public}  # fmt: skip


def failing(run_id: str) -> dict[str, str]:
    return {check.key: check.detail for check in check_release(run_id) if check.blocks and not check.passed}


@pytest.fixture
def second(outbox: Outbox, sample_pdf: bytes) -> Callable[[Frames], str]:
    """Renders the month's second revision from the frames."""

    def render(frames: Frames) -> str:
        return mail_world.render_month(outbox.registry, frames, sample_pdf, inputs="second")

    return render


def test_the_naive_publication_of_a_second_revision_is_refused(
    rendered: Callable[..., str], second: Callable[[Frames], str], clock: Clock
) -> None:
    first = rendered()
    release(first, by=RELEASER, now=clock())
    naive = second(published())
    # Known and covered, of the county and of the province: the protection would hide them, and the comparison finds them.
    found = failing(naive)
    assert set(found) == {"disclosure"}
    assert int(found["disclosure"]) >= 8
    with pytest.raises(Refusal, match="release_checks"):
        release(naive, by=RELEASER, now=clock())


def test_the_same_revision_passes_where_nothing_was_released_before(
    rendered: Callable[..., str], second: Callable[[Frames], str]
) -> None:
    rendered()
    assert failing(second(published())) == {}


def test_a_second_revision_made_with_the_first_in_view_is_released(
    rendered: Callable[..., str], second: Callable[[Frames], str], sample_frames: Frames, clock: Clock
) -> None:
    release(rendered(), by=RELEASER, now=clock())
    names = ("figures", "cells", "overlap", "waiting")
    frames = published(Published(*(sample_frames[name] for name in names)))
    run_id = second(frames)
    assert failing(run_id) == {}
    assert release(run_id, by=RELEASER, now=clock())["queued"] == 2
    cells = frames["cells"].set_index(["measure", "agency", "county"])["state"]
    assert cells["covered", "", "0803"] == "hidden"
    assert (cells == "shown").sum() > 150


def test_public_counts_that_were_changed_after_they_were_protected_are_refused(
    rendered: Callable[..., str], sample_frames: Frames, outbox: Outbox, sample_pdf: bytes
) -> None:
    public = sample_frames["public"]
    exact = public.assign(value=public["value"].mask(public["key"].eq("coverage.covered"), public["value"] + 1))
    run_id = mail_world.render_month(outbox.registry, sample_frames | {"public": exact}, sample_pdf)
    assert "disclosure" in failing(run_id)
