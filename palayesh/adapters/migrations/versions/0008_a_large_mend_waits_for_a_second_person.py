"""A large mend waits for a second person"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("corrections", sa.Column("confirms", sa.String(length=32), nullable=True))
    op.create_index("ix_corrections_action", "corrections", ["action", "list_key"])
