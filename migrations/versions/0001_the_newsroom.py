"""The newsroom: every table of the first release."""

import sqlalchemy as sa
from alembic import op

import app.core.models

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEARCH = {
    "postgresql": (
        "ALTER TABLE search_entries ADD COLUMN vector tsvector GENERATED ALWAYS AS ("
        "setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', lead), 'B')"
        " || setweight(to_tsvector('simple', text), 'C')) STORED",
        "CREATE INDEX ix_search_entries_vector ON search_entries USING gin (vector)",
    ),
    "sqlite": (
        "CREATE VIRTUAL TABLE search_fts USING fts5(title, lead, text, content='search_entries', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0')",
        "CREATE TRIGGER search_added AFTER INSERT ON search_entries BEGIN"
        " INSERT INTO search_fts(rowid, title, lead, text) VALUES (new.id, new.title, new.lead, new.text); END",
        "CREATE TRIGGER search_removed AFTER DELETE ON search_entries BEGIN"
        " INSERT INTO search_fts(search_fts, rowid, title, lead, text) VALUES ('delete', old.id, old.title, old.lead, old.text); END",
        "CREATE TRIGGER search_changed AFTER UPDATE ON search_entries BEGIN"
        " INSERT INTO search_fts(search_fts, rowid, title, lead, text) VALUES ('delete', old.id, old.title, old.lead, old.text);"
        " INSERT INTO search_fts(rowid, title, lead, text) VALUES (new.id, new.title, new.lead, new.text); END",
    ),
}
"""What finds the tokens: a generated tsvector on PostgreSQL, an FTS5 table kept by triggers on SQLite."""


def upgrade() -> None:
    op.create_table(
        "aliases",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "address", name=op.f("pk_aliases")),
    )
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_aliases_target_id"), ["target_id"], unique=False)

    op.create_table(
        "authors",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("slug", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
        sa.UniqueConstraint("slug", name=op.f("uq_authors_slug")),
    )
    with op.batch_alter_table("authors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_authors_name"), ["name"], unique=False)

    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("changed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("tags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=True),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("snapshot", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_object_id_version"), ["object_id", "version"], unique=False)

    op.create_table(
        "idempotency_records",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_records")),
    )
    with op.batch_alter_table("idempotency_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_records_created_at"), ["created_at"], unique=False)

    op.create_table(
        "keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hint", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("expires_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("revoked_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("last_used_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_keys_digest")),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("names_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "search_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_search_entries_owner_id")),
    )
    op.create_table(
        "sections",
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["sections.id"], name=op.f("fk_sections_parent_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sections")),
        sa.UniqueConstraint("path", name=op.f("uq_sections_path")),
    )
    with op.batch_alter_table("sections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sections_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sections_slug"), ["slug"], unique=False)

    op.create_table(
        "tags",
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("slug", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("slug", name=op.f("uq_tags_slug")),
    )
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tags_name"), ["name"], unique=False)

    op.create_table(
        "articles",
        sa.Column("slug", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_version", sa.BigInteger(), nullable=False),
        sa.Column("published_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("body_source", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("source", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("external_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("deleted_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("genre", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("headline", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kicker", sa.Text(), nullable=True),
        sa.Column("dek", sa.Text(), nullable=True),
        sa.Column("standfirst", sa.Text(), nullable=True),
        sa.Column("byline", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        sa.Column("rights", sa.Text(), nullable=True),
        sa.Column("lead_image", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("seo", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("source_name", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("source_category", sa.String(length=64), nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("word_count", sa.BigInteger(), nullable=False),
        sa.Column("reading_minutes", sa.BigInteger(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_articles_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("slug", name=op.f("uq_articles_slug")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_articles_source_external_id")),
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_articles_created_at_id"), ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_articles_revised_at_id"), ["revised_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_articles_section_id"), ["section_id"], unique=False)

    op.create_table(
        "article_authors",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_article_authors_author_id_authors")),
        sa.ForeignKeyConstraint(["owner_id"], ["articles.id"], name=op.f("fk_article_authors_owner_id_articles"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "author_id", name=op.f("pk_article_authors")),
    )
    with op.batch_alter_table("article_authors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_authors_author_id_owner_id"), ["author_id", "owner_id"], unique=False)

    op.create_table(
        "article_sections",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["articles.id"], name=op.f("fk_article_sections_owner_id_articles"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_article_sections_section_id_sections")),
        sa.PrimaryKeyConstraint("owner_id", "section_id", name=op.f("pk_article_sections")),
    )
    with op.batch_alter_table("article_sections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_sections_section_id_owner_id"), ["section_id", "owner_id"], unique=False)

    op.create_table(
        "article_tags",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["articles.id"], name=op.f("fk_article_tags_owner_id_articles"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_article_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("owner_id", "tag_id", name=op.f("pk_article_tags")),
    )
    with op.batch_alter_table("article_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_tags_tag_id_owner_id"), ["tag_id", "owner_id"], unique=False)

    op.create_table(
        "comment_threads",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("moderation", sa.String(length=64), nullable=False),
        sa.Column("closes_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("visible_count", sa.BigInteger(), nullable=False),
        sa.Column("root_count", sa.BigInteger(), nullable=False),
        sa.Column("next_root", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_comment_threads_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_comment_threads")),
    )
    with op.batch_alter_table("comment_threads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comment_threads_closes_at"), ["closes_at"], unique=False)

    op.create_table(
        "comments",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("reply_to_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("author_kind", sa.String(length=64), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_email", sa.Text(), nullable=True),
        sa.Column("author_url", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("edited_at", app.core.models.Instant(timezone=True), nullable=True),
        sa.Column("up_votes", sa.BigInteger(), nullable=False),
        sa.Column("down_votes", sa.BigInteger(), nullable=False),
        sa.Column("reply_count", sa.BigInteger(), nullable=False),
        sa.Column("descendant_count", sa.BigInteger(), nullable=False),
        sa.Column("next_child", sa.BigInteger(), nullable=False),
        sa.Column("claim_digest", sa.String(length=64), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("revised_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_comments_article_id_articles")),
        sa.ForeignKeyConstraint(["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id_comments")),
        sa.ForeignKeyConstraint(["reply_to_id"], ["comments.id"], name=op.f("fk_comments_reply_to_id_comments")),
        sa.ForeignKeyConstraint(["root_id"], ["comments.id"], name=op.f("fk_comments_root_id_comments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("article_id", "path", name=op.f("uq_comments_article_id_path")),
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_article_id_depth_visible_created_at_id"),
            ["article_id", "depth", "visible", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_comments_article_id_status_created_at_id"), ["article_id", "status", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_comments_parent_id_visible_created_at_id"), ["parent_id", "visible", "created_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_comments_reply_to_id"), ["reply_to_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_root_id"), ["root_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_status_created_at_id"), ["status", "created_at", "id"], unique=False)

    op.create_table(
        "publications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_version", sa.BigInteger(), nullable=False),
        sa.Column("visible_from", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("visible_until", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("published_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("first_published_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("significance", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("genre", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("headline", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kicker", sa.Text(), nullable=True),
        sa.Column("dek", sa.Text(), nullable=True),
        sa.Column("standfirst", sa.Text(), nullable=True),
        sa.Column("byline", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        sa.Column("rights", sa.Text(), nullable=True),
        sa.Column("lead_image", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("seo", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("source_name", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("source_category", sa.String(length=64), nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("word_count", sa.BigInteger(), nullable=False),
        sa.Column("reading_minutes", sa.BigInteger(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_publications_article_id_articles")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_publications_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publications_article_id_visible_from"), ["article_id", "visible_from"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_publications_first_published_at_article_id"), ["first_published_at", "article_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_publications_published_at_article_id"), ["published_at", "article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_publications_section_id"), ["section_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_publications_slug_visible_from"), ["slug", "visible_from"], unique=False)
        batch_op.create_index(batch_op.f("ix_publications_updated_at_article_id"), ["updated_at", "article_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_publications_visible_from"), ["visible_from"], unique=False)
        batch_op.create_index(batch_op.f("ix_publications_visible_until"), ["visible_until"], unique=False)

    op.create_table(
        "moderation_actions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("from_status", sa.String(length=64), nullable=False),
        sa.Column("to_status", sa.String(length=64), nullable=False),
        sa.Column("actor_kind", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_moderation_actions_comment_id_comments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_actions")),
    )
    with op.batch_alter_table("moderation_actions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_actions_comment_id_at_id"), ["comment_id", "at", "id"], unique=False)

    op.create_table(
        "publication_authors",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_publication_authors_author_id_authors")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["publications.id"], name=op.f("fk_publication_authors_owner_id_publications"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_id", "author_id", name=op.f("pk_publication_authors")),
    )
    with op.batch_alter_table("publication_authors", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_publication_authors_author_id_published_at_owner_id"), ["author_id", "published_at", "owner_id"], unique=False
        )

    op.create_table(
        "publication_sections",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["publications.id"], name=op.f("fk_publication_sections_owner_id_publications"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_publication_sections_section_id_sections")),
        sa.PrimaryKeyConstraint("owner_id", "section_id", name=op.f("pk_publication_sections")),
    )
    with op.batch_alter_table("publication_sections", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_publication_sections_section_id_published_at_owner_id"), ["section_id", "published_at", "owner_id"], unique=False
        )

    op.create_table(
        "publication_tags",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", app.core.models.Instant(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["publications.id"], name=op.f("fk_publication_tags_owner_id_publications"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_publication_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("owner_id", "tag_id", name=op.f("pk_publication_tags")),
    )
    with op.batch_alter_table("publication_tags", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_publication_tags_tag_id_published_at_owner_id"), ["tag_id", "published_at", "owner_id"], unique=False
        )

    op.bulk_insert(sa.table("log_head", sa.column("id"), sa.column("seq"), sa.column("names_seq")), [{"id": 1, "seq": 0, "names_seq": 0}])
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_fts")
    with op.batch_alter_table("publication_tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publication_tags_tag_id_published_at_owner_id"))

    op.drop_table("publication_tags")
    with op.batch_alter_table("publication_sections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publication_sections_section_id_published_at_owner_id"))

    op.drop_table("publication_sections")
    with op.batch_alter_table("publication_authors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publication_authors_author_id_published_at_owner_id"))

    op.drop_table("publication_authors")
    with op.batch_alter_table("moderation_actions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moderation_actions_comment_id_at_id"))

    op.drop_table("moderation_actions")
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publications_visible_until"))
        batch_op.drop_index(batch_op.f("ix_publications_visible_from"))
        batch_op.drop_index(batch_op.f("ix_publications_updated_at_article_id"))
        batch_op.drop_index(batch_op.f("ix_publications_slug_visible_from"))
        batch_op.drop_index(batch_op.f("ix_publications_section_id"))
        batch_op.drop_index(batch_op.f("ix_publications_published_at_article_id"))
        batch_op.drop_index(batch_op.f("ix_publications_first_published_at_article_id"))
        batch_op.drop_index(batch_op.f("ix_publications_article_id_visible_from"))

    op.drop_table("publications")
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_status_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_comments_root_id"))
        batch_op.drop_index(batch_op.f("ix_comments_reply_to_id"))
        batch_op.drop_index(batch_op.f("ix_comments_parent_id_visible_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_comments_article_id_status_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_comments_article_id_depth_visible_created_at_id"))

    op.drop_table("comments")
    with op.batch_alter_table("comment_threads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comment_threads_closes_at"))

    op.drop_table("comment_threads")
    with op.batch_alter_table("article_tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_tags_tag_id_owner_id"))

    op.drop_table("article_tags")
    with op.batch_alter_table("article_sections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_sections_section_id_owner_id"))

    op.drop_table("article_sections")
    with op.batch_alter_table("article_authors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_authors_author_id_owner_id"))

    op.drop_table("article_authors")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_articles_section_id"))
        batch_op.drop_index(batch_op.f("ix_articles_revised_at_id"))
        batch_op.drop_index(batch_op.f("ix_articles_created_at_id"))

    op.drop_table("articles")
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tags_name"))

    op.drop_table("tags")
    with op.batch_alter_table("sections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sections_slug"))
        batch_op.drop_index(batch_op.f("ix_sections_parent_id"))

    op.drop_table("sections")
    op.drop_table("search_entries")
    op.drop_table("log_head")
    op.drop_table("keys")
    with op.batch_alter_table("idempotency_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_records_created_at"))

    op.drop_table("idempotency_records")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_object_id_version"))

    op.drop_table("events")
    with op.batch_alter_table("authors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authors_name"))

    op.drop_table("authors")
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_aliases_target_id"))

    op.drop_table("aliases")
