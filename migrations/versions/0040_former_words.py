"""What publications were found by before an author or a tag in them was renamed, with what each database needs to find it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

import app.core.models

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

VECTORS = {
    "title_vector": "to_tsvector('simple', title)",
    "lead_vector": "to_tsvector('simple', title) || to_tsvector('simple', lead)",
    "whole_vector": "to_tsvector('simple', title) || to_tsvector('simple', lead) || to_tsvector('simple', text)",
}
SQLITE = (
    "CREATE VIRTUAL TABLE search_fts_former USING fts5(title, lead, text, content='former_words', content_rowid='id',"
    " tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER former_words_added AFTER INSERT ON former_words BEGIN"
    " INSERT INTO search_fts_former(rowid, title, lead, text) VALUES (new.id, new.title, new.lead, new.text); END",
    "CREATE TRIGGER former_words_removed AFTER DELETE ON former_words BEGIN"
    " INSERT INTO search_fts_former(search_fts_former, rowid, title, lead, text)"
    " VALUES ('delete', old.id, old.title, old.lead, old.text); END",
)


def upgrade() -> None:
    postgresql = op.get_context().dialect.name == "postgresql"
    found_by = [sa.Column(name, TSVECTOR(), sa.Computed(words, persisted=True)) for name, words in VECTORS.items() if postgresql]
    op.create_table(
        "former_words",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("until", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *found_by,
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_former_words_publication_id_publications"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_words")),
        sa.UniqueConstraint("publication_id", "until", name=op.f("uq_former_words_publication_id_until")),
    )
    op.create_index(op.f("ix_former_words_place"), "former_words", ["place"])
    if postgresql:
        for name in VECTORS:
            op.create_index(f"ix_former_words_{name}", "former_words", [name], postgresql_using="gin")
    else:
        for statement in SQLITE:
            op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE search_fts_former")
    op.drop_table("former_words")
