"""What source text makes its token by: it is assumed to be what was sent."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import explain

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
    ],
)
def test_a_refused_call_carried_what_its_code_makes(code: str, cause: str | None) -> None:
    found = explain(f"{code}\n{REFUSED}").diagnosis.cause
    assert (found.rule if found else None) == cause


def test_the_claims_that_source_text_puts_together_are_of_no_token_yet() -> None:
    assert read(SIGNED).credentials == ()
    printed = SIGNED.replace("now + 3600", "1780307728").replace("now", "1780304128").replace("sa_email", "'a@b.c'")
    assert read(printed.split("response")[0].replace("audience", "'https://a.run.app'")).credentials
