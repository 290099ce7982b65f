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


ID_STEP = """
- uses: google-github-actions/auth@v2
  id: auth
  with:
    token_format: id_token
    id_token_audience: AUDIENCE
- run: curl -f -H "Authorization: Bearer ${{ steps.auth.outputs.id_token }}" https://atlas-k4f7q2mzva-uc.a.run.app/v1
"""


@pytest.mark.parametrize(
    ("audience", "cause"),
    [
        (f"{HOST}/v1", "token/audience-path"),
        (f"'{HOST}/v1'", "token/audience-path"),
        ("atlas-k4f7q2mzva-uc.a.run.app", "token/audience-scheme"),
        (HOST, None),
        ("${{ vars.SERVICE_URL }}/v1", None),  # what it is, is not shown
    ],
)
def test_what_a_step_of_githubs_is_to_ask_for(audience: str, cause: str | None) -> None:
    found = explain(ID_STEP.replace("AUDIENCE", audience) + PAGE).diagnosis.cause
    assert (found.rule if found else None) == cause


ACCESS = "gcloud auth print-access-token"


@pytest.mark.parametrize(
    "text",
    [
        f'$t = {ACCESS}\n$headers = @{{ Authorization = "Bearer $t" }}\nirm -Uri {HOST}/ -Headers $headers\n',
        f'PS C:\\> $h = @{{"Authorization" = "Bearer $({ACCESS})"}}\nPS C:\\> irm {HOST}/ -Headers $h\n',
        (
            f"$t = ({ACCESS})\n$headers = @{{\n  'Authorization' = \"Bearer ${{t}}\"\n  'Accept' = 'text/html'\n}}\n"
            f"Invoke-WebRequest -Uri {HOST}/ -Headers $headers -Method Post\n"
        ),
        f'$h = @{{}}\n$h["Authorization"] = "Bearer $({ACCESS})"\nirm -Uri {HOST}/ -Headers $h\n',
        f'$h = @{{}}\n$h.Add("Authorization", "Bearer $({ACCESS})")\nirm -Uri {HOST}/ -Headers $h\n',
        f"$t = {ACCESS} | ConvertTo-SecureString -AsPlainText\nirm {HOST}/ -Authentication Bearer -Token $t\n",
        f'TOKEN := $(shell {ACCESS})\ncall:\n\tcurl -f -H "Authorization: Bearer $(TOKEN)" {HOST}/\n',
        f'  local token; token=$({ACCESS})\n  curl -f -H "Authorization: Bearer $token" {HOST}/\n',
        (
            f"def token = sh(script: '{ACCESS}', returnStdout: true)\n"
            f'curl -f -H "Authorization: Bearer ${{token}}" {HOST}/\n'
        ),
    ],
)
def test_the_variable_that_holds_the_token(text: str) -> None:
    found = explain(text + PAGE).diagnosis.cause
    assert found is not None
    assert found.rule == "token/access-token"


@pytest.mark.parametrize(
    "text",
    [
        f"$headers = @{{\n  'Accept' = 'text/html'\n}}\nInvoke-WebRequest -Uri {HOST}/ -Headers $headers\n",
        f"Invoke-WebRequest -Uri {HOST}/ -Headers $headers -Method Post\n",
        f"$headers = @{{}}\nInvoke-WebRequest -Uri {HOST}/ -Headers $headers -Method Post\n",
    ],
)
def test_headers_in_a_variable_may_hold_a_token(text: str) -> None:
    found = explain(f"{text}Invoke-WebRequest : The remote server returned an error: (403) Forbidden.\n").diagnosis
    assert found.cause is None
    assert "token/missing" in {one.rule for one in found.open}
