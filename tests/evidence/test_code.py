"""Source text that makes a token, beside a call that was refused: the call's token, as an assumption."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.fact import CODE, Known
from crauth_doctor.model.token import Token, TokenKind
from crauth_doctor.workflows.explain import facts_of

URL = "https://orders-abc123-uc.a.run.app"
REFUSED = f"requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: {URL}/v1"

IDENTITY = {
    "python": f'token = google.oauth2.id_token.fetch_id_token(Request(), "{URL}/v1")',
    "python, a name": f'AUDIENCE = "{URL}/v1"\ntoken = id_token.fetch_id_token(Request(), AUDIENCE)',
    "python, over lines": f'token = id_token.fetch_id_token(\n    Request(),\n    "{URL}/v1",\n)',
    "python, a key": f'c = IDTokenCredentials.from_service_account_file(KEY, target_audience="{URL}/v1")',
    "node": f"const client = await auth.getIdTokenClient('{URL}/v1');",
    "node, a name": f"const audience = '{URL}/v1';\nconst client = await new GoogleAuth().getIdTokenClient(audience);",
    "go": f'client, err := idtoken.NewClient(ctx, "{URL}/v1")',
    "go, a name": f'audience := "{URL}/v1"\nts, err := idtoken.NewTokenSource(ctx, audience)',
    "java": f'IdTokenCredentials.newBuilder().setIdTokenProvider(own).setTargetAudience("{URL}/v1").build();',
    "c#": f'var minter = await own.GetOidcTokenAsync(OidcTokenOptions.FromTargetAudience("{URL}/v1"));',
    "php": f"$stack->push(ApplicationDefaultCredentials::getIdTokenMiddleware('{URL}/v1'));",
    "ruby": f'minter = Google::Auth::GCECredentials.new(target_audience: "{URL}/v1")',
    "metadata": f'http.get("http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience={URL}/v1")',
    "python, a session of them": (
        f'own = service_account.IDTokenCredentials.from_service_account_file(KEY, target_audience="{URL}/v1")\n'
        "session = AuthorizedSession(own)"
    ),
    "java, an adapter of them": (
        f'var own = IdTokenCredentials.newBuilder().setIdTokenProvider(source).setTargetAudience("{URL}/v1").build();\n'
        "transport.createRequestFactory(new HttpCredentialsAdapter(own));"
    ),
    "with the credentials that it is made of": (
        'source = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])\n'
        f'token = impersonated_credentials.IDTokenCredentials(source, target_audience="{URL}/v1")'
    ),
}
ACCESS = {
    "python": "credentials.refresh(Request())\nheaders = {'Authorization': f'Bearer {credentials.token}'}",
    "python, a session": "session = AuthorizedSession(credentials)",
    "scopes": 'ServiceAccount(use_default_credential=True, scopes=["https://www.googleapis.com/auth/cloud-platform"])',
    "node": "const { token } = await client.getAccessToken();",
    "java": "HttpRequestFactory factory = transport.createRequestFactory(new HttpCredentialsAdapter(credentials));",
    "go": "ts, err := google.DefaultTokenSource(ctx)",
    "c#": "var token = await credential.UnderlyingCredential.GetAccessTokenForRequestAsync();",
    "dart": "final client = await clientViaServiceAccount(key, scopes);",
    "php": "$middleware = ApplicationDefaultCredentials::getMiddleware($scopes);",
    "apps script": "const token = ScriptApp.getOAuthToken();",
    "metadata": "curl_easy('http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token')",
}
NOTHING = {
    "what was tried by hand": "With curl and `gcloud auth print-identity-token` the same URL answers.",
    "both kinds": f'client = idtoken.NewClient(ctx, "{URL}/v1")\nfactory = new HttpCredentialsAdapter(credentials)',
    "two audiences": f'fetch_id_token(Request(), "{URL}")\nfetch_id_token(Request(), "https://other-abc123-uc.a.run.app")',
    "an audience that nothing shows": "token = id_token.fetch_id_token(Request(), audience)",
    "another maker's token": "const token = await user.getIdToken();",
}


def token_of(code: str) -> Token | None:
    fact = facts_of(read(f"{code}\n\n{REFUSED}\n")).token
    if not isinstance(fact, Known):
        return None
    assert fact.source.read == CODE, "it is an assumption"
    return fact.value


@pytest.mark.parametrize("language", IDENTITY)
def test_what_mints_an_id_token_is_the_calls(language: str) -> None:
    token = token_of(IDENTITY[language])
    assert token is not None
    assert (token.kind, token.audience) == (TokenKind.ID_TOKEN, f"{URL}/v1")


@pytest.mark.parametrize("language", ACCESS)
def test_what_hands_out_an_access_token_is_the_calls(language: str) -> None:
    token = token_of(ACCESS[language])
    assert token is not None
    assert token.kind is TokenKind.ACCESS_TOKEN


@pytest.mark.parametrize("code", NOTHING)
def test_what_leaves_it_open_says_nothing(code: str) -> None:
    assert token_of(NOTHING[code]) is None


def test_what_code_told_is_listed_as_recognised() -> None:
    code = read(f"We call it so:\n{ACCESS['go']}\n")
    (piece,) = code.pieces
    assert (piece.lines, piece.summary) == ((2, 2), "makes a token (library, access token)")
    assert code.unrecognised == ((1, 1),)


def test_without_a_call_code_says_nothing() -> None:
    assert not isinstance(facts_of(read(IDENTITY["python"])).token, Known)


def test_what_was_sent_comes_before_what_the_code_says() -> None:
    plain = f"$ curl -i {URL}/v1\nHTTP/2 401\nserver: Google Frontend\n"
    assert not isinstance(facts_of(read(f"{ACCESS['go']}\n\n{plain}")).token, Known)
