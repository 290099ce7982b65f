"""Logs that were read are evidence; what the user gave wins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.evidence import call_facts, read
from crauth_doctor.google_json import log_entries
from crauth_doctor.model.evidence import Evidence, LogKind
from crauth_doctor.model.fact import Absent, Known, Source
from crauth_doctor.model.facts import Facts
from crauth_doctor.workflows.log_evidence import READ, beside, is_logged, speaks_of_public, with_logs
from tests.cli.conftest import WORLD, Run

URL = "https://orders-123456789012.us-central1.run.app"
SERVICE = "projects/shop-prod/locations/us-central1/services/orders"
CHECKOUT = "checkout@shop-prod.iam.gserviceaccount.com"
JOB = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
LABELS = {"service_name": "orders", "location": "us-central1", "project_id": "shop-prod"}
UNVERIFIED = "The request was not authorized to invoke this service. The access token could not be verified."
CALL: dict[str, Any] = {
    "logName": "projects/shop-prod/logs/run.googleapis.com%2Frequests",
    "timestamp": "2026-06-01T08:55:00Z",
    "resource": {"type": "cloud_run_revision", "labels": LABELS},
    "httpRequest": {"requestMethod": "POST", "requestUrl": f"{URL}/run", "status": 401, "latency": "0s"},
    "textPayload": UNVERIFIED,
}
CURL = f"""$ curl -i -H 'Authorization: Bearer x' {URL}/run
HTTP/2 500
content-type: text/plain

boom
"""
LOGGED = Facts(logged=Known(1, Source(READ, "//logging.googleapis.com/projects/shop-prod")))


def told(raw: dict[str, Any]) -> Evidence:
    entry = log_entries.entry(raw)
    return Evidence(logs=(entry,), latest=entry.at)


def test_log_entries_are_the_callers_own_call() -> None:
    facts = with_logs(LOGGED, told(CALL))
    assert isinstance(facts.seen, Known)
    assert facts.seen.value.status == 401
    assert facts.seen.source == LOGGED.logged.source == facts.evidence.source
    assert is_logged(facts)
    assert not is_logged(call_facts(Facts(), read(CURL)))
    assert with_logs(LOGGED, None) is LOGGED


def test_what_the_user_gave_wins() -> None:
    facts = with_logs(LOGGED, told(CALL))
    both = beside(read(CURL), facts)
    assert both.logs == ()
    merged = call_facts(facts, both)
    assert isinstance(merged.seen, Known)
    assert merged.seen.value.status == 500
    assert not is_logged(merged)


def test_what_the_user_only_tells_stands_beside_the_log() -> None:
    facts = with_logs(LOGGED, told(CALL))
    both = beside(read("It worked last week."), facts)
    assert [entry.kind for entry in both.logs] == [LogKind.REQUEST]
    assert beside(Evidence(), Facts()) == Evidence()


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("FAILED_PRECONDITION: One or more users named in the policy do not belong to a permitted customer.", True),
        ("$ gcloud run deploy orders --allow-unauthenticated", True),
        ("It worked last week.", False),
        (CURL, False),
    ],
)
def test_whether_the_user_speaks_of_letting_everybody_in(text: str, speaks: bool) -> None:
    assert speaks_of_public(read(text)) is speaks
    assert speaks_of_public(None) is False


def scheduled(tmp_path: Path, agent: str) -> str:
    """A job that may invoke, but whose real calls are refused: the tool cannot try them, only the log tells."""
    world = yaml.safe_load(WORLD)
    oidc = {"serviceAccountEmail": CHECKOUT, "audience": URL}
    world["resources"][JOB] = {"httpTarget": {"uri": f"{URL}/run", "httpMethod": "POST", "oidcToken": oidc}}
    world["iam"][f"//run.googleapis.com/{SERVICE}"] = {
        "bindings": [{"role": "roles/run.invoker", "members": [f"serviceAccount:{CHECKOUT}"]}]
    }
    agent_of = "serviceAccount:service-123456789012@gcp-sa-cloudscheduler.iam.gserviceaccount.com"
    world["iam"]["//cloudresourcemanager.googleapis.com/projects/shop-prod"] = {
        "bindings": [{"role": "roles/cloudscheduler.serviceAgent", "members": [agent_of]}]
    }
    world["operator"]["lacks"] = ["iam.serviceAccounts.getOpenIdToken"]
    entry = {**CALL, "httpRequest": {**CALL["httpRequest"], "userAgent": agent}}
    world["logs"] = [entry]
    path = tmp_path / "logged.yaml"
    path.write_text(yaml.safe_dump(world))
    return str(path)


def check(run: Run, world: str, *more: str) -> dict[str, Any]:
    args = ("orders", "--project", "shop-prod", "--region", "us-central1", "--caller", "scheduler/nightly", *more)
    found: dict[str, Any] = json.loads(run("--world", world, "check", *args, "--format", "json", "--quiet").out)
    return found


def test_the_log_says_what_no_test_call_could(run: Run, tmp_path: Path) -> None:
    found = check(run, scheduled(tmp_path, "Google-Cloud-Scheduler"))
    assert found["conclusion"] == "unexplained"
    assert found["pasted"] is None
    text = run(
        "--world", scheduled(tmp_path, "Google-Cloud-Scheduler"), "check", "orders", "--project", "shop-prod",
        "--region", "us-central1", "--caller", "scheduler/nightly", "--quiet",
    ).out  # fmt: skip
    assert "The caller's own call got 401" in text


def test_somebody_elses_call_says_nothing(run: Run, tmp_path: Path) -> None:
    assert check(run, scheduled(tmp_path, "curl/8"))["conclusion"] != "unexplained"


def test_pasted_evidence_wins_over_the_log(run: Run, tmp_path: Path) -> None:
    paste = tmp_path / "paste.txt"
    paste.write_text(CURL)
    found = check(run, scheduled(tmp_path, "Google-Cloud-Scheduler"), "--evidence", str(paste))
    assert found["cause"] == "app/failing"
    assert [piece["kind"] for piece in found["pasted"]["pieces"]]


def test_a_grant_that_does_not_count_yet(run: Run, tmp_path: Path) -> None:
    """The binding is right, the call is refused all the same, and the audit log says that it was just written."""
    world = yaml.safe_load(WORLD)
    member = f"serviceAccount:{CHECKOUT}"
    binding = {"role": "roles/run.invoker", "members": [member]}
    world["iam"][f"//run.googleapis.com/{SERVICE}"] = {"bindings": [binding]}
    world["logs"] = [
        {
            "logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity",
            "timestamp": "2026-06-01T08:58:00Z",
            "resource": {"type": "cloud_run_revision", "labels": LABELS},
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                "methodName": "google.iam.v1.IAMPolicy.SetIamPolicy",
                "resourceName": SERVICE,
                "serviceData": {
                    "policyDelta": {"bindingDeltas": [{"action": "ADD", "role": binding["role"], "member": member}]}
                },
            },
        }
    ]
    world["delays"] = {"propagation": 300}
    path = tmp_path / "granted.yaml"
    path.write_text(yaml.safe_dump(world))
    args = ("orders", "--project", "shop-prod", "--region", "us-central1", "--caller", CHECKOUT, "--format", "json")
    found = json.loads(run("--world", str(path), "check", *args, "--quiet").out)
    assert (found["cause"], found["conclusion"]) == ("iam/propagation", "proven")


def test_absent_is_no_evidence() -> None:
    assert not is_logged(Facts(evidence=Absent(Source("evidence", "none was given"))))
