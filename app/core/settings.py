"""Everything an operator may set; the house's one door to the environment."""

import base64
import os
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Literal, Self

import limits
from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-do-not-use"  # noqa: S105 - it is refused outside development

_PREFIX = "DATELINE_"
_OF_COMPOSE = "DATELINE_WORKERS"
"""A variable that `compose.yaml` reads, and which sounds like one of ours."""
_NEAR = 0.8
_LISTS = ("cors_origins", "allowed_private_hosts", "comment_checks_off", "member_algorithms")


def _parts(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip().rstrip("/"))]


def _read_limit(text: str) -> str:
    """A limit as the library `limits` reads it; nothing for none."""
    if text.strip():
        limits.parse(text)
    return text.strip()


Algorithm = Literal["RS256", "EdDSA", "HS256"]
"""How a member's token may be signed."""

RateLimit = Annotated[str, AfterValidator(_read_limit)]
"""So many in so long, such as `100/second` or `5000 per 2 hours`; empty for no limit."""


class Settings(BaseSettings):
    """Read from `DATELINE_…` variables and from `.env`, in this order."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = Field(
        default="development", description="`production` refuses to start with an unsafe setting."
    )
    database_url: str = Field(
        default="sqlite:///dateline.db",
        description="`sqlite:///file.db` or `postgresql://user:password@host/name`; the program picks the driver.",
    )
    database_replica_url: str | None = Field(
        default=None,
        description="A streaming replica (PostgreSQL) that answers readers while it shows all that this process knows of.",
    )
    database_direct_url: str | None = Field(
        default=None,
        description="The same database past a pooler such as pgbouncer: notifications and migrations need a session of their own.",
    )
    database_prepares: bool = Field(
        default=True,
        description="Whether statements are prepared in the database's sessions; off behind a pooler that cannot follow them.",
    )
    database_pool_size: int = Field(
        default=20, ge=1, le=500,
        description="Connections (PostgreSQL) that a process keeps for transactions, and as many for short questions; under load it opens "
        "as many again.",
    )  # fmt: skip
    auto_migrate: bool = Field(default=False, description="Whether `serve` migrates before it starts.")
    publish_needs_approval: bool = Field(
        default=False, description="Whether only approved articles are published, but by keys with `articles:publish_unapproved`."
    )
    appeals_by_another: bool = Field(
        default=True,
        description="Whether an appeal is decided by another key than the one that decided first, where another may moderate there.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_SECRET),
        description="Signs cursors and tokens; the same in every process; at least 32 characters in production.",
    )
    secret_key_before: SecretStr = Field(
        default=SecretStr(""), description="The secret that was in use until now; `dateline reseal` opens with it what it seals anew."
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default=[],
        description="Origins, separated by commas, whose pages may write or send a key; reading is open to all.",
    )
    allowed_private_hosts: Annotated[list[Annotated[str, AfterValidator(str.lower)]], NoDecode] = Field(
        default=[],
        description="Names or addresses, separated by commas, that webhooks may be sent to though they are not public.",
    )
    max_body_bytes: int = Field(default=4_000_000, ge=1_000, le=100_000_000, description="Largest accepted request body.")
    log_format: Literal["console", "json"] = Field(default="console", description="How log lines look.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least line logged.")
    slow_statement_ms: int = Field(
        default=500, ge=0, le=60_000, description="Statements that take as many milliseconds are logged, without their values; 0 logs none."
    )
    access_log: bool = Field(default=True, description="Whether each request is logged.")
    head_seconds: float = Field(
        default=10, gt=0, le=600, description="How long a request's head may take to come, or a client read nothing of an answer."
    )
    body_seconds: float = Field(default=60, gt=0, le=3600, description="How long a request's body may take to come.")
    metrics: Literal["off", "open", "token"] = Field(
        default="off",
        description="Who may read `/metrics`: nobody, everybody who reaches the port, or who sends `DATELINE_METRICS_TOKEN`.",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="What Prometheus sends as `Authorization: Bearer …`; at least 16 characters."
    )
    metrics_folder: str = Field(
        default="",
        description="Where processes of one machine put their figures together; `serve --workers` makes one of its own.",
    )
    telemetry: bool = Field(
        default=False,
        description="Whether traces and figures go to a collector by OpenTelemetry, as the `OTEL_…` variables say. "
        "Needs `dateline[telemetry]`.",
    )
    cache_bytes: int = Field(
        default=16_000_000, ge=0, le=10_000_000_000, description="Bytes of public answers that each process keeps; 0 keeps none."
    )
    answer_seconds: float = Field(default=30, gt=0, le=600, description="How long an answer may take to be made; streams apart.")
    worker: Literal["inside", "alone"] = Field(
        default="inside",
        description="Whether `serve` delivers webhooks and records what happens by itself, or leaves it to `dateline worker`.",
    )
    webhook_seconds: float = Field(
        default=15, gt=0, le=60, description="How long one delivery to a webhook may take, from look-up to answer."
    )
    webhook_log_days: int = Field(default=30, ge=1, le=3650, description="How long deliveries that are done can be looked at and replayed.")
    key_days: int = Field(default=400, ge=1, le=36500, description="How long a key that was revoked or has expired stays in the list.")
    rate_limit_storage: str = Field(
        default="memory",
        pattern=r"^(off|memory|database|rediss?://.+)$",
        description="Where requests are counted: `off`, nowhere; `memory`, each process for itself; `database` or `redis://host:6379/0`, "
        "all together.",
    )
    rate_limit_reads: RateLimit = Field(
        default="120000/minute", description="Public reads of a network address that the cache does not answer; each process counts."
    )
    rate_limit_reader_writes: RateLimit = Field(
        default="600/minute", description="Writes without a key, such as comments, of a network address."
    )
    rate_limit_rehearsals: RateLimit = Field(
        default="30 per 10 minutes", description="Rehearsals (`dry_run=true`) of comments, of a member or else of a network address."
    )
    rate_limit_key_reads: RateLimit = Field(default="60000/minute", description="Reads of a key.")
    rate_limit_key_writes: RateLimit = Field(default="60000/minute", description="Writes of a key.")
    rate_limit_failed_keys: RateLimit = Field(default="600/minute", description="Requests of a network address whose key is refused (401).")
    comment_rate_account: RateLimit = Field(default="10 per 10 minutes", description="Comments of a member; more wait for a moderator.")
    comment_rate_address: RateLimit = Field(
        default="10 per 10 minutes", description="Comments from a network address; more wait for a moderator."
    )
    comment_rate_network: RateLimit = Field(
        default="60 per 10 minutes", description="Comments from the network around an address; more wait for a moderator."
    )
    comment_rate_thread: RateLimit = Field(
        default="", description="Comments in one thread, such as `300 per minute`; more wait for a moderator. Empty for no limit."
    )
    comment_form: Literal["off", "asked"] = Field(
        default="off", description="Whether comments wait that come without the `token` of `/v1/comments/form`."
    )
    comment_proof: Literal["off", "guests", "everyone"] = Field(
        default="off", description="Of whom a proof of work is asked with each comment."
    )
    comment_proof_cost: int = Field(
        default=50_000, ge=1, le=100_000_000, description="The largest number to be tried for a proof of work; half of them on average."
    )
    akismet_key: SecretStr = Field(default=SecretStr(""), description="Of Akismet; with it, comments wait for what Akismet says of them.")
    akismet_site: str = Field(default="", description="The site's address, as Akismet knows it.")
    akismet_url: str = Field(default="https://rest.akismet.com/1.1/comment-check", description="Where Akismet is asked.")
    openai_key: SecretStr = Field(
        default=SecretStr(""), description="Of OpenAI; with it, comments wait for what its moderation says of them."
    )
    openai_url: str = Field(default="https://api.openai.com/v1/moderations", description="Where OpenAI's moderation is asked.")
    comment_hook_url: str = Field(
        default="", description="A service of your own that is asked about each comment, by a signed request; it needs the secret."
    )
    comment_hook_secret: SecretStr = Field(
        default=SecretStr(""), description="What such requests are signed with (Standard Webhooks): `whsec_…`, or any text."
    )
    comment_service_seconds: float = Field(default=10, gt=0, le=60, description="How long one answer of an outside service may take.")
    comment_service_minutes: float = Field(
        default=10, gt=0, le=1440, description="How long a comment waits for outside services before it is decided without them."
    )
    comment_checks_off: Annotated[list[str], NoDecode] = Field(
        default=[], description="Checks of comments, separated by commas, that are left out: `links`, `copies` and so on."
    )
    comment_mark_days: int = Field(
        default=30, ge=1, le=3650,
        description="After how many days it is forgotten which comments came from one place, or said the same.",
    )  # fmt: skip
    log_retention_days: int = Field(
        default=0, ge=0, le=36_500, description="After how many days a change leaves the log; 0 keeps all of it, for good."
    )
    revision_retention_days: int = Field(
        default=0, ge=0, le=36_500,
        description="How many days after another replaced it a revision of an article is forgotten; 0 keeps all, for good.",
    )  # fmt: skip
    revision_retention_count: int = Field(
        default=0, ge=0, le=1_000_000, description="How many revisions of an article are kept at the most; 0 for no bound."
    )
    stream_heartbeat_seconds: float = Field(
        default=15, ge=0.1, le=300, description="After how long a silent stream of changes shows that it lives."
    )
    streams_per_address: int = Field(
        default=20,
        ge=1,
        le=100_000,
        description="Streams of changes, and requests that wait for one, from one address to one process at a time.",
    )
    member_issuer: str = Field(
        default="", max_length=500, description="Who signs the tokens of members (`iss`), exactly; without it nobody is a member."
    )
    member_audience: str = Field(default="", max_length=500, description="For whom they must be made (`aud`).")
    member_algorithms: Annotated[list[Algorithm], NoDecode] = Field(
        default=["RS256"], description="How they may be signed, separated by commas: `RS256` and `EdDSA`, or `HS256` alone."
    )
    member_keys: str = Field(
        default="", max_length=2000, description="The issuer's public keys as a JWK set: a file, or an address that begins with `https://`."
    )
    member_secret: SecretStr = Field(
        default=SecretStr(""), description="The secret that is shared with the issuer for `HS256`; at least 32 characters."
    )
    member_leeway_seconds: int = Field(default=30, ge=0, le=300, description="How far the issuer's clock may be from this one.")
    digest_days: int = Field(
        default=30, ge=1, le=366,
        description="After how many days network addresses are digested with a new key; as many days later the old key is forgotten, "
        "and every digest that was made with it.",
    )  # fmt: skip
    trash_days: int = Field(
        default=30, ge=0, le=36_500, description="After how many days in the trash an article is gone for good; 0 keeps it there."
    )
    idempotency_hours: int = Field(default=48, ge=1, le=720, description="How long an `Idempotency-Key` is remembered.")

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        texts = {name: text for name in _LISTS if isinstance(text := values.get(name), str)}
        return {**values, **{name: _parts(text) for name, text in texts.items()}}

    @model_validator(mode="after")
    def _refuse_what_cannot_be(self) -> Self:
        if self.database_replica_url is not None and not self.database_url.startswith("postgres"):
            raise ValueError("DATELINE_DATABASE_REPLICA_URL needs PostgreSQL: SQLite has no replicas")
        secret = self.comment_hook_secret.get_secret_value()
        try:
            key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret
        except ValueError:
            raise ValueError("DATELINE_COMMENT_HOOK_SECRET is no base64 behind its 'whsec_'") from None
        if self.comment_hook_url and not key:  # Anybody could sign with nothing.
            raise ValueError("DATELINE_COMMENT_HOOK_SECRET must be set to a secret where DATELINE_COMMENT_HOOK_URL is")
        return self

    @model_validator(mode="after")
    def _insist_on_a_token(self) -> Self:
        if self.metrics == "token" and len(self.metrics_token.get_secret_value()) < 16:  # noqa: PLR2004 - said in the description
            raise ValueError("DATELINE_METRICS_TOKEN must be set to at least 16 random characters where DATELINE_METRICS is 'token'")
        return self

    @model_validator(mode="after")
    def _insist_on_proof_of_members(self) -> Self:
        """A key that is public must never be taken for a secret: where HS256 is among other algorithms, it could be."""
        if not self.member_issuer:
            return self
        if not self.member_audience:
            raise ValueError("DATELINE_MEMBER_AUDIENCE must say for whom tokens are made where DATELINE_MEMBER_ISSUER is set")
        if "HS256" not in self.member_algorithms:
            if not self.member_keys or not self.member_algorithms:
                raise ValueError("DATELINE_MEMBER_KEYS must name the issuer's keys, and DATELINE_MEMBER_ALGORITHMS an algorithm")
            return self
        if len(self.member_algorithms) > 1 or self.member_keys:
            raise ValueError("DATELINE_MEMBER_ALGORITHMS must name HS256 alone, without DATELINE_MEMBER_KEYS, or not at all")
        if len(self.member_secret.get_secret_value().encode()) < 32:  # noqa: PLR2004 - said in the description
            raise ValueError("DATELINE_MEMBER_SECRET must be at least 32 characters for HS256")
        return self

    @model_validator(mode="after")
    def _refuse_what_is_unsafe(self) -> Self:
        if self.environment == "development":
            return self
        secret = self.secret_key.get_secret_value()
        if secret == DEVELOPMENT_SECRET or len(secret) < 32:  # noqa: PLR2004 - said in the description
            raise ValueError("DATELINE_SECRET_KEY must be set to at least 32 random characters outside development")
        if "*" in self.cors_origins:
            raise ValueError("DATELINE_CORS_ORIGINS must name origins: '*' would let any page use a reader's browser to write")
        return self

    @property
    def direct_url(self) -> str:
        """The database's own address, past any pooler."""
        return self.database_direct_url or self.database_url

    @cached_property
    def signing_key(self) -> bytes:
        """The secret as bytes, for HMAC."""
        return self.secret_key.get_secret_value().encode()


def hand_down(**values: str) -> None:
    """Set these for the processes that this one starts."""
    os.environ.update({f"{_PREFIX}{name.upper()}": value for name, value in values.items()})


def misspelt() -> dict[str, str]:
    """What is set and is no setting, but sounds like one; and that one."""
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    strange = sorted(name for name in named - known - {_OF_COMPOSE} if name.startswith(_PREFIX))
    shorn = {name.removeprefix(_PREFIX): name for name in known}
    return {name: shorn[near[0]] for name in strange if (near := get_close_matches(name.removeprefix(_PREFIX), shorn, n=1, cutoff=_NEAR))}
