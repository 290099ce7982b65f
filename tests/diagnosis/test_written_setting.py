"""The token that a task, a job or a subscription is written to attach is not asked for, if its audience is hidden."""

from __future__ import annotations

import pytest

from crauth_doctor.model.asks.said import Said
from crauth_doctor.workflows.explain import explain

PHP = """
$httpRequest->setUrl($this->handler());
$token = new OidcToken;
$token->setServiceAccountEmail($this->account);
$token->setAudience(hash('sha256', $this->handler()));
$httpRequest->setOidcToken($token);

UNAUTHENTICATED(16): HTTP status code 401
"""
NODE = """
const [task] = await client.createTask({parent, task: {
  httpRequest: {url, httpMethod: 'POST', oidcToken: {serviceAccountEmail: config.invoker, audience: audienceOf(url)}},
}});

HTTP/2 401
www-authenticate: Bearer error="invalid_token"
"""
TERRAFORM = """
resource "google_cloud_scheduler_job" "nightly" {
  name = "nightly"
  http_target {
    uri = var.target
    oidc_token {
      service_account_email = var.invoker
      audience              = var.audience
    }
  }
}

HTTP/2 401
www-authenticate: Bearer error="invalid_token"
"""


@pytest.mark.parametrize("text", [PHP, NODE, TERRAFORM])
def test_a_written_setting_is_not_asked_for(text: str) -> None:
    found = explain(text).diagnosis
    assert found.cause is None
    assert "token-setting" not in [ask.fact for ask in found.asks]
    left = {outcome.rule for outcome in found.open}
    assert "token/audience-unknown" in left
    assert "token/access-token" not in left


@pytest.mark.parametrize("sender", ["scheduler", "tasks"])
def test_which_token_is_set_does_not_show_that_none_could_be_made(sender: str) -> None:
    """The product's own role lets its agent make either kind; that it lost it is another thing to ask for."""
    said = Said((("status", "403"), ("caller", sender), ("host", "run-app"), ("token-setting", "oauth")))
    found = explain("", said).diagnosis
    assert found.cause is None
    assert "mint/agent-cannot-mint" in {each.rule for each in found.open}
