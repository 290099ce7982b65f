"""What there is to ask where a program's own code could not get its token: nothing that a product's setting answers."""

from __future__ import annotations

import pytest

from crauth_doctor.workflows.explain import explain

IDENTITY = "computeMetadata/v1/instance/service-accounts/default/identity"


BY_HAND = f"""
$ curl -i -H 'Metadata-Flavor: Google' 'http://metadata.google.internal/{IDENTITY}?audience=https://a.example'
HTTP/1.1 400 Bad Request
Metadata-Flavor: Google
"""
BY_A_LIBRARY = f"""
GaxiosError: Could not fetch ID token: Unsuccessful response status code. Request failed with status code 400
  response: {{
    config: {{
      url: 'http://169.254.169.254/{IDENTITY}?format=full',
    }},
    status: 400,
"""
BY_A_STEP = """
Error: google-github-actions/auth failed with: failed to generate Google Cloud ID token for \
ci@maps-test.iam.gserviceaccount.com: {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}
"""


@pytest.mark.parametrize("text", [BY_HAND, BY_A_LIBRARY, BY_A_STEP])
def test_no_product_makes_a_token_that_code_asked_for(text: str) -> None:
    report = explain(text).diagnosis
    assert report.cause is None
    asked = [ask.fact for ask in report.asks]
    assert asked[0] == "account-state"
    assert not {"token-setting", "agent"} & set(asked)
