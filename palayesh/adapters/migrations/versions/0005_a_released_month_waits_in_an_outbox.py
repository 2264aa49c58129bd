"""A released month waits in an outbox"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "preparations",
        sa.Column("run_id", sa.String(16), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("prepared_by", sa.String(64), primary_key=True),
    )
    op.create_table(
        "releases",
        sa.Column("run_id", sa.String(16), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("released_by", sa.String(64), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
    )
    op.create_index("ix_releases_month", "releases", ["month"])
    op.create_table(
        "letters",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
    )
    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("subject_key", sa.String(128), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("agency", sa.String(64)),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("letter_sha256", sa.String(64), sa.ForeignKey("letters.sha256"), nullable=False),
        sa.Column("attachment", sa.String(255)),
        sa.Column("attachment_sha256", sa.String(64)),
        sa.Column("is_encrypted", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("deferral_count", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transmitting_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(64)),
        sa.UniqueConstraint("kind", "month", "revision", "subject_key", "recipient"),
    )
    op.create_index("ix_outbox_messages_month", "outbox_messages", ["month"])
    op.create_index("ix_outbox_messages_state", "outbox_messages", ["state", "next_attempt_at"])
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.String(16), sa.ForeignKey("outbox_messages.id"), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("reason", sa.String(64)),
    )
    op.create_index("ix_outbox_events_message_id", "outbox_events", ["message_id"])
