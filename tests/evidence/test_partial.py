# ruff: noqa: E501 - what programs print stands here as they print it
"""Partial is unknown: what a paste cuts off, leaves open or only wishes for is no fact."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.collect.doors.document import DocumentDoor
from crauth_doctor.collect.doors.wrapped import DoorOverDocument
from crauth_doctor.collect.question import Question
from crauth_doctor.collect.readings import collect
from crauth_doctor.evidence import read
from crauth_doctor.google_json import senders
from crauth_doctor.model.document import Document
from crauth_doctor.model.exported import ExportKind, TokenType
from crauth_doctor.model.fact import Known, Obstacle, Source, Unknown, value_of
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.iam import PolicyAt
from crauth_doctor.model.run import Egress
from crauth_doctor.workflows.explain import facts_of

LEDGER = "projects/p/locations/r/services/ledger"
FULL = f"//run.googleapis.com/{LEDGER}"
GET_POLICY = "run.services.getIamPolicy"
WEB = "serviceAccount:web@p.iam.gserviceaccount.com"
REFUSED = {"read": GET_POLICY, "target": FULL, "obstacle": "forbidden", "permission": GET_POLICY}


def over(text: str) -> Facts:
    """What is read of a service whose policy may not be seen, with a paste behind it."""
    service = {"name": LEDGER, "urls": ["https://ledger-1.r.run.app"], "ingress": "INGRESS_TRAFFIC_ALL", "template": {}}
    seen = DocumentDoor(Document(resources={FULL: service}, unread=(REFUSED,)), saved=True)
    behind = DocumentDoor(read(text).document, callee="ledger")
    return collect(Question(LEDGER, caller=WEB, send_calls=False), DoorOverDocument(seen, behind))


def own(facts: Facts) -> tuple[PolicyAt, ...]:
    policies = value_of(facts.policies)
    assert policies is not None
    return tuple(one for one in policies.chain if one.resource == FULL)


def policy(*bindings: tuple[str, str]) -> str:
    return json.dumps({"bindings": [{"role": role, "members": [who]} for role, who in bindings], "etag": "A"}, indent=1)


COMMAND = "$ gcloud run services get-iam-policy ledger --region r --project p --format json\n"


def test_a_completed_policy_is_the_pastes_and_the_refusal_stays() -> None:
    facts = over(COMMAND + policy(("roles/run.invoker", WEB)))
    (found,) = own(facts)
    assert isinstance(found.policy, Known)
    assert found.policy.source == Source("evidence", FULL)
    assert GET_POLICY in {one.permission for one in value_of(facts.failed) or ()}


def test_of_a_cut_policy_only_what_it_shows_counts() -> None:
    text = COMMAND + policy(("roles/run.invoker", WEB), ("roles/run.viewer", "user:a@b.c"))
    cut = "\n".join(text.splitlines()[:8])
    unread, shown = own(over(cut))
    assert isinstance(unread.policy, Unknown)
    assert unread.policy.obstacle is Obstacle.FORBIDDEN
    assert isinstance(shown.policy, Known)
    alone = own(facts_of(read(cut)))
    assert isinstance(alone[0].policy, Unknown)


def test_a_policy_that_nothing_names_is_an_assumption() -> None:
    (found,) = own(over(policy(("roles/run.invoker", WEB))))
    assert found.policy.source.read == "wanted"


@pytest.mark.parametrize(
    "role", ["roles/owner", "roles/run.serviceAgent", "roles/cloudbuild.builds.builder", "roles/editor"]
)
def test_a_projects_policy_is_not_the_services(role: str) -> None:
    assert [type(one.policy) for one in own(over(policy((role, "user:a@b.c"))))] == [Unknown]


def test_the_policy_of_the_same_name_elsewhere_is_not_the_services() -> None:
    elsewhere = COMMAND.replace("--project p", "--project q") + policy(("roles/run.invoker", WEB))
    assert [type(one.policy) for one in own(over(elsewhere))] == [Unknown]


def test_what_was_read_stands() -> None:
    settings = json.dumps({**V2, "uri": "https://other-1.r.run.app"})
    service = value_of(over(settings).service)
    assert service is not None
    assert service.urls == ("https://ledger-1.r.run.app",)


V2: dict[str, Any] = {
    "name": "projects/p/locations/r/services/ledger",
    "uid": "u",
    "ingress": "INGRESS_TRAFFIC_ALL",
    "uri": "https://ledger-1.r.run.app",
    "template": {"vpcAccess": {"egress": "ALL_TRAFFIC"}},
    "customAudiences": ["https://ledger.example.com"],
}


def test_a_whole_service_is_known_and_every_prefix_of_it_is_not() -> None:
    text = json.dumps(V2, indent=1)
    assert isinstance(facts_of(read(text)).service, Known)
    lines = text.splitlines()
    for end in range(1, len(lines)):
        facts = facts_of(read("\n".join(lines[:end])))
        assert isinstance(facts.service, Unknown), "\n".join(lines[:end])


def test_a_projection_is_a_part() -> None:
    facts = facts_of(read('{"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}'))
    assert isinstance(facts.service, Unknown)
    assert isinstance(facts.ingress, Known)


@pytest.mark.parametrize(
    ("word", "egress"),
    [("SOMETHING_NEW", None), ("ALL_TRAFFIC", Egress.ALL_TRAFFIC), (None, Egress.PRIVATE_RANGES_ONLY)],
)
def test_an_unknown_word_is_unknown(word: str | None, egress: Egress | None) -> None:
    access = {"connector": "c"} | ({"egress": word} if word else {})
    service = value_of(facts_of(read(json.dumps(V2 | {"template": {"vpcAccess": access}}))).service)
    assert service is not None
    assert service.vpc_access is not None
    assert service.vpc_access.egress is egress


HCL = """resource "google_cloud_run_v2_service" "ledger" {
  name     = "ledger"
  location = var.region
  ingress  = "INGRESS_TRAFFIC_ALL"
  EXTRA
  template {
    containers {
      image = var.image
      env {
        name = "REDIS_PORT"
      }
    }
  }
}
"""


@pytest.mark.parametrize(
    "extra",
    [
        "invoker_iam_disabled = var.open",
        'custom_audiences = [\n    "https://ledger.example.com",\n    var.audience,\n  ]',
        "custom_audiences = [var.audience]",
        "custom_audiences = var.audiences",
        "default_uri_disabled = local.off ? true : false",
    ],
)
def test_what_terraform_computes_is_not_its_default(extra: str) -> None:
    assert isinstance(facts_of(read(HCL.replace("EXTRA", extra))).service, Unknown)


def test_what_terraform_says_is_wanted() -> None:
    facts = facts_of(read(HCL.replace("EXTRA", 'custom_audiences = ["https://ledger.example.com"]')))
    service = value_of(facts.service)
    assert service is not None
    assert (service.id, service.custom_audiences) == ("ledger", ("https://ledger.example.com",))
    assert facts.service.source.read == facts.ingress.source.read == "wanted"


JOB = """resource "google_cloud_scheduler_job" "nightly" {
  name = "nightly"
  http_target {
    uri = URI
    oidc_token {
      service_account_email = "job@p.iam.gserviceaccount.com"
      AUDIENCE
    }
  }
}
"""


def test_an_audience_that_terraform_computes_is_not_the_default() -> None:
    text = JOB.replace("URI", '"https://ledger-1.r.run.app/run"')
    facts = facts_of(read(text.replace("AUDIENCE", "audience = google_cloud_run_v2_service.ledger.uri")))
    assert isinstance(facts.token, Unknown)
    left_out = facts_of(read(text.replace("AUDIENCE", "")))
    token = value_of(left_out.token)
    assert token is not None
    assert token.audience == "https://ledger-1.r.run.app/run"
    assert left_out.token.source.read == "wanted"


def test_a_job_whose_target_terraform_computes_is_still_a_job() -> None:
    text = JOB.replace("URI", '"${google_cloud_run_v2_service.ledger.uri}/run"').replace("AUDIENCE", "")
    evidence = read(text)
    assert [each.kind for each in evidence.exports] == [ExportKind.SCHEDULER_JOB]
    facts = facts_of(evidence)
    assert isinstance(facts.token, Unknown)
    assert isinstance(facts.principal, Known)


def test_a_manifest_is_wanted_and_what_gcloud_describes_is_not() -> None:
    manifest = (
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: ledger\n  annotations:\n    run.googleapis.com/ingress: all\n"
        "spec:\n  template:\n    spec:\n      containers:\n      - image: x\n"
    )
    assert facts_of(read(manifest)).service.source.read == "wanted"
    described = "$ gcloud run services describe ledger --region r --format export\n" + manifest
    assert facts_of(read(described)).service.source.read == "evidence"


@pytest.mark.parametrize("key", ["textPayload", "message", "requestUrl"])
def test_of_cut_words_what_is_left_still_says_what_it_says(key: str) -> None:
    entry = {"logName": "projects/p/logs/run.googleapis.com%2Frequests", "httpRequest": {"status": 403}}
    text = json.dumps(entry, indent=2)[:-2] + f',\n  "{key}": "The IAM principal lacks {{run.routes.invoke}} permiss'
    (found,) = read(text).logs
    assert (found.wording is not None) == (key == "textPayload")


def task(**request: Any) -> str:
    last = {"responseStatus": {"code": 16, "message": "UNAUTHENTICATED(16): HTTP status code 401"}}
    name = "projects/p/locations/r/queues/q/tasks/1"
    return json.dumps({"name": name, "createTime": "2026-06-01T08:00:00Z", "httpRequest": request, "lastAttempt": last})


def test_a_task_without_its_url_is_not_without_a_token() -> None:
    shown = json.loads(task(httpMethod="POST"))
    assert senders.task(shown).auth is None
    auth = senders.task(json.loads(task(url="https://ledger-1.r.run.app/"))).auth
    assert auth is not None
    assert auth.type is TokenType.NONE


def test_its_last_attempt_failed_all_the_same() -> None:
    facts = facts_of(read(task(oidcToken={"serviceAccountEmail": "web@p.iam.gserviceaccount.com"})))
    seen = value_of(facts.seen)
    assert seen is not None
    assert seen.status == 401
