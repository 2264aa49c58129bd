"""Stewards' corrections and confirmed headings are kept, each as a log"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("group_id", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("list_key", sa.String(128), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("record_key", sa.String(32), nullable=False),
        sa.Column("mended_key", sa.String(32), nullable=True),
        sa.Column("record_id", sa.String(200), nullable=False),
        sa.Column("column", sa.String(64), nullable=True),
        sa.Column("old_raw", sa.Text(), nullable=True),
        sa.Column("new_raw", sa.Text(), nullable=True),
        sa.Column("code", sa.String(64), nullable=True),
        sa.Column("evidence", sa.String(32), nullable=True),
        sa.Column("mend", sa.String(32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_corrections_list", "corrections", ["list_key", "month"])
    op.create_index("ix_corrections_group", "corrections", ["group_id"])
    op.create_table(
        "confirmed_headings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("list_key", sa.String(128), nullable=False),
        sa.Column("from_month", sa.String(7), nullable=False),
        sa.Column("heading", sa.String(120), nullable=False),
        sa.Column("column", sa.String(64), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_confirmed_headings_list_key", "confirmed_headings", ["list_key"])
    # Not as a batch: SQLite would make the table anew, and dropping the old one deletes what refers to it.
    op.add_column("submissions", sa.Column("correction_position", sa.Integer(), nullable=False, server_default="0"))
    for table in ("corrections", "confirmed_headings"):
        _append_only(table)


def _append_only(table: str) -> None:
    """The database itself refuses to change or delete an entry."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"create function {table}_is_a_log() returns trigger language plpgsql as "
            f"$$ begin raise exception '{table} is a log: entries are never changed'; end $$"
        )
        op.execute(
            f"create trigger {table}_is_a_log before update or delete on {table} "
            f"for each row execute function {table}_is_a_log()"
        )
        return
    for event in ("update", "delete"):
        op.execute(
            f"create trigger {table}_no_{event} before {event} on {table} "
            f"begin select raise(abort, '{table} is a log: entries are never changed'); end"
        )
