"""Since which revision of the registry a known image is looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the column; images that are there count as added now, so that pictures looked at before are looked at again."""
    op.add_column("known_image", sa.Column("revision", BIG, nullable=False, server_default="0"))
    op.execute("UPDATE known_image SET revision = COALESCE((SELECT max(value) FROM revision), 0)")
