"""What a call is made with, told by source text and by a workflow of GitHub's."""

from __future__ import annotations

import pytest

from crauth_doctor.workflows.explain import explain

HOST = "https://atlas-k4f7q2mzva-uc.a.run.app"
PAGE = """
<html><head><title>401 Unauthorized</title></head><body><h1>Error: Unauthorized</h1>
<h2>Your client does not have permission to the requested URL <code>/</code>.</h2></body></html>
"""
STEP = """
- uses: google-github-actions/auth@v2
  id: auth
  with:
    token_format: access_token
- run: curl -f -H "Authorization: Bearer ${{ steps.auth.outputs.access_token }}" https://atlas-k4f7q2mzva-uc.a.run.app
"""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (f'token = id_token.fetch_id_token(Request(), "{HOST}/v1/maps")\n', "token/audience-path"),
        (f'.setTargetAudience("{HOST}/v1/maps")\n', "token/audience-path"),
        (f'token = id_token.fetch_id_token(Request(), "{HOST}")\n', None),  # whom it calls is not shown
        (f'token = id_token.fetch_id_token(Request(), "{HOST}/")\n', None),
        (STEP, "token/access-token"),
    ],
)
def test_what_the_code_asks_for(text: str, cause: str | None) -> None:
    found = explain(text + PAGE).diagnosis.cause
    assert (found.rule if found else None) == cause
