# ruff: noqa: E501 - what programs print stands here as they print it
from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.evidence.trees.tokens import decode
from crauth_doctor.model.evidence import HeaderFault
from crauth_doctor.model.token import TokenKind

STS = "https://sts.googleapis.com/v1/organizations/9/locations/global/workloadIdentityPools"


def test_a_token_says_whether_it_is_bound_to_a_certificate(jwt: Any) -> None:
    bound, plain = decode(jwt(iss=f"{STS}/a", cnf={"x5t#S256": "x"})), decode(jwt(iss=f"{STS}/a"))
    assert bound is not None
    assert plain is not None
    assert (bound.is_bound, plain.is_bound) == (True, False)


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"iss": "https://accounts.google.com", "aud": "https://a.run.app"}, TokenKind.ID_TOKEN),
        ({"iss": "accounts.google.com", "aud": "x"}, TokenKind.ID_TOKEN),
        ({"iss": f"{STS}/agents.global.org-9.system.id.goog", "aud": "https://a.run.app"}, TokenKind.ID_TOKEN),
        ({"iss": f"{STS}/github-pool", "aud": "https://a.run.app"}, TokenKind.FOREIGN),
        ({"iss": f"{STS}/agents.global.org-9.system.id.goog.example.com"}, TokenKind.FOREIGN),
        ({"iss": "caller@p.iam.gserviceaccount.com", "aud": "https://a.run.app"}, TokenKind.SELF_SIGNED),
        ({"iss": "https://securetoken.google.com/p", "aud": "p"}, TokenKind.FOREIGN),
        ({"iss": "https://tenant.eu.auth0.com/", "aud": ["api", "b"]}, TokenKind.FOREIGN),
        ({"iss": "https://cognito-idp.eu-west-1.amazonaws.com/p"}, TokenKind.FOREIGN),
        ({"iss": "https://sso.example/realms/x"}, TokenKind.FOREIGN),
        ({"sub": "7"}, TokenKind.FOREIGN),
        (
            {"iss": "https://cloud.google.com/iap", "aud": "/projects/1/global/backendServices/2"},
            TokenKind.IAP_ASSERTION,
        ),
    ],
)
def test_kind_by_issuer(jwt: Any, claims: Any, kind: Any) -> None:
    token = decode(jwt(**claims))
    assert token is not None
    assert token.kind is kind


def test_claims_and_the_stripped_signature(jwt: Any) -> None:
    token = decode(
        jwt(
            signature="SIGNATURE_REMOVED_BY_GOOGLE",
            iss="https://accounts.google.com",
            aud="https://a",
            iat=5,
            exp=9.0,
            email="a@b.c",
            sub="1",
        )
    )
    assert token is not None
    assert token.signature_removed
    assert (token.audience, token.issued_at, token.expires_at, token.email, token.subject) == (
        "https://a",
        5,
        9,
        "a@b.c",
        "1",
    )


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "a.b.c",
        "eyJ.eyJ.x",
        "eyJhbGciOiJSUzI1NiJ9",
        "eyJhbGciOiJSUzI1NiJ9.",
        "eyJhbGciOiJSUzI1NiJ9.e30x",
        "eyJhbGciOiJSUzI1NiJ9.W10.x",
        "é.é.é",
    ],
)
def test_what_is_no_whole_jwt_is_not_decoded(raw: Any) -> None:
    assert decode(raw) is None


def test_claims_of_the_wrong_type_are_left_out(jwt: Any) -> None:
    token = decode(jwt(iss=7, aud=[1], iat="yesterday", exp=True, email={"a": 1}, sub=None))
    assert token is not None
    assert (token.issuer, token.audience, token.issued_at, token.expires_at, token.email) == (
        None,
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("Bearer {t}", None),
        ("bearer {t}", None),
        ("Bearer Bearer {t}", HeaderFault.DOUBLED_SCHEME),
        ("Bearer bearer {t}", HeaderFault.DOUBLED_SCHEME),
        ('Bearer "{t}"', HeaderFault.QUOTED),
        ("Bearer '{t}'", HeaderFault.QUOTED),
        ("Bearer b'{t}'", HeaderFault.QUOTED),
        ("Bearer '$TOKEN'", HeaderFault.QUOTED),
        ('Bearer \\"$TOKEN\\"', HeaderFault.QUOTED),
        ("Bearer $TOKEN", None),
        ("{t}", HeaderFault.NO_SCHEME),
        ("Token {t}", HeaderFault.OTHER_SCHEME),
        ("Bearer {t} {t}", HeaderFault.SEVERAL_TOKENS),
        ("Bearer {t}, Bearer {t}", HeaderFault.SEVERAL_TOKENS),
        ("Bearer {t}\\n", HeaderFault.NEWLINE),
        ("Bearer", HeaderFault.EMPTY),
        ("Bearer undefined", HeaderFault.PLACEHOLDER),
        ("Bearer null", HeaderFault.PLACEHOLDER),
        ("Bearer [object Promise]", HeaderFault.PLACEHOLDER),
        ("Bearer <token>", None),
        ("Bearer eyJhbGciOi...", None),
        ("Bearer ***", None),
    ],
)
def test_the_form_of_the_header(value: Any, fault: Any, id_token: str) -> None:
    text = f"> GET / HTTP/2\n> Host: a.run.app\n> Authorization: {value.format(t=id_token)}\n>\n< HTTP/2 401\n<\n"
    made = read(text).exchanges[0].credentials[0]
    assert made.fault is fault
    assert (made.token is not None) == ("{t}" in value)
    assert id_token not in repr(read(text))


def test_an_opaque_token_is_opaque_and_gone() -> None:
    text = "$ curl -i https://a.run.app/mcp -H 'Authorization: Bearer tab_7f31c9d2e84b4b0d'\nHTTP/2 401\n"
    evidence = read(text)
    token = evidence.exchanges[0].credentials[0].token
    assert token is not None
    assert token.kind is TokenKind.OPAQUE
    assert "7f31" not in repr(evidence)


def test_bare_tokens_anywhere(jwt: Any, id_token: str) -> None:
    text = (
        f"The printed token:\n\n{id_token}\n\nLog: ya29.c.b0AXv0zTMabc-def_123\nAuthorization: Bearer {jwt(iss='x')}\n"
    )
    kinds = [made.token.kind for made in read(text).credentials if made.token]
    assert kinds == [TokenKind.ID_TOKEN, TokenKind.ACCESS_TOKEN, TokenKind.FOREIGN]
    headers = [made.header for made in read(text).credentials]
    assert headers == ["", "", "authorization"]


def test_both_headers_are_told_apart(jwt: Any) -> None:
    text = f"> GET / HTTP/2\n> host: a.run.app\n> authorization: Bearer {jwt(iss='app')}\n> x-serverless-authorization: Bearer {jwt(iss='accounts.google.com')}\n>\n< HTTP/2 401\n"
    found = read(text).exchanges[0].credentials
    assert [made.header for made in found] == ["authorization", "x-serverless-authorization"]
    assert [made.token.header for made in found if made.token] == ["authorization", "x-serverless-authorization"]


def test_a_sentence_about_the_header_is_no_credential() -> None:
    evidence = read("The app sends the Authorization: header itself, as a bearer token, and bearer checks are ours.")
    assert evidence.credentials == ()
    assert evidence.unrecognised == ((1, 1),)


@pytest.mark.parametrize(
    "line",
    [
        "  headers: { authorization: req.headers.authorization },",
        "  headers: { authorization: request.headers['authorization'] },",
        "  const got = await fetch(url, {headers: {Authorization: authHeader}});",
        "  Authorization: userCredential,\n  'Content-Type': 'application/json',",
        "  Authorization: userCredential\n}",
        "headers['Authorization'] = access_value",
        "request.Headers.Authorization = headerOne;",
    ],
)
def test_what_source_text_names_is_no_header_without_its_scheme(line: str) -> None:
    assert not [each.fault for each in read(f"{line}\n").credentials if each.fault]


@pytest.mark.parametrize(
    "line", ["Authorization: abcdef123456", "> authorization: abcdef123456", "'Authorization': 'abcdef123456',"]
)
def test_a_header_as_it_was_sent_lacks_its_scheme(line: str) -> None:
    (made,) = read(f"{line}\n").credentials
    assert made.fault is HeaderFault.NO_SCHEME
