"""Only what the provider signed, for this service, in time, by an algorithm that is pinned, proves anything."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from app.core import clock
from app.readers.tokens import Key, RefusedTokenError, Rules, UnknownKeyError, prove, read_keys, secret_key
from tests.readers.conftest import AUDIENCE, EDWARDS, ISSUER, RSA, claims, jwk_set, part, token

KEYS = read_keys(jwk_set())
RULES = Rules(ISSUER, AUDIENCE, frozenset({"RS256", "EdDSA"}), leeway=30)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
SECRET = "a secret that two parties share, long"


def seconds(number: int) -> int:
    return int((clock.now() + timedelta(seconds=number)).timestamp())


def test_a_token_of_the_provider_names_its_member() -> None:
    for sound in (token(), token(algorithm="EdDSA", kid="k2"), token(aud=["other", AUDIENCE])):
        found = prove(sound, RULES, KEYS)
        assert (found.issuer, found.subject, found.name, found.badge) == (ISSUER, "u-1", "Ida Holm", None)

    shared = prove(jwt.encode(claims(), SECRET, algorithm="HS256"), Rules(ISSUER, AUDIENCE, frozenset({"HS256"}), 0), [secret_key(SECRET)])
    assert shared.subject == "u-1"


def forged() -> dict[str, str]:
    """Tokens that prove nothing, by what is wrong with them."""
    sound = token()
    head, body, signature = sound.split(".")
    confused = jwt.encode(claims(), "x" * 32, algorithm="HS256")
    by_public_key = _hmac_with(PUBLIC_PEM)
    return {
        "none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "none in capitals": f"{part({'alg': 'NoNe'})}.{body}.",
        "none with its signature": f"{part({'alg': 'none'})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "another content": f"{head}.{part(claims('u-2'))}.{signature}",
        "HS256 with any secret": confused,
        "HS256 with the public key": by_public_key,
        "a header with the other algorithm": f"{part({'alg': 'EdDSA', 'kid': 'k2'})}.{body}.{signature}",
        "another's key": token(key=STRANGER),
        "a key in the header": jwt.encode(
            claims(), STRANGER, algorithm="RS256", headers={"jwk": json.loads(RSAAlgorithm.to_jwk(STRANGER.public_key()))}
        ),
        "an address of keys": jwt.encode(claims(), STRANGER, algorithm="RS256", headers={"jku": "https://evil.example/keys", "kid": "k1"}),
        "a file as kid": jwt.encode(claims(), STRANGER, algorithm="RS256", headers={"kid": "../../../../dev/null"}),
        "SQL as kid": jwt.encode(claims(), STRANGER, algorithm="RS256", headers={"kid": "x' UNION SELECT 'secret"}),
        "an unknown kid": token(kid="k9"),
        "kid of the other": token(kid="k2"),
        "crit": jwt.encode(claims(), RSA, algorithm="RS256", headers={"kid": "k1", "crit": ["x"], "x": 1}),
        "PS256": jwt.encode(claims(), RSA, algorithm="PS256", headers={"kid": "k1"}),
        "expired": token(exp=seconds(-31)),
        "without an end": token(exp=None),
        "not begun": token(nbf=seconds(60)),
        "from the future": token(iat=seconds(60)),
        "for another": token(aud="newsletter"),
        "for nobody": token(aud=None),
        "of another": token(iss="https://accounts.paper.example.evil.example"),
        "of nobody": token(iss=None),
        "without a subject": token(sub=None),
        "an empty subject": token(sub=""),
        "control characters": token(sub="u-1\x00"),
        "a long subject": token("u" * 256),
        "a long token": token(name="x" * 9_000),
        "no token": "mistyped",
        "dots": "..",
        "text that is no ASCII": f"{head}.{body}.é",
        "not JSON": "e30.e30.e30",
        "an algorithm that is no text": f"{part({'alg': ['RS256']})}.{body}.{signature}",
        "a list": f"{head}.{part([1])}.{signature}",
    }


def _hmac_with(secret: bytes) -> str:
    """HS256 with what PyJWT itself refuses to take for a secret: attackers do not use PyJWT."""
    import_ = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(claims())}"
    return f"{text}.{jwt.utils.base64url_encode(import_.sign(text.encode(), secret)).decode()}"


@pytest.mark.parametrize("what", sorted(forged()))
def test_what_is_forged_proves_nothing(what: str) -> None:
    with pytest.raises(RefusedTokenError) as refusal:
        prove(forged()[what], RULES, KEYS)

    assert "u-1" not in str(refusal.value)


def test_clocks_may_differ_by_the_leeway_and_no_more() -> None:
    assert prove(token(exp=seconds(-20), iat=seconds(20)), RULES, KEYS).subject == "u-1"
    with pytest.raises(RefusedTokenError):
        prove(token(exp=seconds(-20)), Rules(ISSUER, AUDIENCE, RULES.algorithms, 0), KEYS)


def test_without_kid_the_one_key_of_its_algorithm_is_meant_and_of_two_none() -> None:
    bare = token(kid=None)
    both = [*KEYS, Key("RS256", STRANGER.public_key(), "k3")]

    assert prove(bare, RULES, KEYS).subject == "u-1"
    with pytest.raises(UnknownKeyError):
        prove(bare, RULES, both)
    assert prove(token(), RULES, both).subject == "u-1"


def jwk(key: Any, maker: Any, **more: Any) -> dict[str, Any]:
    return {**json.loads(maker.to_jwk(key)), **more}


def test_keys_that_are_weak_private_or_for_something_else_are_passed_over() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that it is weak is the point
    curve = ec.generate_private_key(ec.SECP256R1())
    useless = [
        jwk(weak.public_key(), RSAAlgorithm), jwk(RSA.public_key(), RSAAlgorithm, use="enc"),
        jwk(RSA.public_key(), RSAAlgorithm, alg="PS256"), jwk(RSA, RSAAlgorithm), jwk(curve.public_key(), ECAlgorithm),
        {"kty": "oct", "k": "c2VjcmV0"}, {"kty": "RSA", "n": "!", "e": "AQAB"}, {"kty": "OKP", "crv": "X25519", "x": "AAAA"}, {}, "text",
    ]  # fmt: skip

    assert read_keys(json.dumps({"keys": useless})) == []
    assert [key.algorithm for key in KEYS] == ["RS256", "EdDSA"]
    for broken in ("[]", "{}", '{"keys": {}}', "no JSON"):
        with pytest.raises(ValueError, match=r".+"):
            read_keys(broken)


@pytest.mark.parametrize(
    ("said", "name", "badge"),
    [
        ({"name": "  Ida \n Holm\x07 "}, "Ida Holm", None),
        ({"name": 7, "preferred_username": "ida"}, "ida", None),
        ({"name": "x" * 200}, "x" * 80, None),
        ({"name": "\u200b"}, None, None),
        ({"badge": "Reporter"}, "Ida Holm", "Reporter"),
        ({"badge": True}, "Ida Holm", None),
    ],
)
def test_what_a_token_says_of_its_member_is_made_fit_to_be_shown(said: dict[str, Any], name: str | None, badge: str | None) -> None:
    found = prove(token(**said), RULES, KEYS)

    assert (found.name, found.badge) == (name, badge)


def test_edwards_keys_sign_with_their_own_algorithm_only() -> None:
    assert EDWARDS.public_key() == KEYS[1].value
    with pytest.raises(RefusedTokenError):
        prove(token(algorithm="EdDSA", kid="k2"), Rules(ISSUER, AUDIENCE, frozenset({"RS256"}), 0), KEYS)
