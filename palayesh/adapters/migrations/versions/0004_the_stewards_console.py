"""The stewards' console: people, sessions, an audit log, and judgements that follow each other"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = ("judgements", "audit_entries", "case_events")


def upgrade() -> None:
    _judgements()
    _review()
    _people()
    _cases()
    for table in APPEND_ONLY:
        _refuse_changes(table)


def _judgements() -> None:
    for column in (
        sa.Column("pair_id", sa.String(length=40), nullable=True),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("withdraws", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("batch_id", sa.String(length=64), nullable=True),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("run_id", sa.String(length=16), nullable=True),
    ):
        op.add_column("judgements", column)
    op.create_index("ix_judgements_pair", "judgements", ["pair_id", "follows"], unique=True)
    op.create_index("ix_judgements_request", "judgements", ["request_id"], unique=True)
    op.create_index("ix_judgements_batch", "judgements", ["batch_id"])
    op.create_index("ix_judgements_key_l", "judgements", ["identity_key_l"])
    op.create_index("ix_judgements_key_r", "judgements", ["identity_key_r"])
    op.create_index("ix_judgements_by", "judgements", ["decided_by", "id"])
    op.create_index("ix_judgements_at", "judgements", ["decided_at"])


def _review() -> None:
    for column in (
        sa.Column("agency_l", sa.String(length=64), server_default="", nullable=False),
        sa.Column("agency_r", sa.String(length=64), server_default="", nullable=False),
        sa.Column("effect", sa.Integer(), server_default="0", nullable=False),
        sa.Column("since_month", sa.String(length=7), server_default="", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pattern", sa.String(length=40), server_default="", nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), server_default="", nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("unsure_by", sa.Text(), nullable=True),
    ):
        op.add_column("review_pairs", column)
    queue = ["run_id", "is_open", "priority", "pair_id", "agency_l", "agency_r"]
    op.create_index("ix_review_pairs_queue", "review_pairs", queue)
    op.create_index("ix_review_pairs_pair", "review_pairs", ["pair_id"])
    pattern = ["run_id", "is_open", "pattern", "agency_l", "agency_r"]
    op.create_index("ix_review_pairs_pattern", "review_pairs", pattern)
    unsure = sa.text("unsure_by is not null")
    op.create_index("ix_review_pairs_unsure", "review_pairs", ["run_id"], sqlite_where=unsure, postgresql_where=unsure)
    op.create_table(
        "review_cards",
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("mention_id", sa.String(length=220), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("household_id", sa.String(length=16), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("identity_key", sa.String(length=200), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "mention_id"),
    )
    op.create_index("ix_review_cards_person", "review_cards", ["run_id", "person_id"])
    op.create_index("ix_review_cards_household", "review_cards", ["run_id", "household_id"])
    op.create_table(
        "review_locks",
        sa.Column("pair_id", sa.String(length=40), nullable=False),
        sa.Column("locked_by", sa.String(length=64), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair_id"),
    )
    op.create_index("ix_review_locks_locked_until", "review_locks", ["locked_until"])


def _people() -> None:
    op.create_table(
        "stewards",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_used", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "steward_sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("steward", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revealed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["steward"], ["stewards.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_index("ix_steward_sessions_steward", "steward_sessions", ["steward"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sign_in_attempts_name", "sign_in_attempts", ["name", "at"])
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("object", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_index("ix_audit_entries_actor", "audit_entries", ["actor", "id"])
    op.create_index("ix_audit_entries_object", "audit_entries", ["object"])


def _cases() -> None:
    op.create_table(
        "case_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_events_case", "case_events", ["case_id", "follows"], unique=True)
    op.create_index("ix_case_events_request", "case_events", ["request_id"], unique=True)
    op.create_table(
        "month_orders",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("ordered_by", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("process", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_month_orders_month", "month_orders", ["month"])


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"create function {table}_is_append_only() returns trigger language plpgsql as "
            f"$$ begin raise exception '{table} is append-only'; end $$"
        )
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table} "
            f"for each statement execute function {table}_is_append_only()"
        )
        return
    for verb in ("update", "delete"):
        op.execute(
            f"create trigger {table}_no_{verb} before {verb} on {table} "
            f"begin select raise(abort, '{table} is append-only'); end"
        )
