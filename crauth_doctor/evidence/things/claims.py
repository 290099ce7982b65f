"""A token's claims as decoders print them (jwt.io, tokeninfo, a debugger, a log), and tokens that an API hands out."""

from __future__ import annotations

from dataclasses import replace

from ...deferred import regex
from ...google_json import json_access as look
from ...model.evidence import Credential, Lines, PieceKind
from ...model.token import Token, TokenKind
from ..paste import Paste
from ..trees import tokens
from ..trees.documents import Tree

_CLAIMS = frozenset({"iss", "aud", "exp", "iat", "sub", "azp", "email", "email_verified", "nbf", "jti", "hd"})
_TELLING = frozenset({"iss", "aud", "exp"})
_WRAPPERS = ("payload", "claims", "body", "decoded", "jwt", "data")
_FIRST_TOKENINFO = {"issued_to": "azp", "audience": "aud", "user_id": "sub", "issuer": "iss", "issued_at": "iat"}
"""What the first version of tokeninfo calls the claims.

Source: https://www.googleapis.com/discovery/v1/apis/oauth2/v1/rest
"""
_COMPUTED = regex(r"[A-Za-z_]\w*(?:\s*[-+(.]|\s*$)")
"""A moment that a program computes: the claims are those of source text, and of no token yet."""
_FEWEST = 3
_TOKENS = 20


def read(paste: Paste, document: Tree) -> bool:
    """Take a document that is the payload of a token, or the head and the payload of one."""
    value = document.value
    for each in value if isinstance(value, list) else [value]:
        if found := _claims(each):
            lines = (document.start + 1, document.end)
            token = _token(found)
            paste.take(document.start, document.end, PieceKind.TOKEN, f"claims of a token: {token.kind.value}")
            paste.credentials.append(Credential("", token, None, lines))
            return True
    if isinstance(value, dict) and "alg" in value and value.keys() <= {"alg", "kid", "typ", "cty"}:
        paste.take(document.start, document.end, PieceKind.TOKEN, "head of a token")
        return True
    return False


def _claims(value: object) -> dict[str, object] | None:
    if not isinstance(value, dict):
        return None
    if {"issued_to", "audience"} <= value.keys():
        return {_FIRST_TOKENINFO.get(str(name), str(name)): each for name, each in value.items()}
    known = _CLAIMS & value.keys()
    if _is_source(value):
        return None
    if (
        len(known) >= _FEWEST
        and len(_TELLING & known) > 1
        and not isinstance(value["aud" if "aud" in known else "iss"], dict)
    ):
        return value
    return next((inner for name in _WRAPPERS if (inner := _claims(look.at(value, name))) is not None), None)


def _is_source(value: dict[str, object]) -> bool:
    """Whether a program is to put any of the claims there: `'iss': key['client_email'],` looks like a list in YAML."""
    moments, names = ([value.get(name) for name in each] for each in (("iat", "exp", "nbf"), ("iss", "sub", "email")))
    return any(isinstance(each, str) and _COMPUTED.match(each) for each in moments) or any(
        isinstance(each, list | dict) or (isinstance(each, str) and each.endswith(",")) for each in names
    )


def _token(claims: dict[str, object]) -> Token:
    """Only of an access token does tokeninfo tell a scope and how long it lives."""
    numbers = {name: number for name in ("iat", "exp") if (number := look.number(claims, name)) is not None}
    made = tokens.of_claims({**claims, **numbers})
    is_access = "scope" in claims and "iss" not in claims
    return replace(made, kind=TokenKind.ACCESS_TOKEN, header="") if is_access else replace(made, header="")


def in_document(paste: Paste, document: Tree) -> None:
    """Note the tokens that stand in a document of no known kind, as `generateIdToken` and token endpoints answer."""
    lines: Lines = (document.start + 1, document.end)
    for line in paste.lines[document.start : document.end]:
        for token in paste.tokens_in(line, _TOKENS):
            paste.credentials.append(Credential("", replace(token, header=""), None, lines))
