# ruff: noqa: E501 - what programs print stands here as they print it
"""Partial is unknown: what a paste cuts off, leaves open or only wishes for is no fact."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.evidence import facts_of, merge, read
from crauth_doctor.model.exported import ExportKind
from crauth_doctor.model.fact import Known, Obstacle, Source, Unknown, value_of
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.iam import AllowPolicies, PolicyAt
from crauth_doctor.model.run import Egress, Service

READ = Source("run.services.getIamPolicy", "//run.googleapis.com/projects/p/locations/r/services/ledger")
SERVICE = Service("projects/p/locations/r/services/ledger", ("https://ledger-1.r.run.app",))
REFUSED = Unknown(READ, Obstacle.FORBIDDEN, permission="run.services.getIamPolicy")
WEB = "serviceAccount:web@p.iam.gserviceaccount.com"


def unread() -> Facts:
    chain = (PolicyAt(SERVICE.full_name, REFUSED),)
    return Facts(
        service=Known(SERVICE, Source("run.services.get", SERVICE.full_name)),
        policies=Known(AllowPolicies(chain, Known(value=True, source=READ)), READ),
    )


def policy(*bindings: tuple[str, str]) -> str:
    return json.dumps({"bindings": [{"role": role, "members": [who]} for role, who in bindings], "etag": "A"}, indent=1)


COMMAND = "$ gcloud run services get-iam-policy ledger --region r --project p --format json\n"


def test_a_completed_policy_is_the_pastes_and_the_refusal_stays() -> None:
    merged = merge(unread(), read(COMMAND + policy(("roles/run.invoker", WEB))))
    policies = value_of(merged.policies)
    assert policies is not None
    own = policies.chain[0].policy
    assert isinstance(own, Known)
    assert own.source.read == merged.policies.source.read == "evidence"
    assert value_of(merged.failed) == (REFUSED,)


def test_of_a_cut_policy_only_what_it_shows_counts() -> None:
    text = COMMAND + policy(("roles/run.invoker", WEB), ("roles/run.viewer", "user:a@b.c"))
    cut = "\n".join(text.splitlines()[:8])
    policies = value_of(merge(unread(), read(cut)).policies)
    assert policies is not None
    assert policies.chain[0] == PolicyAt(SERVICE.full_name, REFUSED)
    assert isinstance(policies.chain[1].policy, Known)
    alone = value_of(facts_of(read(cut)).policies)
    assert alone is not None
    assert isinstance(alone.chain[0].policy, Unknown)


def test_a_policy_that_nothing_names_is_an_assumption() -> None:
    merged = merge(unread(), read(policy(("roles/run.invoker", WEB))))
    assert merged.policies.source.read == "wanted"


@pytest.mark.parametrize(
    "role", ["roles/owner", "roles/run.serviceAgent", "roles/cloudbuild.builds.builder", "roles/editor"]
)
def test_a_projects_policy_is_not_the_services(role: str) -> None:
    facts = unread()
    assert merge(facts, read(policy((role, "user:a@b.c")))).policies == facts.policies


def test_the_policy_of_the_same_name_elsewhere_is_not_the_services() -> None:
    facts = unread()
    assert (
        merge(facts, read(COMMAND.replace("--project p", "--project q") + policy(("roles/run.invoker", WEB)))).policies
        == facts.policies
    )


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
        'custom_audiences = [\n    "https://ledger.example.com",\n  ]',
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
