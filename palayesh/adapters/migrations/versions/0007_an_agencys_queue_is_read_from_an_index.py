"""An agency's queue is read from an index of each side of a pair"""

from collections.abc import Sequence

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name, agency in (("left", "agency_l"), ("right", "agency_r")):
        columns = ["run_id", agency, "is_open", "priority", "pair_id"]
        op.create_index(f"ix_review_pairs_{name}", "review_pairs", columns)
