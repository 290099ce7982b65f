"""What source text makes its token by: it is assumed to be what was sent."""

from __future__ import annotations

import json

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.asks.said import Said
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.report.headline import headline
from crauth_doctor.workflows.explain import explain
from tests.rules.scenes import FORBIDDEN

URL = "https://billing-abc-uc.a.run.app/v1"
REFUSED = f"GET {URL} -> 401\n"
SIGNED = """payload = {
    'iat': now,
    'exp': now + 3600,
    'iss': sa_email,
    'aud': audience,
    'sub': sa_email,
}
response = client.signJwt(name=name, body={'payload': json.dumps(payload)}).execute()
"""
PYJWT = """sa = json.load(open('sa.json'))
payload = {
    'iss': sa['client_email'],
    'sub': sa['client_email'],
    'aud': 'https://billing-abc-uc.a.run.app',
    'iat': now,
    'exp': now + 3600,
}
signed = jwt.encode(payload, sa['private_key'], algorithm='RS256')
"""
JSONWEBTOKEN = """const key = require('./key.json');
const token = jwt.sign({ iss: key.client_email, sub: key.client_email, aud }, key.private_key, { algorithm: 'RS256' });
"""
GOLANG_JWT = """type keyFile struct {
	ClientEmail string `json:"client_email"`
	PrivateKey  string `json:"private_key"`
}
token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"iss": key.ClientEmail, "aud": aud, "exp": exp})
"""


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (
            "const auth = new GoogleAuth();\nconst client = await auth.getClient();\nawait client.request({url});\n",
            "token/access-token",
        ),
        ("const client = await auth.getClient();\nconst made = await auth.getIdTokenClient(url);\n", None),
        (SIGNED, "token/self-signed"),
        (SIGNED + "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n", None),
        (PYJWT, "token/self-signed"),
        (PYJWT.replace("    'iat': now,\n    'exp': now + 3600,\n", ""), "token/self-signed"),
        (JSONWEBTOKEN, "token/self-signed"),
        (GOLANG_JWT, "token/self-signed"),
        (JSONWEBTOKEN + "params.append('grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer');\n", None),
        (PYJWT.replace("sa['client_email']", "ISSUER").replace("sa['private_key']", "SECRET"), None),
    ],
)
def test_a_refused_call_carried_what_its_code_makes(code: str, cause: str | None) -> None:
    found = explain(f"{code}\n{REFUSED}").diagnosis.cause
    assert (found.rule if found else None) == cause


def test_the_claims_that_source_text_puts_together_are_of_no_token_yet() -> None:
    assert read(SIGNED).credentials == ()
    printed = SIGNED.replace("now + 3600", "1780307728").replace("now", "1780304128").replace("sa_email", "'a@b.c'")
    assert read(printed.split("response")[0].replace("audience", "'https://a.run.app'")).credentials


REFUSED_TOKEN = (
    'HTTP/2 401\nwww-authenticate: Bearer error="invalid_token" '
    'error_description="The access token could not be verified"\nserver: Google Frontend\n'
)
CURL = f'$ curl -i -H "Authorization: Bearer $TOKEN" {URL}\n{REFUSED_TOKEN}'
IDENTITY = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity"


@pytest.mark.parametrize(
    "made",
    [
        "TOKEN=$(gcloud auth print-identity-token --audiences=$AUD)",
        'TOKEN=$(gcloud auth print-identity-token --impersonate-service-account="$SA" --audiences="${AUD}")',
        "TOKEN=$(gcloud auth print-identity-token --audiences=${{ steps.deploy.outputs.url }})",
        f'TOKEN=$(curl -s -H "Metadata-Flavor: Google" "{IDENTITY}?audience=$AUD")',
        f'TOKEN=$(curl -s -H "Metadata-Flavor: Google" "{IDENTITY}?audience=<SERVICE_URL>")',
    ],
)
def test_an_audience_that_is_put_together_is_no_audience_that_is_known(made: str) -> None:
    assert explain(f"$ {made}\n{CURL}").diagnosis.cause is None


@pytest.mark.parametrize("url", ['f"{0}?audience={{aud}}"', 'fmt.Sprintf("{0}?audience=%s", aud)'])
def test_nor_is_one_that_a_program_puts_together(url: str) -> None:
    assert explain(f"url = {url.format(IDENTITY)}\n\n{REFUSED}{REFUSED_TOKEN}").diagnosis.cause is None


LOGGED = {
    "logName": "projects/acme/logs/run.googleapis.com%2Frequests",
    "resource": {"type": "cloud_run_revision", "labels": {"location": "us-central1"}},
}
OTHER = "https://other-abc-uc.a.run.app"
AGAIN = f"""TOKEN=$(gcloud auth print-access-token)
{CURL}
TOKEN=$(gcloud auth print-identity-token --audiences={OTHER})
"""


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (f"AUD={OTHER}\nTOKEN=$(gcloud auth print-identity-token --audiences=$AUD)\n", "token/audience-other-service"),
        (f"Run TOKEN=$(gcloud auth print-identity-token \\\n  --audiences={OTHER})\n", "token/audience-other-service"),
        (AGAIN, "token/audience-other-service"),
        ("TOKEN=$(gcloud auth print-identity-token)\n", "token/audience-user-client"),
    ],
)
def test_the_variable_holds_what_was_last_put_into_it(made: str, cause: str) -> None:
    found = explain(made + CURL).diagnosis.cause
    assert (found.rule if found else None) == cause


@pytest.mark.parametrize(
    ("audience", "called"),
    [
        ("https://us-central1-p.cloudfunctions.net/resize", "https://us-central1-p.cloudfunctions.net/resize"),
        ("https://us-central1-p.cloudfunctions.net/resize", "https://us-central1-p.cloudfunctions.net/resize/one"),
        ("https://us-central1-p.cloudfunctions.net/resize", "https://resize-abc123defg-uc.a.run.app/"),
        ("https://resize-abc123defg-uc.a.run.app", "https://us-central1-p.cloudfunctions.net/resize"),
        ("https://resize-abc123defg-uc.a.run.app", "https://api.example.com/resize"),
    ],
)
def test_an_audience_may_be_another_url_of_the_service_that_is_called(audience: str, called: str) -> None:
    text = f'const client = await auth.getIdTokenClient("{audience}");\nGET {called} -> 401\n'
    assert explain(text).diagnosis.cause is None


@pytest.mark.parametrize(
    ("audience", "cause"),
    [
        ("https://us-central1-acme.cloudfunctions.net", "token/audience-function-path"),
        ("https://us-central1-acme.cloudfunctions.net/resize", None),
        ("https://billing-abc-uc.a.run.app/v1", "token/audience-path"),
        ("https://billing-abc-uc.a.run.app", None),
    ],
)
def test_an_audience_that_is_nobodys_needs_no_url_of_the_call(audience: str, cause: str | None) -> None:
    code = f"const client = await auth.getIdTokenClient('{audience}');\nconst res = await client.request({{url}});\n"
    refused = "The request was not authorized to invoke this service. The access token could not be verified."
    log = json.dumps({**LOGGED, "httpRequest": {"status": 401}, "textPayload": refused})
    found = explain(f"{code}\n{log}\n").diagnosis.cause
    assert (found.rule if found else None) == cause


CALLS = f"const url = '{URL}';\n"


@pytest.mark.parametrize(
    "code",
    [
        "const audience = new URL(url).origin;\nconst client = await auth.getIdTokenClient(audience);\n",
        "const client = await auth.getIdTokenClient(new URL(url).origin);\n",
        f"const client = await auth.getIdTokenClient(new URL('{URL}').origin);\n",
    ],
)
def test_the_origin_of_a_url_is_the_audience_that_it_is(code: str) -> None:
    (made,) = read(CALLS + code).expressions
    assert made.audience == URL.removesuffix("/v1")


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("var t = await creds.GetAccessTokenForRequestAsync(url);\n", "token/access-token"),
        (f"const client = await auth.getIdTokenClient('{URL}');\n", "token/audience-path"),
        ("const client = await auth.getIdTokenClient(audience);\n", None),
    ],
)
def test_code_alone_tells_what_a_call_carried_of_which_somebody_says_what_it_got(code: str, cause: str | None) -> None:
    assert explain(code).diagnosis.cause is None
    report = explain(code, Said((("status", "401"),)))
    found = report.diagnosis.cause
    assert (found.rule if found else None) == cause
    assert report.diagnosis.conclusion is (Conclusion.LIKELY if cause else Conclusion.UNDECIDED)
    assert "no failing call" not in str(headline(report))


CALLED = "const points = httpsCallable(functions, 'points');\nawait points({id: 7});\n"
DEPLOYED = "gcloud run deploy billing --image i --region us-central1 --allow-unauthenticated\n"
ANSWERED = "$ gcloud run deploy billing --source .\nAllow unauthenticated invocations to [billing] (y/N)?"
PUBLISHED = (
    "$ gcloud run services add-iam-policy-binding billing --region us-central1 --member=allUsers "
    "--role=roles/run.invoker\n"
)
POLICY = (
    "$ gcloud run services get-iam-policy billing\nbindings:\n- members:\n  - allUsers\n  role: roles/run.invoker\n"
)
ELSEWHERE = PUBLISHED.replace("billing", "orders")
UNVERIFIED = "The request was not authorized to invoke this service. The access token could not be verified."


@pytest.mark.parametrize(
    ("meant", "answer", "cause"),
    [
        (CALLED, f'textPayload: "{UNVERIFIED}"', "iam/public-not-applied"),
        (CALLED, "FirebaseError: functions/unauthenticated UNAUTHENTICATED", None),
        (CALLED, "POST https://us-central1-acme.cloudfunctions.net/points 401 (Unauthorized)", None),
        (CALLED, "POST https://us-central1-acme.cloudfunctions.net/points 403 (Forbidden)", "iam/public-not-applied"),
        (DEPLOYED, f"GET {URL} -> 403", "iam/public-not-applied"),
        (DEPLOYED, f"GET {URL} -> 401", None),
        (f"{DEPLOYED}Setting IAM Policy.............done", f"GET {URL} -> 403", None),
        (f"{DEPLOYED}Setting IAM Policy.............failed", f"GET {URL} -> 403", "iam/public-not-applied"),
        (f"{ANSWERED} y\n", f"GET {URL} -> 403", "iam/public-not-applied"),
        (f"{ANSWERED} y\nSetting IAM Policy.............done", f"GET {URL} -> 403", None),
        (f"{ANSWERED} n\nSetting IAM Policy.............done", f"GET {URL} -> 403", None),
        (f"{PUBLISHED}Updated IAM policy for service [billing].", f"GET {URL} -> 403", None),
        (
            f"{DEPLOYED}{PUBLISHED.replace('billing', 'orders')}etag: BwX=",
            f"GET {URL} -> 403",
            "iam/public-not-applied",
        ),
        (POLICY, f"$ curl -i {URL}\nHTTP/2 403\nserver: Google Frontend\n\n{FORBIDDEN.body}\n", None),
        (f"{PUBLISHED}ERROR: PERMISSION_DENIED: no", f"GET {URL} -> 403", "iam/public-not-applied"),
    ],
)
def test_what_is_meant_to_be_public_may_answer_401_itself(meant: str, answer: str, cause: str | None) -> None:
    found = explain(f"{meant}\n{answer}\n").diagnosis.cause
    assert (found.rule if found else None) == cause


USERS = f"""const token = await auth.currentUser.getIdToken();
await fetch('{URL}', {{headers: {{Authorization: `Bearer ${{token}}`}}}});
"""
LIBRARYS = "const client = await auth.getIdTokenClient('https://billing-abc-uc.a.run.app');\n"


@pytest.mark.parametrize(
    ("code", "answer", "cause"),
    [
        (USERS, UNVERIFIED, "token/foreign-issuer"),
        (USERS, "GET -> 401", None),
        (USERS + LIBRARYS, UNVERIFIED, None),
        (DEPLOYED + USERS, UNVERIFIED, "iam/public-not-applied"),
    ],
)
def test_a_signed_in_users_token_is_what_was_not_verified(code: str, answer: str, cause: str | None) -> None:
    log = json.dumps({**LOGGED, "httpRequest": {"status": 401, "requestUrl": URL}, "textPayload": answer})
    found = explain(f"{code}\n{log}\n").diagnosis.cause
    assert (found.rule if found else None) == cause


@pytest.mark.parametrize(
    ("audience", "cause"),
    [
        ("https://billing-123456789012.us-central1.run.app", None),
        ("https://orders-123456789012.us-central1.run.app", "token/audience-other-service"),
        ("https://billing.example.com", "token/audience-unknown"),
    ],
)
def test_a_service_has_two_urls_of_its_own(audience: str, cause: str | None) -> None:
    found = explain(f"$ TOKEN=$(gcloud auth print-identity-token --audiences={audience})\n{CURL}").diagnosis.cause
    assert (found.rule if found else None) == cause


def test_a_browser_does_not_tell_who_answered_the_preflight_of_what_is_meant_to_be_public() -> None:
    blocked = (
        f"Access to fetch at '{URL}' from origin 'https://shop.example' has been blocked by CORS policy: Response to "
        "preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present"
    )
    assert getattr(explain(f"{blocked}\n").diagnosis.cause, "rule", None) == "token/preflight"
    found = explain(f"{CALLED}\n{blocked}\n").diagnosis
    assert found.cause is None
    assert {"app/cors", "token/preflight", "iam/public-not-applied"} <= {each.rule for each in found.open}


SCRIPT = """function call() {{
  const token = {};
  const headers = {{Authorization: 'Bearer ' + token}};
  const got = UrlFetchApp.fetch('https://billing-abc-uc.a.run.app/v1', {{headers}});
}}

Exception: Request failed for https://billing-abc-uc.a.run.app returned code {}. Truncated server response:
"""


@pytest.mark.parametrize(
    ("token", "status", "cause"),
    [
        ("ScriptApp.getIdentityToken()", 401, "token/audience-user-client"),
        ("ScriptApp.getIdentityToken()", 403, None),
        ("ScriptApp.getOAuthToken()", 401, "token/access-token"),
    ],
)
def test_apps_scripts_own_tokens(token: str, status: int, cause: str | None) -> None:
    found = explain(SCRIPT.format(token, status)).diagnosis.cause
    assert (found.rule if found else None) == cause
