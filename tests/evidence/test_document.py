"""What is pasted of Google's JSON is a document: by full resource name, in the API's shape, without secrets."""

from __future__ import annotations

import json

import yaml

from crauth_doctor.evidence import read
from crauth_doctor.google_json.services import service_of
from crauth_doctor.model.document import POLICY_OF

SERVICE = "projects/shop-prod/locations/us-central1/services/orders"
FULL = f"//run.googleapis.com/{SERVICE}"
KNATIVE = {
    "apiVersion": "serving.knative.dev/v1",
    "kind": "Service",
    "metadata": {
        "name": "orders",
        "namespace": "shop-prod",
        "labels": {"cloud.googleapis.com/location": "us-central1"},
        "annotations": {
            "run.googleapis.com/ingress": "internal",
            "run.googleapis.com/ingress-status": "internal",
            "run.googleapis.com/custom-audiences": '["https://orders.example.com"]',
            "run.googleapis.com/invoker-iam-disabled": "true",
        },
    },
    "spec": {
        "template": {
            "metadata": {"annotations": {"run.googleapis.com/vpc-access-egress": "all-traffic"}},
            "spec": {
                "serviceAccountName": "orders-run@shop-prod.iam.gserviceaccount.com",
                "containers": [{"image": "i", "env": [{"name": "PASSWORD", "value": "hunter2hunter2"}]}],
            },
        }
    },
    "status": {"url": "https://orders-abc123-uc.a.run.app", "conditions": [{"type": "Ready", "status": "True"}]},
}


def test_a_service_of_version_1_is_one_of_version_2_under_its_full_name() -> None:
    evidence = read(yaml.safe_dump(KNATIVE))
    found = evidence.document.resources[FULL]
    assert found["name"] == SERVICE
    assert found["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert found["customAudiences"] == ["https://orders.example.com"]
    assert service_of(found) == evidence.exports[0].service
    assert "hunter2hunter2" not in repr(evidence.document)


def test_what_is_shown_in_part_or_only_asked_for_is_marked() -> None:
    cut = json.dumps(
        {"name": SERVICE, "ingress": "INGRESS_TRAFFIC_ALL", "template": {"serviceAccount": "a@b.c"}}, indent=2
    )
    assert read(cut[: cut.index("serviceAccount")]).document.partial == {FULL}
    manifest = {key: value for key, value in KNATIVE.items() if key != "status"}
    assert read(yaml.safe_dump(manifest)).document.wanted == {FULL}


def test_a_policy_is_somebodys_only_where_its_command_says_so() -> None:
    policy = {
        "bindings": [{"role": "roles/run.invoker", "members": ["user:a@example.com"]}],
        "etag": "BwX",
        "version": 1,
    }
    command = "$ gcloud run services get-iam-policy orders --project=shop-prod --region=us-central1 --format=json"
    assert read(f"{command}\n{json.dumps(policy, indent=2)}").document.iam == {FULL: policy}
    nobodys = "//run.googleapis.com/projects/-/locations/-/services/-"
    unnamed = read(json.dumps(policy, indent=2)).document
    assert unnamed.iam == {nobodys: policy}
    assert unnamed.wanted == {f"{POLICY_OF}{nobodys}"}
    project = {**policy, "bindings": [{"role": "roles/owner", "members": ["user:a@example.com"]}]}
    assert read(json.dumps(project, indent=2)).document.iam == {}


def test_policies_that_name_what_they_hold_for_stand_under_it() -> None:
    project = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
    deny = {
        "name": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fshop-prod/denypolicies/freeze",
        "displayName": "freeze",
        "rules": [{"denyRule": {"deniedPrincipals": ["principalSet://goog/public:all"]}}],
    }
    limit = {
        "name": "projects/shop-prod/policies/iam.allowedPolicyMemberDomains",
        "spec": {"rules": [{"allowAll": True}]},
    }
    document = read(json.dumps([deny, limit], indent=2)).document
    assert document.deny == {project: (deny,)}
    assert document.org_policies == {project: {"iam.allowedPolicyMemberDomains": limit}}


def test_log_entries_are_kept_as_they_are() -> None:
    entry = {
        "insertId": "a",
        "logName": "projects/shop-prod/logs/run.googleapis.com%2Frequests",
        "httpRequest": {"requestUrl": "https://orders-abc123-uc.a.run.app/", "status": 403},
        "timestamp": "2026-06-01T09:00:00Z",
    }
    document = read(json.dumps([entry], indent=2)).document
    assert (document.logs, document.at) == ((entry,), 1780304400)


def test_a_provider_of_a_pool_is_read_by_its_name() -> None:
    name = "projects/123456789012/locations/global/workloadIdentityPools/ci/providers/ci"
    provider = {"name": name, "attributeMapping": {"google.subject": "assertion.sub"}, "state": "ACTIVE"}
    assert read(yaml.safe_dump(provider)).document.resources == {f"//iam.googleapis.com/{name}": provider}
