"""Judgements are secured: pairs that are asked again, reference pairs, and indexes of the queue"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "reference_pairs",
        sa.Column("pair_id", sa.String(length=40), primary_key=True),
        sa.Column("run_id", sa.String(length=16), sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("judgement", sa.String(length=16), nullable=False),
        sa.Column("marked_by", sa.String(length=64), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_reference_pairs_run_id", "reference_pairs", ["run_id"])
    op.create_table(
        "review_checks",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("steward", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("pair_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("expected", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True, unique=True),
    )
    op.create_index("ix_review_checks_steward", "review_checks", ["steward", "pair_id"])
    op.create_index("ix_review_checks_place", "review_checks", ["steward", "place"], unique=True)
    op.create_index("ix_review_cards_key", "review_cards", ["run_id", "identity_key"])
