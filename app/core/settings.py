"""Everything an operator may set; the house's one door to the environment."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-do-not-use"  # noqa: S105 - it is refused outside development


class Settings(BaseSettings):
    """Read from `DATELINE_…` variables and from `.env`, in this order."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", env_file=".env", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = Field(
        default="development", description="`production` refuses to start with an unsafe setting."
    )
    database_url: str = Field(
        default="sqlite:///dateline.db",
        description="`sqlite:///file.db` or `postgresql://user:password@host/name`; the program picks the driver.",
    )
    database_pool_size: int = Field(default=20, ge=1, le=500, description="Connections kept per process (PostgreSQL).")
    auto_migrate: bool = Field(default=False, description="Whether `serve` migrates before it starts.")
    secret_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_SECRET),
        description="Signs cursors and tokens; the same in every process; at least 32 characters in production.",
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default=[],
        description="Origins, separated by commas, whose pages may write or send a key; reading is open to all.",
    )
    max_body_bytes: int = Field(default=4_000_000, ge=1_000, le=100_000_000, description="Largest accepted request body.")
    log_format: Literal["console", "json"] = Field(default="console", description="How log lines look.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least line logged.")
    access_log: bool = Field(default=True, description="Whether each request is logged.")
    head_seconds: float = Field(
        default=10, gt=0, le=600, description="How long a request's head may take to come, or an answer to be read."
    )
    body_seconds: float = Field(default=60, gt=0, le=3600, description="How long a request's body may take to come.")
    cache_bytes: int = Field(
        default=24_000_000, ge=0, le=10_000_000_000, description="Bytes of public answers that each process keeps; 0 keeps none."
    )
    log_retention_days: int = Field(
        default=0, ge=0, le=36_500, description="After how many days a change leaves the log; 0 keeps all of it, for good."
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
    idempotency_hours: int = Field(default=48, ge=1, le=720, description="How long an `Idempotency-Key` is remembered.")

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, object]) -> dict[str, object]:
        origins = values.get("cors_origins")
        if isinstance(origins, str):
            return {
                **values,
                "cors_origins": [origin.strip().rstrip("/") for origin in origins.split(",") if origin.strip()],
            }
        return values

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

    @cached_property
    def signing_key(self) -> bytes:
        """The secret as bytes, for HMAC."""
        return self.secret_key.get_secret_value().encode()
