"""The one RSA key with which every sandbox of this process signs, and its public forms."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from ..state.world import Json

KEY_ID = "5a9d0bc0c7a94e6bd0a1f3c2e4b6d8f0a1c3e5d7"
_LOCK = threading.Lock()


def private_key() -> RSAPrivateKey:
    """The signing key. It is made on first use (slow), and kept for the life of the process."""
    with _LOCK:
        return _make_key()


@lru_cache(maxsize=1)
def _make_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem() -> str:
    """The signing key as a service account key file holds it."""
    from cryptography.hazmat.primitives import serialization

    encoded = private_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded.decode()


def jwks() -> Json:
    """The public key as `www.googleapis.com/oauth2/v3/certs` gives it."""
    numbers = private_key().public_key().public_numbers()
    key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID}
    for name, value in (("n", numbers.n), ("e", numbers.e)):
        key[name] = _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))
    return {"keys": [key]}


@lru_cache(maxsize=1)
def certificate() -> str:
    """The public key in a certificate, as `www.googleapis.com/oauth2/v1/certs` gives it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key().public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(private_key(), hashes.SHA256())
    )
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def sign(claims: Json, key_id: str = KEY_ID) -> str:
    """A signed JWT (RS256)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    head = _b64_json({"alg": "RS256", "kid": key_id, "typ": "JWT"})
    message = f"{head}.{_b64_json(claims)}"
    signature = private_key().sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{message}.{_b64(signature)}"


def verify(token: str) -> tuple[Json, Json]:
    """The header and the claims of a JWT that this key signed.

    Raises:
        ValueError: if it is no JWT (`parse`), or if the signature is not this key's (`signature`).
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("parse")
    try:
        header, claims, signature = json.loads(_unb64(parts[0])), json.loads(_unb64(parts[1])), _unb64(parts[2])
    except ValueError as error:
        raise ValueError("parse") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("parse")  # noqa: TRY004  (every reason is told by its text)
    try:
        private_key().public_key().verify(
            signature, f"{parts[0]}.{parts[1]}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature as error:
        raise ValueError("signature") from error
    if header.get("alg") != "RS256":
        raise ValueError("signature")
    return header, claims


def _b64_json(value: Any) -> str:
    return _b64(json.dumps(value, separators=(",", ":")).encode())


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
