# ruff: noqa: E501 - what programs print stands here as they print it
"""A call to one of Google's own APIs, which starts a job: no service of Cloud Run, and nothing before one, answers."""

from __future__ import annotations

import json

import pytest

from crauth_doctor.workflows.explain import explain

START = "https://run.googleapis.com/v2/projects/acme-prod/locations/us-east4/jobs/reindex:run"
SERVICE = "https://orders-123456789012.us-east4.run.app/daily"
CREATE = f"$ gcloud scheduler jobs create http nightly --location=us-east4 --schedule='0 3 * * *' --uri={START}"
BOUND = "bindings:\n- members:\n  - {}\n  role: roles/run.invoker"
OIDC = {"mint/oidc-to-google-api", "mint/agent-cannot-mint"}
OAUTH = {"mint/agent-cannot-mint", "mint/account-missing", "mint/account-disabled"}


def attempt(url: str, status: int) -> str:
    kind = "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished"
    return json.dumps({"jsonPayload": {"@type": kind, "url": url}, "httpRequest": {"status": status}})


def left(evidence: str) -> set[str]:
    return {one.rule for one in explain(evidence).diagnosis.open}


def test_what_a_job_is_set_to_send_is_open_where_nothing_shows_it() -> None:
    assert left(attempt(START, 401)) == OIDC


def test_the_token_that_a_command_asks_for_rules_the_other_out() -> None:
    account = "starter@acme-prod.iam.gserviceaccount.com"
    assert left(f"{CREATE} --oauth-service-account-email={account}\n\n{attempt(START, 401)}\n") == OAUTH


@pytest.mark.parametrize("status", [401, 403, 404])
def test_nothing_before_a_service_stops_it(status: int) -> None:
    found = left(attempt(START, status))
    assert not {cause for cause in found if not cause.startswith(("mint/", "iam/"))}


def test_a_product_that_calls_a_service_may_have_no_token() -> None:
    found = left(attempt(SERVICE, 403))
    assert "mint/agent-cannot-mint" in found
    assert not found & {"token/expired", "token/self-signed", "token/preflight", "app/cors"}


@pytest.mark.parametrize(
    ("policy", "cause"),
    [
        ("etag: ACAB", "iam/missing-invoker"),
        (BOUND.format("serviceAccount:starter@acme-prod.iam.gserviceaccount.com"), None),
        (BOUND.format("group:robots@acme.example"), None),
    ],
)  # fmt: skip
def test_a_job_whose_policy_gives_the_starter_nothing(policy: str, cause: str | None) -> None:
    job = (
        "$ gcloud scheduler jobs describe nightly --location=us-east4\nhttpTarget:\n  oauthToken:\n"
        f"    serviceAccountEmail: starter@acme-prod.iam.gserviceaccount.com\n  uri: {START}\nstatus:\n  code: 7\n"
    )
    shown = f"{job}\n$ gcloud run jobs get-iam-policy reindex --region=us-east4\n{policy}\n"
    found = explain(shown).diagnosis.cause
    assert (found.rule if found else None) == cause


DENIED = "Permission '{}' denied on resource '{}/jobs/reindex' (or resource may not exist)."


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("google.api_core.exceptions.PermissionDenied: 403 " + DENIED.format("run.jobs.run", "projects/p/locations/r"), "iam/missing-invoker"),
        ("Error: 7 PERMISSION_DENIED: " + DENIED.format("run.jobs.run", "projects/p/locations/r"), "iam/missing-invoker"),
        (json.dumps({"error": {"code": 403, "message": DENIED.format("run.jobs.run", "namespaces/p")}}), "iam/missing-invoker"),
        ("ERROR: (gcloud.run.jobs.execute) PERMISSION_DENIED: " + DENIED.format("run.jobs.runWithOverrides", "namespaces/p"), "iam/role-lacks-permission"),
    ],
)  # fmt: skip
def test_what_cloud_run_says_of_a_start(said: str, cause: str) -> None:
    found = explain(f"{said}\n").diagnosis.cause
    assert found is not None
    assert found.rule == cause
    assert found.finding is not None
    assert "reindex" in str(found.finding.title)
