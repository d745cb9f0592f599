"""Settings: read from the environment, and refused where they would be unsafe."""

from contextlib import nullcontext

import pytest
from pydantic import ValidationError

from app.core.settings import DEVELOPMENT_SECRET, Settings

SECRET = "0123456789abcdef0123456789abcdef"


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type] # values as an operator would give them


def test_development_needs_no_setting_at_all() -> None:
    assert settings().environment == "development"


@pytest.mark.parametrize("secret", [DEVELOPMENT_SECRET, "short", "x" * 31])
def test_production_refuses_a_secret_that_is_known_or_short(secret: str) -> None:
    with pytest.raises(ValidationError, match="DATELINE_SECRET_KEY"):
        settings(environment="production", secret_key=secret)


def test_production_refuses_to_start_without_a_secret() -> None:
    with pytest.raises(ValidationError, match="DATELINE_SECRET_KEY"):
        settings(environment="production")


def test_production_refuses_to_let_every_page_write() -> None:
    with pytest.raises(ValidationError, match="DATELINE_CORS_ORIGINS"):
        settings(environment="production", secret_key=SECRET, cors_origins="https://paper.example.org,*")


def test_production_starts_with_what_is_safe() -> None:
    found = settings(environment="production", secret_key=SECRET, cors_origins="https://paper.example.org")

    assert found.signing_key == SECRET.encode()


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_CORS_ORIGINS", " https://a.example.org/ , https://b.example.org,, ")

    assert settings().cors_origins == ["https://a.example.org", "https://b.example.org"]


def test_private_hosts_are_separated_by_commas_and_compared_in_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """As hosts of addresses are, both where a webhook is made and where it is sent."""
    monkeypatch.setenv("DATELINE_ALLOWED_PRIVATE_HOSTS", "Receiver.Internal, 10.0.0.7")

    assert settings().allowed_private_hosts == ["receiver.internal", "10.0.0.7"]


def test_the_environment_is_read_by_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_MAX_BODY_BYTES", "5000")
    monkeypatch.setenv("MAX_BODY_BYTES", "6000")

    assert settings().max_body_bytes == 5000


@pytest.mark.parametrize(("secret", "sound"), [("whsec_abc", False), ("whsec_é", False), ("whsec_c2VjcmV0", True), ("any é", True)])
def test_a_secret_that_signs_nothing_is_refused_before_comments_wait_for_it(secret: str, *, sound: bool) -> None:
    with nullcontext() if sound else pytest.raises(ValidationError, match="DATELINE_COMMENT_HOOK_SECRET"):
        settings(comment_hook_secret=secret)


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_a_hook_is_never_signed_with_nothing(secret: str) -> None:
    with pytest.raises(ValidationError, match=r"DATELINE_COMMENT_HOOK_SECRET .* DATELINE_COMMENT_HOOK_URL"):
        settings(comment_hook_url="https://hook.example/", comment_hook_secret=secret)


@pytest.mark.parametrize(
    ("name", "value"), [("max_body_bytes", 0), ("database_pool_size", 0), ("log_level", "loud"), ("environment", "staging")]
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: value})


def test_a_secret_is_never_shown() -> None:
    found = settings(secret_key=SECRET)

    assert SECRET not in f"{found} {found!r} {found.model_dump()}"


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
